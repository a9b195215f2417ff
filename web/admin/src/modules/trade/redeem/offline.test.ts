// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '@api/client';
import type { BookingView, PickupRow, Redeemed } from '@api/types';
import { awaitedOf, keepAwaited, keptAwaited } from './awaited';
import { checkPass, type KeptKey } from './pass';
import { MOST, newKey, useQueue } from './queue';

const NOW = Date.parse('2026-11-23T02:00:00Z');
const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

async function mall() {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const key: KeptKey = { public_key: base64url(point), life_ms: 120_000, leeway_ms: 60_000, skew_ms: 0 };
  const sign = async (order: bigint, expires_ms: number) => {
    const body = new Uint8Array(26);
    body.set([1, 1]);
    const view = new DataView(body.buffer);
    view.setBigInt64(2, order);
    view.setBigInt64(10, 7n);
    view.setBigInt64(18, BigInt(expires_ms));
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, body);
    return `HF1.${base64url(new Uint8Array([...body, ...new Uint8Array(signature)]))}`;
  };
  return { key, sign };
}

describe('a signed code without a network', () => {
  it('is read when the mall signed it, and refused otherwise', async () => {
    const [ours, theirs] = [await mall(), await mall()];
    const text = await ours.sign(125762354985050112n, NOW + 60_000);
    expect(await checkPass(text, ours.key, NOW)).toEqual({
      order_id: '125762354985050112',
      store_id: '7',
      expires_at_ms: NOW + 60_000,
    });
    expect(await checkPass(text, theirs.key, NOW)).toContain('不是本商城');
    expect(await checkPass(text, null, NOW)).toContain('没有网络');
    expect(await checkPass('HF1.AAAA', ours.key, NOW)).toContain('不是取货码');
  });

  it('is good for its time by the clock of the server', async () => {
    const { key, sign } = await mall();
    const text = await sign(1n, NOW);
    expect(await checkPass(text, key, NOW + 61_000)).toContain('过期');
    expect(await checkPass(text, { ...key, skew_ms: -3_600_000 }, NOW + 3_600_000)).toHaveProperty('order_id', '1');
  });
});

describe('the queue of a bad network', () => {
  beforeEach(() => localStorage.clear());
  const item = (order_id: string) => ({
    request: { code: 'HF1.x', key: newKey() },
    order_id,
    number: order_id,
    words: '全部交付',
    at_ms: NOW,
  });
  const completed = { status: 'completed', left_quantity: 0 } as Redeemed;

  it('outlives the page, is bounded and knows what was given away here', () => {
    const queue = useQueue(async () => completed);
    for (let at = 0; at < MOST; at += 1) expect(queue.put(item(String(at)))).toBe('');
    expect(queue.put(item('one more'))).toContain(String(MOST));
    const later = useQueue(async () => completed);
    expect(later.waiting.value).toBe(MOST);
    expect(later.known('3')).toBeDefined();
    expect(later.known('one more')).toBeUndefined();
  });

  it('tells the oldest first, keeps conflicts in words and waits when nobody answers', async () => {
    const told: string[] = [];
    const queue = useQueue(async ({ code }) => {
      told.push(code);
      if (code === 'gone') {
        const details = { by: '小林', at: '2026-11-23T01:00:00Z' };
        throw new Failure(409, { code: 'pickup.already_redeemed', detail: '已经核销过了', details });
      }
      if (code === 'lost') throw new Failure(0, { code: 'network.offline' });
      return completed;
    });
    for (const code of ['fine', 'gone', 'lost', 'behind']) {
      queue.put({ ...item(code), request: { code, key: newKey() } });
    }
    await queue.settle();
    expect(told).toEqual(['fine', 'gone', 'lost']);
    expect(queue.items.value.map((one) => one.state)).toEqual(['done', 'refused', 'waiting', 'waiting']);
    expect(queue.items.value[1]?.answer).toContain('小林');
    queue.forgetSettled();
    expect(useQueue(async () => completed).items.value.map((one) => one.number)).toEqual(['lost', 'behind']);
  });
});

describe('what waits, kept for when the network is gone', () => {
  it('names goods, and bookings that can still be checked in, and nobody', () => {
    const pickup = {
      order_id: '1',
      member: { nickname: '晚风' },
      lines: [{ name: '茶杯', option_text: '白', quantity: 2 }],
    };
    const booking = (order_id: string, state: string) => ({
      order_id,
      state,
      service_name: '茶艺',
      starts_at: '2026-11-23T06:00:00Z',
      people: 2,
      contact_name: '许青禾',
    });
    const bookings = [booking('2', 'booked'), booking('3', 'arrived')] as unknown as BookingView[];
    keepAwaited(awaitedOf([pickup] as unknown as PickupRow[], bookings));
    expect(keptAwaited()).toEqual([
      { order_id: '2', kind: 'booking', words: '14:00 茶艺 · 2 位' },
      { order_id: '1', kind: 'pickup', words: '茶杯 白 ×2' },
    ]);
    expect(JSON.stringify(localStorage)).not.toMatch(/晚风|许青禾/);
  });
});
