import type { OrderLineView } from '@api/types';
import { chosenLines, cleanTrackingNumber, shippable } from './shippable';

const line = (id: string, quantity: number, shipped_quantity: number) =>
  ({ id, quantity, shipped_quantity }) as OrderLineView;

describe('shipping a part', () => {
  const items = shippable([line('a', 3, 1), line('b', 1, 1), line('c', 2, 0)]);

  it('offers only what is left', () => {
    expect(items.map(({ line: { id }, left }) => [id, left])).toEqual([
      ['a', 2],
      ['c', 2],
    ]);
  });
  it('names no lines when everything left goes', () => {
    expect(chosenLines(items, { a: 2, c: 2 })).toBeUndefined();
  });
  it('names the chosen quantities and leaves out zeros', () => {
    expect(chosenLines(items, { a: 1, c: 0 })).toEqual([{ line_id: 'a', quantity: 1 }]);
    expect(chosenLines(items, {})).toEqual([]);
  });
});

describe('cleanTrackingNumber', () => {
  it('forgives spaces and small letters', () => {
    expect(cleanTrackingNumber(' sf 1472-3000 ')).toBe('SF14723000');
  });
});
