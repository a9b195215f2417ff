// @vitest-environment happy-dom
import type { SearchHit } from '@api/types';
import { pagesMatching, placeOf } from './find-places';

const anything = () => true;

describe('pages and settings', () => {
  it('are found by their words, within what the role may see', () => {
    expect(pagesMatching('退款', anything).map(({ to }) => to)).toContain('/refunds');
    expect(pagesMatching('退款', (permission) => permission !== 'order.refund').map(({ to }) => to)).not.toContain(
      '/refunds',
    );
    expect(pagesMatching('备案', anything).some(({ group }) => group === '设置')).toBe(true);
  });
});

describe('a hit', () => {
  it('leads to its page and says how it stands', () => {
    const hit: SearchHit = { kind: 'order', id: '7', title: '7', note: '¥1.00 · 林晚风', status: 'to_ship' };
    expect(placeOf(hit)).toMatchObject({ to: '/orders/7', note: '待发货 · ¥1.00 · 林晚风' });
  });
  it('of an unknown kind is left out', () => {
    expect(placeOf({ kind: 'planet' } as unknown as SearchHit)).toBeNull();
  });
});
