// The columns of the product list.

import type { Column } from '@/composables/use-columns';

export const PRODUCT_COLUMNS: readonly Column[] = [
  { key: 'product', label: '商品', minWidth: 260, fixed: true },
  { key: 'status', label: '状态', width: 100, fixed: true },
  { key: 'price', label: '售价', width: 184, align: 'right' },
  { key: 'stock', label: '可售', width: 92, align: 'right', hint: '各仓与门店的在库数减去已被订单占用的数' },
  { key: 'reserved', label: '占用', width: 80, align: 'right', shown: false, hint: '已下单、还没有出库的数量' },
  { key: 'sales_count', label: '销量', width: 80, align: 'right' },
  { key: 'category_name', label: '分类', width: 110 },
  { key: 'updated_at', label: '最近修改', width: 144 },
  { key: 'actions', label: '', width: 148, align: 'right', fixed: true, pinned: true },
];

export const PRODUCT_TABS = [
  { state: 'all', label: '全部' },
  { state: 'on_sale', label: '在售' },
  { state: 'off_sale', label: '已下架' },
  { state: 'scheduled', label: '定时上架' },
  { state: 'deleted', label: '回收站' },
] as const;

export const PRODUCT_SORTS = [
  { value: 'new', label: '最新创建' },
  { value: 'updated', label: '最近修改' },
  { value: 'sales', label: '销量从高到低' },
  { value: 'price_asc', label: '价格从低到高' },
  { value: 'price_desc', label: '价格从高到低' },
  { value: 'stock', label: '库存从少到多' },
] as const;
