// The columns of webhook endpoints and of their log.

import type { Column } from '@/composables/use-columns';

export const WEBHOOK_COLUMNS: readonly Column[] = [
  { key: 'url', label: '地址', minWidth: 320, fixed: true },
  { key: 'kinds', label: '事件', minWidth: 200 },
  { key: 'status', label: '状态', width: 150, fixed: true },
  { key: 'waiting', label: '待投递', width: 90, align: 'right', hint: '已发生、还没有被对方收下的消息' },
  { key: 'failed', label: '失败', width: 80, align: 'right', hint: '试了大约一天仍没有被收下的消息，保留 30 天' },
  { key: 'actions', label: '', width: 230, align: 'right', fixed: true, pinned: true },
];

export const DELIVERY_COLUMNS: readonly Column[] = [
  { key: 'created_at', label: '发生时间', width: 180, fixed: true },
  { key: 'kind', label: '事件', minWidth: 170, fixed: true },
  { key: 'state', label: '状态', width: 110, fixed: true },
  { key: 'answer', label: '最近一次回应', minWidth: 220 },
  { key: 'attempts', label: '次数', width: 80, align: 'right' },
  { key: 'next', label: '下一次', width: 170 },
  { key: 'actions', label: '', width: 150, align: 'right', fixed: true, pinned: true },
];
