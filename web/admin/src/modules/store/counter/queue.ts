// Sales rung up while the network was gone: kept on this device across reloads, at most fifty, told to the server when it is
// back, oldest first, each under its own key, so that telling twice counts once. Only cash and what is written down by hand;
// no member, no coupon, no points: nobody can be asked about them.
//
// A sale that was sent and never answered waits here too. It is sent again as it was: the server may have it already.

import { type Failure, newIdempotencyKey } from '@api/client';
import type { CounterSaleView, SellAtCounter } from '@api/types';
import { computed, ref } from 'vue';
import { asFailure } from '@/app/http';

export const MOST = 50;
const KEPT = 'hefang.admin.counter.queue';

export interface Sent {
  key: string;
  body: SellAtCounter;
}

export interface WaitingSale {
  key: string;
  body: SellAtCounter;
  /** As it was sent before the answer got lost; gone once the server has said no to it. */
  sent?: Sent;
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

/** Whether the customer may have paid from afar: nobody must ask again before it is known. */
const fromAfar = (body: SellAtCounter) => body.tenders.some(({ kind }) => kind === 'code' || kind === 'balance');

/** What may be told late, with the moment it was rung up. */
const plain = (body: SellAtCounter) =>
  !fromAfar(body) && !body.member_id && !body.booking_id && Object.keys(body.choices ?? {}).length === 0;

/** The server did not say no: it may say something else later. */
const passing = ({ status }: Failure) => status === 0 || status === 401 || status === 429 || status >= 500;

type Send = (body: SellAtCounter, key: string) => Promise<CounterSaleView>;

export function useSaleQueue(send: Send) {
  const items = ref<WaitingSale[]>(read());
  const settling = ref(false);
  const waiting = computed(() => items.value.filter((item) => item.state === 'waiting').length);
  const waiting_fen = computed(() =>
    items.value.filter((item) => item.state === 'waiting').reduce((sum, item) => sum + item.total_fen, 0),
  );

  const keep = () => localStorage.setItem(KEPT, JSON.stringify(items.value));

  /** Puts a sale down, with what was sent of it; answers why it cannot. */
  function put(body: SellAtCounter, words: string, sent?: Sent, now_ms = Date.now()): string {
    if (waiting.value >= MOST) return `离线销售已经有 ${MOST} 笔，请先连上网络上传。`;
    items.value.push({
      key: newIdempotencyKey(),
      body: plain(body) ? { ...body, rung_at: new Date(now_ms).toISOString() } : body,
      ...(sent ? { sent } : {}),
      words,
      total_fen: body.expected_total_fen,
      at_ms: now_ms,
      state: 'waiting',
      answer: !sent
        ? ''
        : fromAfar(body)
          ? '没有收到回应，顾客可能已经付了。结果出来前请不要再收一次'
          : '没有收到回应，联网后自动确认，不会重复收款',
    });
    keep();
    return '';
  }

  async function tell(item: WaitingSale): Promise<CounterSaleView> {
    if (item.sent) {
      try {
        return await send(item.sent.body, item.sent.key);
      } catch (thrown) {
        if (passing(asFailure(thrown))) throw thrown;
        delete item.sent;
        if (!item.body.rung_at) throw thrown;
      }
    }
    return send(item.body, item.key);
  }

  function note(item: WaitingSale, { state, order }: CounterSaleView): void {
    item.state = ({ paid: 'done', cancelled: 'refused', waiting: 'waiting' } as const)[state];
    item.answer =
      { paid: '已上传，订单', cancelled: '收款已取消，订单', waiting: '等顾客付款，订单' }[state] + ` ${order.number}`;
  }

  /** Tells the server of everything that waits, oldest first; stops when it cannot be reached. Answers the last sale whose answer was lost before. */
  async function settle(): Promise<CounterSaleView | null> {
    if (settling.value) return null;
    settling.value = true;
    let found: CounterSaleView | null = null;
    try {
      for (const item of items.value.filter((one) => one.state === 'waiting')) {
        try {
          const sale = await tell(item);
          note(item, sale);
          if (item.sent && sale.state === 'paid') found = sale;
        } catch (thrown) {
          const failure = asFailure(thrown);
          if (passing(failure)) break;
          item.state = 'refused';
          item.answer = failure.message;
        }
        keep();
      }
    } finally {
      settling.value = false;
    }
    return found;
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
