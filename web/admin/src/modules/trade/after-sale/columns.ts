// The columns and filters of the after-sale desk.

import type { Column } from '@/composables/use-columns';

export const AFTER_SALE_COLUMNS: readonly Column[] = [
  { key: 'goods', label: '商品', minWidth: 220, fixed: true },
  { key: 'status', label: '状态', width: 132, fixed: true },
  { key: 'kind', label: '类型', width: 120 },
  { key: 'reason', label: '原因', minWidth: 140 },
  { key: 'refund', label: '退款', width: 110, align: 'right' },
  { key: 'member', label: '会员', minWidth: 130 },
  { key: 'due', label: '处理期限', width: 150 },
  { key: 'number', label: '售后单号', width: 168, shown: false },
  { key: 'order', label: '订单', width: 168, shown: false },
  { key: 'created_at', label: '申请时间', width: 144, shown: false },
  { key: 'note', label: '备注', minWidth: 140, shown: false },
  { key: 'actions', label: '', width: 84, align: 'right', fixed: true, pinned: true },
];

export const AFTER_SALE_FILTERS = { tab: 'to_do', q: '', kind: '', from: '', to: '' };

export type AfterSaleFilters = typeof AFTER_SALE_FILTERS;
