// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '@api/client';
import type { CounterGoods, CounterSaleView, SellAtCounter } from '@api/types';
import { findKept, keepPrices } from './prices';
import { MOST, useSaleQueue } from './queue';

const sale = { state: 'paid', order: { number: '1' } } as CounterSaleView;
const body = (total: number): SellAtCounter => ({
  shift_id: '7',
  items: [],
  choices: {},
  expected_total_fen: total,
  tenders: [{ kind: 'cash', amount_fen: total, tendered_fen: total }],
});

describe('sales without a network', () => {
  beforeEach(() => localStorage.clear());

  it('outlive the page and are bounded', () => {
    const queue = useSaleQueue(async () => sale);
    for (let at = 0; at < MOST; at += 1) expect(queue.put(body(100), '茶')).toBe('');
    expect(queue.put(body(100), '茶')).toContain(String(MOST));
    const later = useSaleQueue(async () => sale);
    expect([later.waiting.value, later.waiting_fen.value]).toEqual([MOST, MOST * 100]);
    expect(later.items.value[0]!.body.rung_at).toBeTruthy();
  });

  it('are told oldest first, each under its key, and wait when nobody answers', async () => {
    const told: [number, string][] = [];
    const queue = useSaleQueue(async (sent, key) => {
      told.push([sent.expected_total_fen, key]);
      if (sent.expected_total_fen === 2) throw new Failure(409, { code: 'inventory.sold_out', detail: '库存不足' });
      if (sent.expected_total_fen === 3) throw new Failure(0, { code: 'network.offline' });
      return sale;
    });
    for (const total of [1, 2, 3, 4]) queue.put(body(total), `${total}`);
    await queue.settle();
    expect(told.map(([total]) => total)).toEqual([1, 2, 3]);
    expect(queue.items.value.map((item) => item.state)).toEqual(['done', 'refused', 'waiting', 'waiting']);
    const key = queue.items.value[1]!.key;
    queue.again(key, '8');
    expect(queue.items.value[1]!.body.shift_id).toBe('8');
    expect(told.at(-1)).toEqual([2, key]);
    queue.forget();
    expect(queue.items.value).toHaveLength(3);
  });
});

describe('a sale whose answer was lost', () => {
  beforeEach(() => localStorage.clear());
  const sent = (asked: SellAtCounter) => ({ key: 'first', body: asked });

  it('is sent again as it was, so that it counts once', async () => {
    const told: [SellAtCounter, string][] = [];
    const queue = useSaleQueue(async (asked, key) => {
      told.push([asked, key]);
      return sale;
    });
    queue.put(body(100), '茶', sent(body(100)));
    expect(queue.items.value[0]!.answer).toContain('不会重复收款');
    expect(await queue.settle()).toBe(sale);
    expect(told).toEqual([[body(100), 'first']]);
    expect(queue.items.value[0]!.state).toBe('done');
  });

  it('is told late, under its own key, once the server has said no to what was sent', async () => {
    const told: string[] = [];
    const queue = useSaleQueue(async (asked, key) => {
      told.push(key);
      if (key === 'first') throw new Failure(409, { code: 'order.price_changed', detail: '价格变了' });
      expect(asked.rung_at).toBeTruthy();
      return sale;
    });
    queue.put(body(100), '茶', sent(body(100)));
    await queue.settle();
    expect(told).toEqual(['first', queue.items.value[0]!.key]);
    expect(queue.items.value[0]!.state).toBe('done');
  });

  it('waits while nobody says yes or no, over a reload too', async () => {
    const silent = useSaleQueue(async () => Promise.reject(new Failure(502, { code: 'http.502' })));
    silent.put(body(100), '茶', sent(body(100)));
    await silent.settle();
    expect(silent.waiting.value).toBe(1);
    expect(useSaleQueue(async () => sale).items.value[0]!.sent!.key).toBe('first');
  });

  it('warns of asking twice when the customer may have paid from afar, and is never told as cash', async () => {
    const code: SellAtCounter = { ...body(100), tenders: [{ kind: 'code', amount_fen: 100, auth_code: '13' }] };
    const answers: CounterSaleView[] = [{ ...sale, state: 'waiting' }];
    const queue = useSaleQueue(async () => {
      const next = answers.shift();
      if (!next) throw new Failure(409, { code: 'counter.code_expired', detail: '付款码过期了' });
      return next;
    });
    queue.put(code, '茶', sent(code));
    expect(queue.items.value[0]!.answer).toContain('请不要再收一次');
    expect(queue.items.value[0]!.body.rung_at).toBeUndefined();
    await queue.settle();
    expect(queue.items.value[0]).toMatchObject({ state: 'waiting', answer: '等顾客付款，订单 1' });
    await queue.settle();
    expect(queue.items.value[0]).toMatchObject({ state: 'refused', answer: '付款码过期了' });
  });
});

describe('prices kept on this device', () => {
  it('ring up a whole code and list words', async () => {
    const goods = (name: string, code: string) =>
      ({ name, code, option_text: '', barcode: code === 'SET-1' ? '012345678905' : null }) as unknown as CounterGoods;
    const pages = [{ items: [goods('龙井', 'TEA-1')], next_cursor: 'x' }, { items: [goods('龙井茶具', 'SET-1')] }];
    await keepPrices('5', async (_, cursor) => pages[cursor ? 1 : 0]!);
    expect(findKept('5', 'tea-1').exact).toBe(true);
    expect(findKept('5', '0012345678905').items[0]?.code).toBe('SET-1');
    expect(findKept('5', '龙井').items).toHaveLength(2);
    expect(findKept('6', '龙井').items).toHaveLength(0);
  });
});
