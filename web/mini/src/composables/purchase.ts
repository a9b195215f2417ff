// Paying for a purchase that is no order: a top-up or a paid membership. Like paying an order, only the
// server's answer counts as paid.
import { computed, ref, type Ref } from 'vue';
import { call } from '@/api/client';
import { t } from '@/messages';
import { useAttempt } from './attempt';
import type { PayWays } from './channels';
import { place } from './go';
import { asFailure, useLoad } from './load';
import { POLL_MS } from './payment';
import { say } from './say';

export function usePurchase(purchase_id: Ref<string>, ways: PayWays) {
  const asking = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watching = false;
  const {
    data: purchase,
    failure,
    face,
    load,
  } = useLoad(() => call('get', '/api/v1/purchases/{id}', { path: { id: purchase_id.value } }));
  const { payment_id, intent, busy, pay } = useAttempt(ways, {
    request: (body, idempotency_key) =>
      call('post', '/api/v1/purchases/{id}/pay', { path: { id: purchase_id.value }, body, idempotency_key }),
    back: (payment_id) => place.buy(purchase_id.value, { payment_id, returned: 1 }),
    load,
    watching: () => watching,
    watch,
  });
  const status = computed(() => purchase.value?.status ?? '');

  function stop(): void {
    watching = false;
    clearTimeout(timer);
  }

  function watch(): void {
    watching = true;
    void look();
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    if (!watching) return;
    try {
      // Looking at the payment makes the server ask the channel.
      if (payment_id.value) await call('get', '/api/v1/payments/{id}', { path: { id: payment_id.value } });
      await load();
      if (status.value !== 'unpaid') return stop();
      if (asking.value) say(t('checkout.not_yet'));
    } catch (reason) {
      if (asFailure(reason).status === 401) return stop();
    }
    asking.value = false;
    if (watching) timer = setTimeout(() => void look(), POLL_MS);
  }

  async function open(): Promise<void> {
    await Promise.all([load(), ways.known.value ? undefined : ways.load()]);
    if (status.value !== 'unpaid') return;
    if (ways.scene.value === 'native' && !intent.value) await pay();
    else watch();
  }

  function check(): void {
    asking.value = true;
    watch();
  }

  return { purchase, failure, face, intent, payment_id, busy, asking, open, pay, check, stop };
}
