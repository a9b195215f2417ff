// The columns of the member list.

import type { Column } from '@/composables/use-columns';

export const MEMBER_COLUMNS: readonly Column[] = [
  { key: 'nickname', label: '会员', minWidth: 200, fixed: true },
  { key: 'phone_masked', label: '手机', width: 150 },
  { key: 'status', label: '状态', width: 100 },
  { key: 'orders', label: '订单', width: 100, align: 'right', hint: '付过款的订单数' },
  { key: 'paid_fen', label: '累计消费', width: 150, align: 'right', hint: '付款总额减去退款' },
  { key: 'last_paid_at', label: '最近付款', width: 160 },
  { key: 'created_at', label: '加入时间', width: 160 },
];

export const MEMBER_FILTERS = {
  q: '',
  status: '',
  joined_from: '',
  joined_to: '',
  min_paid_fen: '',
  max_paid_fen: '',
  min_orders: '',
  home_store_id: '',
};
export type MemberFilters = Record<keyof typeof MEMBER_FILTERS, string>;
