// The columns of API keys.

import type { Column } from '@/composables/use-columns';

export const API_KEY_COLUMNS: readonly Column[] = [
  { key: 'name', label: '名称', minWidth: 200, fixed: true },
  { key: 'scopes', label: '权限', minWidth: 240 },
  { key: 'ips', label: '可用地址', minWidth: 160 },
  { key: 'state', label: '状态', width: 120, fixed: true },
  { key: 'expires', label: '到期', width: 150 },
  { key: 'used', label: '最近使用', width: 150, hint: '精确到一分钟' },
  { key: 'actions', label: '', width: 90, align: 'right', fixed: true, pinned: true },
];
