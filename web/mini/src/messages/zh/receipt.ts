// What was bought at a store's counter.
import { words } from '../words';

export default words('receipt', {
  at_store: '门店消费',
  title: '门店小票',
  sold_by: '收银',
  tendered: '收 {given}，找零 {change}',
  tender_cash: '现金',
  tender_code: '付款码',
  tender_balance: '余额',
  tender_other: '其他方式',
});
