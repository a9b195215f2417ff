import type { AdminOrderDetail } from '@api/types';
import { draftOf, newGoods, problemOf, requestOf } from './price-plan';

const order = {
  goods_fen: 3_000,
  discount_fen: -100,
  freight_fen: 800,
  total_fen: 3_700,
  price_changes: [],
  lines: [
    { id: '1', unit_price_fen: 1_000, quantity: 2, payable_fen: 1_900 },
    { id: '2', unit_price_fen: 1_000, quantity: 1, payable_fen: 1_000 },
  ],
} as unknown as AdminOrderDetail;

describe('a change of price', () => {
  it('starts from what the order costs now', () => {
    const draft = draftOf(order);
    expect(newGoods(order, draft)).toBe(2_900);
    expect(problemOf(order, draft)).toBe('价格没有变化');
  });
  it('has the bounds of the server', () => {
    const draft = draftOf(order);
    expect(problemOf(order, { ...draft, goods_fen: 3_001 })).toMatch('原价');
    expect(problemOf(order, { ...draft, freight_fen: 801 })).toMatch('运费');
    expect(problemOf(order, { ...draft, goods_fen: 0, freight_fen: 0 })).toMatch('0.01');
    expect(problemOf(order, { ...draft, goods_fen: null })).toMatch('完整');
    expect(problemOf(order, { ...draft, goods_fen: 2_000 })).toBeNull();
  });
  it('sends only what changes', () => {
    const draft = draftOf(order);
    expect(requestOf(order, { ...draft, goods_fen: 2_000 }, '老顾客')).toEqual({
      lines: [],
      goods_fen: 2_000,
      freight_fen: null,
      expected_total_fen: 3_700,
      reason: '老顾客',
    });
    const lines = { ...draft.lines, '1': 1_500 };
    expect(requestOf(order, { ...draft, mode: 'lines', lines }, 'x').lines).toEqual([
      { line_id: '1', payable_fen: 1_500 },
    ]);
  });
});
