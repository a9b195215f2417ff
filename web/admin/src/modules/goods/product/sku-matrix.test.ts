import {
  combinations,
  emptyRow,
  fillCodes,
  matrix,
  rowProblems,
  settledOptions,
  toInput,
  type SkuRow,
} from './sku-matrix';

const colour = { name: '颜色', values: ['米白', '墨绿'] };
const size = { name: '尺寸', values: ['小', '大'] };
const row = (option_values: string[], price_fen: number, more: Partial<SkuRow> = {}): SkuRow => ({
  ...emptyRow(option_values),
  price_fen,
  ...more,
});

describe('combinations', () => {
  it('is one empty combination without options', () => {
    expect(combinations([])).toEqual([[]]);
    expect(combinations([{ name: '颜色', values: [' '] }])).toEqual([[]]);
  });
  it('lists every combination in reading order', () => {
    expect(combinations([colour, size])).toEqual([
      ['米白', '小'],
      ['米白', '大'],
      ['墨绿', '小'],
      ['墨绿', '大'],
    ]);
  });
  it('ignores repeated values and surrounding spaces', () => {
    expect(settledOptions([{ name: ' 颜色 ', values: ['米白', ' 米白', ''] }])).toEqual([
      { name: '颜色', values: ['米白'] },
    ]);
  });
});

describe('matrix', () => {
  it('keeps the rows that stay, with their ids', () => {
    const kept = row(['米白'], 9900, { id: '7', code: 'A' });
    expect(matrix([{ name: '颜色', values: ['墨绿', '米白'] }], [kept])[1]).toBe(kept);
  });
  it('drops the rows whose value is gone', () => {
    const rows = [row(['米白'], 100), row(['墨绿'], 200)];
    expect(matrix([{ name: '颜色', values: ['墨绿'] }], rows)).toEqual([rows[1]]);
  });
  it('gives a new combination the price of its nearest row, but neither its id nor its stock', () => {
    const rows = [row(['米白', '小'], 100, { id: '1' }), row(['墨绿', '小'], 300, { id: '2', initial_stock: 5 })];
    const grown = matrix([colour, size], rows);
    expect(grown.map(({ price_fen }) => price_fen)).toEqual([100, 100, 300, 300]);
    expect(grown[3]).toMatchObject({ option_values: ['墨绿', '大'], initial_stock: 0 });
    expect(grown[3]?.id).toBeUndefined();
  });
});

describe('fillCodes', () => {
  it('numbers the rows without a code and never repeats one', () => {
    const rows = [row(['a'], 1, { code: 'HF-02' }), row(['b'], 1), row(['c'], 1)];
    fillCodes(rows, 'HF');
    expect(rows.map(({ code }) => code)).toEqual(['HF-02', 'HF-01', 'HF-03']);
  });
  it('uses the base alone for a single row', () => {
    const rows = [row([], 1)];
    fillCodes(rows, 'HF');
    expect(rows[0]?.code).toBe('HF');
  });
});

describe('toInput', () => {
  it('sends stock only for new rows', () => {
    const [old, fresh] = toInput([row([], 1, { id: '3', initial_stock: 9 }), row([], 1, { initial_stock: 9 })]);
    expect(old).not.toHaveProperty('initial_stock');
    expect(fresh).toMatchObject({ initial_stock: 9, barcode: null });
  });
});

describe('rowProblems', () => {
  it('names what is missing', () => {
    expect(rowProblems([row(['米白'], 0)])).toEqual(['米白还没有售价']);
    expect(rowProblems([row([], 100, { list_price_fen: 100 })])).toEqual(['这个商品的划线价应高于售价']);
    expect(rowProblems([row(['a'], 1, { code: 'X' }), row(['b'], 1, { code: 'X ' })])).toEqual(['规格编码 X 用了两次']);
    expect(rowProblems([row([], 100, { list_price_fen: 200, code: 'X' })])).toEqual([]);
  });
});
