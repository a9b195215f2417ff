import type { OrderLineView } from '@api/types';
import { cleanTrackingNumber, shippable } from './shippable';

const line = (id: string, quantity: number, shipped_quantity: number) =>
  ({ id, quantity, shipped_quantity, to_ship_quantity: quantity - shipped_quantity }) as OrderLineView;

describe('shipping a part', () => {
  it('offers only what is left', () => {
    const items = shippable([line('a', 3, 1), line('b', 1, 1), line('c', 2, 0)]);
    expect(items.map(({ line: { id }, left }) => [id, left])).toEqual([
      ['a', 2],
      ['c', 2],
    ]);
  });
});

describe('cleanTrackingNumber', () => {
  it('forgives spaces and small letters', () => {
    expect(cleanTrackingNumber(' sf 1472-3000 ')).toBe('SF14723000');
  });
});
