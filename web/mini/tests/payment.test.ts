import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ref } from 'vue';
import { storedToken } from '@/api/session';
import type { PayWays } from '@/composables/channels';
import { POLL_MS, usePayment } from '@/composables/payment';
import { server } from './setup';

const ways: PayWays = {
  channel: ref('wechat'),
  scene: ref('native'),
  known: ref(true),
  load: () => Promise.resolve(),
  prefer: () => undefined,
};
const order = (status: string) => ({ id: 'o1', status, payments: [], total_fen: 1900 });
const made = {
  payment_id: 'p1',
  status: 'pending',
  amount_fen: 1900,
  expires_at: '2026-11-23T15:00:00Z',
  instruction: { kind: 'native', code_url: 'weixin://wxpay/bizpayurl?pr=1' },
};
const polls = (): number => server.asked.filter((asked) => asked.url.includes('/payments/')).length;
const tick = (): Promise<unknown> => vi.advanceTimersByTimeAsync(POLL_MS);

beforeEach(() => {
  vi.useFakeTimers();
  storedToken.set({ token: 'm', expires_at: '', me: { kind: 'member' } as never });
});
afterEach(() => void vi.useRealTimers());

describe('paying', () => {
  it('asks until the server says paid, then arrives once', async () => {
    let status = 'pending';
    server.answer = ({ method, url }) => {
      if (method === 'POST') return { status: 200, body: made };
      if (url.includes('/payments/')) return { status: 200, body: { id: 'p1', status } };
      return { status: 200, body: order('unpaid') };
    };
    const arrived = vi.fn();
    const payment = usePayment(ref('o1'), ways, arrived);
    await payment.open();
    await tick();
    expect(arrived).not.toHaveBeenCalled();
    status = 'paid';
    await tick();
    await tick();
    expect(arrived).toHaveBeenCalledTimes(1);
  });

  it('goes on asking when the network is lost for a while', async () => {
    let lost = true;
    server.answer = ({ method, url }) => {
      if (method === 'POST') return { status: 200, body: made };
      if (url.includes('/payments/')) return lost ? { status: 0 } : { status: 200, body: { id: 'p1', status: 'paid' } };
      return { status: 200, body: order('unpaid') };
    };
    const arrived = vi.fn();
    await usePayment(ref('o1'), ways, arrived).open();
    await tick();
    lost = false;
    await tick();
    expect(arrived).toHaveBeenCalledTimes(1);
  });

  it('notices an order that was paid at the counter while its code was shown', async () => {
    server.answer = ({ method, url }) => {
      if (method === 'POST') return { status: 200, body: made };
      if (url.includes('/payments/')) return { status: 200, body: { id: 'p1', status: 'closed' } };
      return { status: 200, body: order(server.asked.length > 2 ? 'to_pick_up' : 'unpaid') };
    };
    const arrived = vi.fn();
    await usePayment(ref('o1'), ways, arrived).open();
    await tick();
    expect(arrived).toHaveBeenCalledTimes(1);
  });

  it('keeps its key when the answer to a payment is lost, and takes a new one after a refusal', async () => {
    const statuses = [0, 409, 200];
    server.answer = ({ method, url }) => {
      if (method === 'POST') {
        const status = statuses.shift() ?? 200;
        return { status, body: status === 200 ? made : { code: 'payment.busy', detail: '请稍后再试' } };
      }
      return { status: 200, body: url.includes('/payments/') ? { id: 'p1', status: 'pending' } : order('unpaid') };
    };
    const payment = usePayment(ref('o1'), ways, vi.fn());
    await payment.pay();
    await payment.pay();
    await payment.pay();
    payment.stop();
    const keys = server.asked
      .filter((asked) => asked.method === 'POST')
      .map((asked) => asked.header['Idempotency-Key']);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[1]);
  });

  it('stops asking when the page is left', async () => {
    server.answer = ({ method, url }) => {
      if (method === 'POST') return { status: 200, body: made };
      return { status: 200, body: url.includes('/payments/') ? { id: 'p1', status: 'pending' } : order('unpaid') };
    };
    const payment = usePayment(ref('o1'), ways, vi.fn());
    await payment.open();
    await tick();
    payment.stop();
    const before = polls();
    await tick();
    await tick();
    expect(polls()).toBe(before);
  });
});
