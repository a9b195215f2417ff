// What was bought at a store's counter.
import type { Translation } from '../index';

export default {
  at_store: 'In store',
  title: 'Receipt',
  sold_by: 'Sold by',
  tendered: '{given} given, {change} back',
  tender_cash: 'Cash',
  tender_code: 'Payment code',
  tender_balance: 'Balance',
  tender_other: 'Other',
} satisfies Translation<'receipt'>;
