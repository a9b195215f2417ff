import { ORDER_FILTERS } from './filters';
import { searchOf } from './search-of';

describe('the search of an export', () => {
  it('says what the address says', () => {
    const filters = { ...ORDER_FILTERS, state: 'to_ship', q: ' 茶 ', min_fen: '100', max_fen: 'x', remarked: 'true' };
    expect(searchOf(filters, '2026-11-01T00:00:00Z', null)).toEqual({
      state: 'to_ship',
      q: '茶',
      delivery: null,
      store_id: null,
      shop_id: null,
      member_id: null,
      from: '2026-11-01T00:00:00Z',
      to: null,
      paid_from: null,
      paid_to: null,
      min_fen: 100,
      max_fen: null,
      remarked: true,
      cursor: null,
    });
  });
});
