// The columns of the stock list and the words of a change.

import type { Column } from '@/composables/use-columns';

export const STOCK_COLUMNS: readonly Column[] = [
  { key: 'product', label: '商品', minWidth: 280, fixed: true },
  { key: 'code', label: '编码', width: 130 },
  { key: 'location_name', label: '位置', width: 150 },
  { key: 'on_hand', label: '在库', width: 90, align: 'right', hint: '货架上实际有的数量' },
  { key: 'reserved', label: '占用', width: 90, align: 'right', hint: '已下单、还没有出库' },
  { key: 'available', label: '可售', width: 116, align: 'right', hint: '在库减占用', fixed: true },
  { key: 'in_transit', label: '在途', width: 84, align: 'right', hint: '正在调过来、还没收到的件数' },
  { key: 'low_mark', label: '预警', width: 84, align: 'right', hint: '可售不高于它就算不足' },
  { key: 'actions', label: '', width: 150, align: 'right', fixed: true, pinned: true },
];

export const CHANGE_KINDS = [
  { kind: 'receive', label: '入库', note: '新到的货，加到在库' },
  { kind: 'adjust', label: '调整', note: '破损、赠送等，填负数是减少' },
  { kind: 'count', label: '盘点', note: '填数到的实际数量' },
] as const;
