import type { OrderLineView } from '@api/types';
import { type ParcelDraft, problemOf, requestOf, unassigned } from './parcels';
import { shippable } from './shippable';

const items = shippable([
  { id: '1', quantity: 3, shipped_quantity: 1, to_ship_quantity: 2 },
  { id: '2', quantity: 1, shipped_quantity: 0, to_ship_quantity: 1 },
] as OrderLineView[]);
const parcel = (tracking_number: string, pieces: Record<string, number>): ParcelDraft => ({
  key: 0,
  carrier_code: 'sf',
  tracking_number,
  pieces,
});

describe('several parcels', () => {
  it('knows what is in none of them', () => {
    expect(unassigned(items, [parcel('', { '1': 1 })])).toEqual({ '1': 1, '2': 1 });
  });
  it('says what is wrong', () => {
    expect(problemOf(items, [parcel('', { '1': 1 })])).toMatch('运单号');
    expect(problemOf(items, [parcel('SF123456', {})])).toMatch('没有商品');
    expect(problemOf(items, [parcel('SF123456', { '1': 2 }), parcel('SF123457', { '1': 1 })])).toMatch('超过');
    expect(problemOf(items, [parcel('SF123456', { '1': 1 }), parcel('sf 123456', { '1': 1 })])).toMatch('相同');
    expect(problemOf(items, [parcel('SF123456', { '1': 2 }), parcel('SF123457', { '2': 1 })])).toBeNull();
  });
  it('sends quantities per line without zeros', () => {
    expect(requestOf([parcel(' sf 123456', { '1': 2, '2': 0 })])).toEqual({
      parcels: [{ carrier_code: 'sf', tracking_number: 'SF123456', lines: [{ line_id: '1', quantity: 2 }] }],
    });
  });
});
