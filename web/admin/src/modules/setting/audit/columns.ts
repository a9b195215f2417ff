// The columns of the audit log.

import type { Column } from '@/composables/use-columns';

export const AUDIT_COLUMNS: readonly Column[] = [
  { key: 'at', label: '时间', width: 170, fixed: true },
  { key: 'staff_name', label: '员工', width: 120, fixed: true },
  { key: 'action', label: '动作', minWidth: 190 },
  { key: 'target', label: '对象', minWidth: 200 },
  { key: 'summary', label: '内容', minWidth: 280, fixed: true },
  { key: 'ip', label: '来自', width: 140 },
];
