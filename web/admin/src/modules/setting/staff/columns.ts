// The columns of the staff list.

import type { Column } from '@/composables/use-columns';

export const STAFF_COLUMNS: readonly Column[] = [
  { key: 'name', label: '员工', minWidth: 180, fixed: true },
  { key: 'role', label: '角色', minWidth: 110 },
  { key: 'store', label: '所属门店', minWidth: 150, hint: '绑定门店的员工只看得到这家店的自提与库存' },
  { key: 'status', label: '状态', width: 100 },
  { key: 'totp', label: '两步验证', width: 100 },
  { key: 'last', label: '最近登录', width: 150 },
  { key: 'actions', label: '', width: 150, align: 'right', fixed: true, pinned: true },
];
