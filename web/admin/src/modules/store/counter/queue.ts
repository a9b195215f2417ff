// Sales rung up while the network was gone: kept on this device across reloads, at most fifty, told to the server when it is
// back, oldest first, each under its own key, so that telling twice counts once. Only cash and what is written down by hand;
// no member, no coupon, no points: nobody can be asked about them.

import { newIdempotencyKey } from '@api/client';
import type { CounterSaleView, SellAtCounter } from '@api/types';
import { computed, ref } from 'vue';
import { asFailure } from '@/app/http';

export const MOST = 50;
const KEPT = 'hefang.admin.counter.queue';

export interface WaitingSale {
  key: string;
  body: SellAtCounter;
  /** What was sold, in words. */
  words: string;
  total_fen: number;
  at_ms: number;
  state: 'waiting' | 'done' | 'refused';
  answer: string;
}

function read(): WaitingSale[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
    return Array.isArray(kept) ? (kept as WaitingSale[]) : [];
  } catch {
    return [];
  }
}

type Send = (body: SellAtCounter, key: string) => Promise<CounterSaleView>;

export function useSaleQueue(send: Send) {
  const items = ref<WaitingSale[]>(read());
  const settling = ref(false);
  const waiting = computed(() => items.value.filter((item) => item.state === 'waiting').length);
  const waiting_fen = computed(() =>
    items.value.filter((item) => item.state === 'waiting').reduce((sum, item) => sum + item.total_fen, 0),
  );

  const keep = () => localStorage.setItem(KEPT, JSON.stringify(items.value));

  /** Puts a sale down; answers why it cannot. */
  function put(body: SellAtCounter, words: string, now_ms = Date.now()): string {
    if (waiting.value >= MOST) return `离线销售已经有 ${MOST} 笔，请先连上网络上传。`;
    items.value.push({
      key: newIdempotencyKey(),
      body: { ...body, rung_at: new Date(now_ms).toISOString() },
      words,
      total_fen: body.expected_total_fen,
      at_ms: now_ms,
      state: 'waiting',
      answer: '',
    });
    keep();
    return '';
  }

  /** Tells the server of everything that waits, oldest first; stops when it cannot be reached. */
  async function settle(): Promise<void> {
    if (settling.value) return;
    settling.value = true;
    try {
      for (const item of items.value.filter((one) => one.state === 'waiting')) {
        try {
          const sale = await send(item.body, item.key);
          item.state = 'done';
          item.answer = `已上传，订单 ${sale.order.number}`;
        } catch (thrown) {
          const failure = asFailure(thrown);
          if (failure.status === 0 || failure.status === 401 || failure.status === 429 || failure.status >= 500) break;
          item.state = 'refused';
          item.answer = failure.message;
        }
        keep();
      }
    } finally {
      settling.value = false;
    }
  }

  /** After the clerk put right what stood against it, a refused one is told again, for the shift that is open now. */
  function again(key: string, shift_id: string): void {
    const item = items.value.find((one) => one.key === key && one.state === 'refused');
    if (!item) return;
    item.state = 'waiting';
    item.body.shift_id = shift_id;
    keep();
    void settle();
  }

  /** The clerk has read what became of these; refused ones stay until they are put right or dropped by hand. */
  function forget(key?: string): void {
    items.value = items.value.filter((item) => (key ? item.key !== key : item.state !== 'done'));
    keep();
  }

  return { items, waiting, waiting_fen, settling, put, settle, again, forget };
}
