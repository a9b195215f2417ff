// The columns of the refund list.

import type { Column } from '@/composables/use-columns';

export const REFUND_COLUMNS: readonly Column[] = [
  { key: 'amount', label: '金额', width: 120, align: 'right', fixed: true },
  { key: 'status', label: '状态', minWidth: 210, fixed: true },
  { key: 'order', label: '订单', width: 168, fixed: true },
  { key: 'member', label: '会员', minWidth: 140 },
  { key: 'reason', label: '原因', minWidth: 160 },
  { key: 'channel', label: '渠道', width: 100, shown: false },
  { key: 'created_at', label: '发起时间', width: 144 },
  { key: 'finished_at', label: '完成时间', width: 144, shown: false },
  { key: 'actions', label: '', width: 180, align: 'right', fixed: true, pinned: true },
];

export const REFUND_TABS = [
  { state: 'failed', label: '失败待处理' },
  { state: 'open', label: '退款中' },
  { state: 'done', label: '已退款' },
  { state: 'all', label: '全部' },
];
