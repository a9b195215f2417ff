// The columns of days and of differences.

import type { Column } from '@/composables/use-columns';

export const DAY_COLUMNS: readonly Column[] = [
  { key: 'day', label: '账单日', width: 110, fixed: true },
  { key: 'channel', label: '渠道', width: 124, fixed: true },
  { key: 'state', label: '状态', minWidth: 130, fixed: true },
  { key: 'ours', label: '我们的账', minWidth: 190, hint: '当天到账的收款和完成的退款' },
  {
    key: 'theirs',
    label: '对方的账',
    minWidth: 190,
    hint: '渠道账单；资金账单是商户账户里真正的变动；余额对积分余额账本，线下收款对订单',
  },
  { key: 'fee', label: '手续费', width: 116, align: 'right' },
  { key: 'open', label: '未处理差异', width: 110, align: 'right', fixed: true },
  { key: 'checked_at', label: '对账时间', width: 144, shown: false },
  { key: 'actions', label: '', width: 104, align: 'right', fixed: true, pinned: true },
];

export const DIFFERENCE_COLUMNS: readonly Column[] = [
  { key: 'day', label: '账单日', width: 106, fixed: true },
  { key: 'what', label: '渠道与种类', width: 124, fixed: true },
  { key: 'problem', label: '差异', width: 154, fixed: true },
  { key: 'amounts', label: '我们 / 对方', width: 166, align: 'right', fixed: true },
  { key: 'number', label: '单号', minWidth: 200 },
  { key: 'advice', label: '怎么办', minWidth: 250 },
  { key: 'found_at', label: '发现时间', width: 144, shown: false },
  { key: 'actions', label: '', width: 168, align: 'right', fixed: true, pinned: true },
];

export const TABS = [
  { state: 'open', label: '未处理差异' },
  { state: 'settled', label: '已处理' },
  { state: 'days', label: '每天的对账' },
];
