import { hiddenFilters, ORDER_FILTERS } from './filters';

describe('hiddenFilters', () => {
  it('counts a range of amounts once', () => {
    expect(hiddenFilters(ORDER_FILTERS)).toBe(0);
    expect(hiddenFilters({ ...ORDER_FILTERS, min_fen: '100', max_fen: '900', remarked: 'true' })).toBe(2);
  });
  it('leaves out what stands in the bar anyway', () => {
    expect(hiddenFilters({ ...ORDER_FILTERS, q: '茶', delivery: 'express', from: '2026-11-01' })).toBe(0);
  });
});
