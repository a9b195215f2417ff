// The columns of the kinds of notices and of what was sent.

import type { Column } from '@/composables/use-columns';

export const NOTICE_COLUMNS: readonly Column[] = [
  { key: 'label', label: '什么时候', minWidth: 180, fixed: true },
  { key: 'centre', label: '消息中心', width: 110 },
  { key: 'subscribe', label: '微信订阅消息', minWidth: 170, fixed: true },
  { key: 'sms', label: '短信', minWidth: 170, fixed: true },
  { key: 'actions', label: '', width: 90, align: 'right', fixed: true, pinned: true },
];

export const SENT_COLUMNS: readonly Column[] = [
  { key: 'created_at', label: '时间', width: 170, fixed: true },
  { key: 'kind', label: '什么消息', minWidth: 140, fixed: true },
  { key: 'member', label: '会员', minWidth: 180 },
  { key: 'channel', label: '方式', width: 130 },
  { key: 'state', label: '结果', width: 110, fixed: true },
  { key: 'reason', label: '说明', minWidth: 220 },
];
