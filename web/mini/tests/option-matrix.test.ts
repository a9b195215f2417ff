import { describe, expect, it } from 'vitest';
import type { SkuView } from '@/api/types';
import { choose, firstChoice, priceSpan, skuOf, stateOf } from '@/composables/option-matrix';

const sku = (id: string, option_values: string[], available: number, price_fen = 1000): SkuView => ({
  id,
  code: id,
  option_values,
  price_fen,
  available,
  weight_g: 1,
});
// white comes in both sizes, green only small and sold out, black does not exist in large
const skus = [
  sku('ws', ['米白', '小'], 5, 1900),
  sku('wl', ['米白', '大'], 2, 2900),
  sku('gs', ['墨绿', '小'], 0, 1900),
  sku('bs', ['黑', '小'], 9, 2100),
];

describe('stateOf', () => {
  it('is open, sold out or impossible given the other choices', () => {
    expect(stateOf(skus, [null, '小'], 0, '米白')).toBe('open');
    expect(stateOf(skus, [null, '小'], 0, '墨绿')).toBe('sold_out');
    expect(stateOf(skus, [null, '大'], 0, '墨绿')).toBe('impossible');
    expect(stateOf(skus, ['黑', null], 1, '大')).toBe('impossible');
  });
  it('looks past the value that would be replaced', () => {
    expect(stateOf(skus, ['黑', '小'], 0, '米白')).toBe('open');
  });
  it('is sold out with nothing chosen when no combination has stock', () => {
    expect(stateOf(skus, [null, null], 0, '墨绿')).toBe('sold_out');
  });
});

describe('choose', () => {
  it('takes a value back when it is pressed again', () => {
    expect(choose(skus, ['米白', null], 0, '米白')).toEqual([null, null]);
  });
  it('keeps the other choices when they go together', () => {
    expect(choose(skus, ['米白', '小'], 1, '大')).toEqual(['米白', '大']);
  });
  it('drops only what stands in the way', () => {
    expect(choose(skus, ['米白', '大'], 0, '黑')).toEqual(['黑', null]);
  });
});

describe('skuOf and priceSpan', () => {
  it('names a SKU only for a complete choice that exists', () => {
    expect(skuOf(skus, ['米白', '大'])?.id).toBe('wl');
    expect(skuOf(skus, ['米白', null])).toBeNull();
    expect(skuOf(skus, ['黑', '大'])).toBeNull();
  });
  it('knows the one SKU of a product without options', () => {
    expect(skuOf([sku('only', [], 3)], [])?.id).toBe('only');
  });
  it('narrows the prices with the choice', () => {
    expect(priceSpan(skus, [null, null])).toEqual({ low_fen: 1900, high_fen: 2900 });
    expect(priceSpan(skus, [null, '小'])).toEqual({ low_fen: 1900, high_fen: 2100 });
    expect(priceSpan(skus, ['黑', '大'])).toBeNull();
  });
});

describe('firstChoice', () => {
  const options = [{ values: ['米白', '墨绿', '黑'] }, { values: ['小', '大'] }];
  it('starts from a given SKU', () => {
    expect(firstChoice(options, skus, 'wl')).toEqual(['米白', '大']);
  });
  it('chooses only what leaves no alternative', () => {
    expect(firstChoice(options, skus)).toEqual([null, null]);
    expect(
      firstChoice(
        [{ values: ['八盆'] }, { values: ['红', '白'] }],
        [sku('a', ['八盆', '红'], 1), sku('b', ['八盆', '白'], 1)],
      ),
    ).toEqual(['八盆', null]);
  });
});
