// The shop window.
import type { Translation } from '../index';

export default {
  page_setting_up: 'This page is being set up. Come back in a while.',
  all_stores: 'All stores',
  setting_up: 'The shop is being set up. Come back in a while.',
  by_history: 'By what you looked at',
  by_sales: 'What others buy',
} satisfies Translation<'home'>;
