// The counter's state: a code is looked up, or checked on this device when there is no network; what is inside is handed
// over, at once or into the queue.

import { Failure } from '@api/client';
import type { Redeemed, RedeemPreview, RedeemRequest } from '@api/types';
import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue';
import { asFailure } from '@/app/http';
import { listBookings } from '@/api/booking';
import { listPickups, previewRedeem, readRedeemKey, redeem } from '@/api/trade';
import { useSession } from '@/app/session';
import { today } from '@shared/time';
import { type Awaited, keptAwaited, readAwaited } from './awaited';
import { checkPass, isPass, keepKey, keptKey, type Pass } from './pass';
import { newKey, useQueue } from './queue';
import { signal } from '@/composables/signal';

/** What is ready to be handed over without a network. */
export interface Unasked {
  pass: Pass;
  text: string;
  handed_at: string;
  /** What it is, where this device knows. */
  known?: Awaited;
}

export interface Finished {
  title: string;
  text: string;
  redemption_id: string | null;
  offline: boolean;
}

export function useCounter() {
  const code = ref('');
  const preview = shallowRef<RedeemPreview | null>(null);
  const unasked = shallowRef<Unasked | null>(null);
  const finished = shallowRef<Finished | null>(null);
  const failure = shallowRef<Failure | null>(null);
  const warning = ref('');
  const busy = ref(false);
  const online = ref(navigator.onLine);
  const settled = ref(0);
  const queue = useQueue(redeem);
  const session = useSession();
  const awaited = shallowRef<Awaited[]>(keptAwaited());
  let request_key = '';

  const plain = computed(() => (isPass(code.value) ? code.value.trim() : code.value.replace(/\s/g, '')));

  function restart(): void {
    code.value = '';
    preview.value = null;
    unasked.value = null;
    failure.value = null;
    warning.value = '';
  }

  async function look(): Promise<void> {
    if (!plain.value || busy.value) return;
    busy.value = true;
    finished.value = null;
    failure.value = null;
    warning.value = '';
    try {
      preview.value = await previewRedeem(plain.value);
      request_key = newKey();
      online.value = true;
    } catch (thrown) {
      const refused = asFailure(thrown);
      if (refused.status === 0 && isPass(plain.value)) await lookAlone();
      else failure.value = refused;
      if (!unasked.value) {
        signal('failure');
        // A signed code is scanned again rather than read.
        if (isPass(code.value)) code.value = '';
      }
    } finally {
      busy.value = false;
    }
  }

  /** Without a network: the signature and the time are checked here, and whether this device gave it away before. */
  async function lookAlone(): Promise<void> {
    online.value = false;
    const key = keptKey();
    const said = await checkPass(plain.value, key, Date.now());
    if (typeof said === 'string') {
      warning.value = said;
      return;
    }
    if (queue.known(said.order_id)) {
      warning.value = `订单 ${said.order_id} 刚才已经在这台设备上离线交付过了，请勿重复交付。`;
      return;
    }
    if (queue.full.value) {
      warning.value = '离线交付已经满了，请先连上网络上传。';
      return;
    }
    request_key = newKey();
    const handed_at = new Date(Date.now() + (key?.skew_ms ?? 0)).toISOString();
    const known = awaited.value.find((one) => one.order_id === said.order_id);
    unasked.value = { pass: said, text: plain.value, handed_at, ...(known ? { known } : {}) };
  }

  function done(answer: Redeemed): void {
    const { redemption, left_quantity, number } = answer;
    const rest = left_quantity > 0 ? `，还剩 ${left_quantity} 件未取` : '，已全部取走';
    finished.value = {
      title: '核销成功',
      text: `订单 ${number}，交付 ${redemption.quantity} 件${rest}。`,
      redemption_id: redemption.undo_until ? redemption.id : null,
      offline: false,
    };
  }

  function keepForLater(request: RedeemRequest & { key: string }, order_id: string, words: string): void {
    const why = queue.put({ request, order_id, number: order_id, words, at_ms: Date.now() });
    if (why) {
      warning.value = why;
      signal('failure');
      return;
    }
    signal('success');
    finished.value = {
      title: '已离线交付，等待上传',
      text: `订单 ${order_id}，${words}。连上网络后会自动核销，有冲突会在下面告诉您。`,
      redemption_id: null,
      offline: true,
    };
  }

  async function confirm(pieces?: { line_id: string; quantity: number }[]): Promise<void> {
    const shown = preview.value;
    if (!shown || busy.value) return;
    busy.value = true;
    failure.value = null;
    const request = { code: plain.value, key: request_key, seen: shown.handed_quantity, ...(pieces ? { pieces } : {}) };
    try {
      done(await redeem(request));
      signal('success');
      settled.value += 1;
      void lookWhoComes();
      const kept = finished.value;
      restart();
      finished.value = kept;
    } catch (thrown) {
      const refused = asFailure(thrown);
      if (refused.status === 0) {
        // Nobody knows whether it arrived; the same key later tells, and counts once.
        online.value = false;
        const count = pieces?.reduce((sum, piece) => sum + piece.quantity, 0);
        const handed_at = isPass(request.code)
          ? { handed_at: new Date(Date.now() + (keptKey()?.skew_ms ?? 0)).toISOString() }
          : {};
        keepForLater({ ...request, ...handed_at }, shown.order_id, count ? `交付 ${count} 件` : '全部交付');
        const kept = finished.value;
        if (kept) restart();
        finished.value = kept;
      } else {
        failure.value = refused;
        signal('failure');
      }
    } finally {
      busy.value = false;
    }
  }

  function confirmAlone(): void {
    const shown = unasked.value;
    if (!shown) return;
    const request = { code: shown.text, key: request_key, handed_at: shown.handed_at };
    keepForLater(request, shown.pass.order_id, shown.known?.words ?? '全部交付');
    const kept = finished.value;
    if (kept) restart();
    finished.value = kept;
  }

  /** What waits at the clerk's own store, for when the network is gone. */
  async function lookWhoComes(): Promise<void> {
    const store_id = session.me?.store?.id;
    if (!store_id) return void (awaited.value = []);
    const day = today(Date.now());
    const pickups = (cursor?: string) => listPickups({ state: 'waiting', ...(cursor ? { cursor } : {}) });
    const bookings = (cursor?: string) => listBookings({ store_id, day, ...(cursor ? { cursor } : {}) });
    const found = await readAwaited(pickups, session.can('booking.manage') ? bookings : null).catch(() => null);
    if (found) awaited.value = found;
  }

  async function refresh(): Promise<void> {
    try {
      keepKey(await readRedeemKey());
      online.value = true;
    } catch (thrown) {
      if (asFailure(thrown).status === 0) online.value = false;
      return;
    }
    if (queue.waiting.value) {
      await queue.settle();
      settled.value += 1;
    }
    await lookWhoComes();
  }

  const wentOffline = () => (online.value = false);
  let timer: ReturnType<typeof setInterval>;
  onMounted(() => {
    void refresh();
    window.addEventListener('online', refresh);
    window.addEventListener('offline', wentOffline);
    timer = setInterval(() => void (queue.waiting.value || !online.value ? refresh() : undefined), 15_000);
  });
  onBeforeUnmount(() => {
    clearInterval(timer);
    window.removeEventListener('online', refresh);
    window.removeEventListener('offline', wentOffline);
  });

  return {
    code,
    preview,
    unasked,
    finished,
    failure,
    warning,
    busy,
    online,
    settled,
    queue,
    awaited,
    look,
    confirm,
    confirmAlone,
    restart,
    refresh,
  };
}
