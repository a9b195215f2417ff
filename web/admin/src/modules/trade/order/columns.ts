// The columns of the order list.

import type { Column } from '@/composables/use-columns';

export const ORDER_COLUMNS: readonly Column[] = [
  { key: 'goods', label: '商品', minWidth: 250, fixed: true },
  { key: 'number', label: '订单号', width: 168, fixed: true },
  { key: 'status', label: '状态', width: 96, fixed: true },
  { key: 'total', label: '实付', width: 116, align: 'right', hint: '应付总额，含运费' },
  { key: 'receiver', label: '收货人', minWidth: 120 },
  { key: 'delivery', label: '配送', minWidth: 120 },
  { key: 'shop', label: '店铺', width: 120, shown: false },
  { key: 'member', label: '会员', width: 130, shown: false },
  { key: 'created_at', label: '下单时间', width: 144 },
  { key: 'paid_at', label: '付款时间', width: 140, shown: false },
  { key: 'remark', label: '备注', minWidth: 160, shown: false, hint: '会员留言与员工备注' },
  { key: 'actions', label: '', width: 88, align: 'right', fixed: true, pinned: true },
];
