import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { storedToken } from '@/api/session';
import type { CartLine, CartView, SessionGranted } from '@/api/types';
import { useCart } from '@/stores/cart';
import { server } from './setup';

const picture = { url: '', medium_url: '', small_url: '', width: 1, height: 1, alt: '' };
const line = (sku_id: string, more: Partial<CartLine> = {}): CartLine => ({
  sku_id,
  product_id: 'p',
  shop_id: 's',
  name: '龙井',
  option_text: '',
  picture,
  unit_price_fen: 19_900,
  quantity: 1,
  selected: true,
  available: 9,
  max_quantity: 9,
  ...more,
});
const view = (...lines: CartLine[]): CartView => ({
  lines,
  shops: [{ id: 's', name: '自营' }],
  count: lines.length,
  selected_count: 1,
  selected_total_fen: 19_900,
});
const guest: SessionGranted = {
  token: 'guest-1',
  expires_at: '2026-12-01T00:00:00Z',
  me: {
    id: '1',
    kind: 'guest',
    nickname: '',
    created_at: '2026-11-23T00:00:00Z',
    consent_due: false,
    badges: {
      unpaid: 0,
      to_ship: 0,
      to_pick_up: 0,
      shipped: 0,
      to_review: 0,
      after_sales: 0,
      cart: 0,
      favourites: 0,
      messages: 0,
    },
  },
};

beforeEach(() => {
  storedToken.clear();
  setActivePinia(createPinia());
});

describe('the cart', () => {
  it('asks nobody while there is no session', async () => {
    const cart = useCart();
    await cart.refresh();
    expect(server.asked).toHaveLength(0);
    expect(cart.loaded).toBe(true);
  });

  it('makes one guest session when the first thing is added', async () => {
    server.answer = ({ url }) =>
      url.endsWith('/session/guest') ? { status: 200, body: guest } : { status: 200, body: view(line('a')) };
    const cart = useCart();
    await Promise.all([cart.add('a', 1), cart.add('a', 1)]);
    expect(server.asked.filter((asked) => asked.url.endsWith('/session/guest'))).toHaveLength(1);
    expect(server.asked[server.asked.length - 1]?.header['Authorization']).toBe('Bearer guest-1');
    expect(cart.view.lines).toHaveLength(1);
  });

  it('shows a change at once and takes it back when the server refuses', async () => {
    storedToken.set(guest);
    server.answer = ({ method }) =>
      method === 'GET'
        ? { status: 200, body: view(line('a', { quantity: 2 })) }
        : { status: 409, body: { code: 'inventory.short', detail: '只剩 2 件了', status: 409, title: '', type: '' } };
    const cart = useCart();
    await cart.refresh();
    const change = cart.setQuantity('a', 3);
    expect(cart.view.lines[0]?.quantity).toBe(3);
    await expect(change).rejects.toMatchObject({ code: 'inventory.short', message: '只剩 2 件了' });
    expect(cart.view.lines[0]?.quantity).toBe(2);
  });

  it('keeps the newest answer when an older one comes late', async () => {
    storedToken.set(guest);
    const waiting: ((quantity: number) => void)[] = [];
    server.answer = ({ body }) =>
      new Promise((resolve) =>
        waiting.push(() =>
          resolve({ status: 200, body: view(line('a', { quantity: (body as { quantity: number }).quantity })) }),
        ),
      );
    const cart = useCart();
    const [first, second] = [cart.setQuantity('a', 2), cart.setQuantity('a', 5)];
    waiting[1]!(5);
    await second;
    waiting[0]!(2);
    await first;
    expect(cart.view.lines[0]?.quantity).toBe(5);
  });

  it('sets apart what is gone from what only needs a smaller quantity', async () => {
    storedToken.set(guest);
    server.answer = () => ({
      status: 200,
      body: view(
        line('a'),
        line('b', { problem: { code: 'inventory.short', message: '只剩 1 件了' } }),
        line('c', { selected: false, problem: { code: 'product.off_sale', message: '已下架' } }),
      ),
    });
    const cart = useCart();
    await cart.refresh();
    expect(cart.sellable.map((one) => one.sku_id)).toEqual(['a', 'b']);
    expect(cart.gone.map((one) => one.sku_id)).toEqual(['c']);
    expect(cart.blocked.map((one) => one.sku_id)).toEqual(['b']);
    expect(cart.allSelected).toBe(true);
  });

  it('starts again as a guest when the session is no longer known', async () => {
    storedToken.set({ ...guest, token: 'stale' });
    server.answer = ({ url, header }) => {
      if (url.endsWith('/session/guest')) return { status: 200, body: guest };
      return header['Authorization'] === 'Bearer stale'
        ? { status: 401, body: { code: 'session.expired', detail: '登录已过期', status: 401, title: '', type: '' } }
        : { status: 200, body: view(line('a')) };
    };
    const cart = useCart();
    await cart.add('a', 1);
    expect(cart.view.lines).toHaveLength(1);
    expect(storedToken.get()).toBe('guest-1');
  });
});
