// The columns of the invoice list.

import type { Column } from '@/composables/use-columns';

export const INVOICE_COLUMNS: readonly Column[] = [
  { key: 'amount', label: '金额', width: 130, align: 'right', fixed: true },
  { key: 'state', label: '状态', minWidth: 190, fixed: true },
  { key: 'title', label: '抬头', minWidth: 220, fixed: true },
  { key: 'number', label: '发票号码', width: 200 },
  { key: 'orders', label: '订单', width: 190 },
  { key: 'created_at', label: '申请时间', width: 144 },
  { key: 'issued_at', label: '开票时间', width: 144, shown: false },
  { key: 'actions', label: '', width: 184, align: 'right', fixed: true, pinned: true },
];

export const INVOICE_TABS = [
  { state: 'all', label: '全部' },
  { state: 'open', label: '待开票' },
  { state: 'failed', label: '失败待处理' },
  { state: 'issued', label: '已开票' },
  { state: 'ended', label: '已驳回或取消' },
];
