// The lines of a sheet, and how a difference is told.

import type { Column } from '@/composables/use-columns';

export const LINE_COLUMNS: readonly Column[] = [
  { key: 'product', label: '商品', minWidth: 260, fixed: true },
  { key: 'code', label: '编码', width: 150 },
  { key: 'expected', label: '账面', width: 90, align: 'right', hint: '开单时账面在库的数量' },
  { key: 'counted', label: '实盘', width: 130, align: 'right', fixed: true },
  { key: 'difference', label: '差异', width: 90, align: 'right', fixed: true },
  { key: 'now', label: '现在账面', width: 130, align: 'right', hint: '开单以后有出入库的行会标出来' },
];

export function differenceText(
  counted: number | null,
  expected: number,
): { text: string; tone: '' | 'muted' | 'more' | 'less' } {
  if (counted === null) return { text: '', tone: '' };
  if (counted === expected) return { text: '0', tone: 'muted' };
  return counted > expected
    ? { text: `+${counted - expected}`, tone: 'more' }
    : { text: `−${expected - counted}`, tone: 'less' };
}
