import type { OrderSheet } from '@api/types';
import { pageRule, picksOf, readPaper, readSheet } from './paper';

const sheet = (number: string, lines: [string, number][]) =>
  ({
    number,
    lines: lines.map(([sku_id, unshipped]) => ({
      sku_id,
      sku_code: `C${sku_id}`,
      name: 'x',
      option_text: '',
      unshipped,
    })),
  }) as unknown as OrderSheet;

describe('picking for several orders', () => {
  it('adds up the pieces of a SKU and names the orders', () => {
    const picks = picksOf([
      sheet('100000000001', [
        ['2', 1],
        ['1', 2],
      ]),
      sheet('100000000002', [['1', 3]]),
    ]);
    expect(picks.map((pick) => [pick.sku_code, pick.pieces, pick.orders])).toEqual([
      ['C1', 5, ['000001 × 2', '000002 × 3']],
      ['C2', 1, ['000001 × 1']],
    ]);
  });
  it('leaves out what was sent', () => {
    expect(picksOf([sheet('1', [['1', 0]])])).toEqual([]);
  });
});

describe('paper', () => {
  it('reads the address forgivingly', () => {
    expect([readSheet('pick'), readSheet(undefined), readPaper('label'), readPaper(['x'])]).toEqual([
      'pick',
      'slip',
      'label',
      'a4',
    ]);
    expect(pageRule('label')).toContain('100mm');
  });
});
