// What was handed over while the network was gone: kept on this device across reloads, at most fifty, told to the server
// when it is back, oldest first. Each keeps its own key, so that telling twice counts once.

import { computed, ref } from 'vue';
import { Failure, newIdempotencyKey } from '@api/client';
import type { Redeemed, RedeemRequest } from '@api/types';
import { formatMoment } from '@shared/time';

export const MOST = 50;
const KEPT = 'hefang.admin.redeem.queue';

export interface Waiting {
  request: RedeemRequest & { key: string };
  order_id: string;
  number: string;
  /** What the clerk gave, in words. */
  words: string;
  at_ms: number;
  state: 'waiting' | 'done' | 'refused';
  /** What the server said. */
  answer: string;
}

export const newKey = () => newIdempotencyKey();

function read(): Waiting[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
    return Array.isArray(kept) ? (kept as Waiting[]) : [];
  } catch {
    return [];
  }
}

type Send = (request: RedeemRequest) => Promise<Redeemed>;

function refusal(failure: Failure): string {
  const { by, at } = (failure.details ?? {}) as { by?: string; at?: string };
  return by && at ? `${failure.message}（${by} 于 ${formatMoment(at)} 交付）` : failure.message;
}

export function useQueue(send: Send) {
  const items = ref<Waiting[]>(read());
  const settling = ref(false);
  const waiting = computed(() => items.value.filter((item) => item.state === 'waiting').length);
  const full = computed(() => waiting.value >= MOST);

  function keep(): void {
    localStorage.setItem(KEPT, JSON.stringify(items.value));
  }

  /** Puts a hand-over down; answers why it cannot. */
  function put(item: Omit<Waiting, 'state' | 'answer'>): string {
    if (full.value) return `离线交付已经有 ${MOST} 单，请先连上网络上传。`;
    items.value.push({ ...item, state: 'waiting', answer: '' });
    // Settled ones are a record for the clerk; the oldest go first.
    const settled = items.value.filter((one) => one.state !== 'waiting');
    const surplus = new Set(settled.slice(0, Math.max(0, settled.length - MOST)));
    items.value = items.value.filter((one) => !surplus.has(one));
    keep();
    return '';
  }

  /** A hand-over of the same order on this device that is not undone by a refusal. */
  const known = (order_id: string) =>
    items.value.find((item) => item.order_id === order_id && item.state === 'waiting' && !item.request.pieces);

  /** Tells the server of everything that waits, oldest first; stops when it cannot be reached. */
  async function settle(): Promise<void> {
    if (settling.value) return;
    settling.value = true;
    try {
      for (const item of items.value.filter((one) => one.state === 'waiting')) {
        try {
          const done = await send(item.request);
          item.state = 'done';
          item.answer =
            done.status === 'completed' ? '已上传，订单已完成' : `已上传，还剩 ${done.left_quantity} 件未取`;
        } catch (thrown) {
          if (!(thrown instanceof Failure) || thrown.status === 0 || thrown.status === 401) break;
          if (thrown.status === 429 || thrown.status >= 500) break;
          item.state = 'refused';
          item.answer = refusal(thrown);
        }
        keep();
      }
    } finally {
      settling.value = false;
    }
  }

  /** The clerk has read what became of these. */
  function forgetSettled(): void {
    items.value = items.value.filter((item) => item.state === 'waiting');
    keep();
  }

  return { items, waiting, full, settling, put, known, settle, forgetSettled };
}
