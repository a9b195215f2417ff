// The columns of the member list.

import type { Column } from '@/composables/use-columns';

export const MEMBER_COLUMNS: readonly Column[] = [
  { key: 'nickname', label: '会员', minWidth: 200, fixed: true },
  { key: 'phone_masked', label: '手机', width: 150 },
  { key: 'orders', label: '订单', width: 100, align: 'right', hint: '付过款的订单数' },
  { key: 'paid_fen', label: '累计消费', width: 150, align: 'right', hint: '付款总额减去退款' },
  { key: 'created_at', label: '加入时间', width: 160 },
];
