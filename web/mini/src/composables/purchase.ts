// Paying for a purchase that is no order: a top-up or a paid membership. Like paying an order, only the
// server's answer counts as paid.
import { computed, ref, watch as onChange, type Ref } from 'vue';
import { call } from '@/api/client';
import { IntentKeys } from '@/api/idempotency';
import type { PayIntent, PayRequest } from '@/api/types';
import { t } from '@/messages';
import { returnPath } from '@/platform/environment';
import { paying } from '@/platform/pay';
import type { PayWays } from './channels';
import { place } from './go';
import { asFailure, useLoad } from './load';
import { POLL_MS } from './payment';
import { say, sayFailure } from './say';

export function usePurchase(purchase_id: Ref<string>, ways: PayWays) {
  const payment_id = ref('');
  const intent = ref<PayIntent | null>(null);
  const busy = ref(false);
  const asking = ref(false);
  const keys = new IntentKeys();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watching = false;
  const {
    data: purchase,
    failure,
    face,
    load,
  } = useLoad(() => call('get', '/api/v1/purchases/{id}', { path: { id: purchase_id.value } }));
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

  async function pay(): Promise<void> {
    const [channel, scene] = [ways.channel.value, ways.scene.value];
    if (busy.value || !channel || !scene) return;
    busy.value = true;
    const back = place.buy(purchase_id.value, { payment_id: payment_id.value, returned: 1 });
    const in_browser = scene === 'h5' || scene === 'page';
    const body: PayRequest = { channel, scene, return_url: in_browser ? returnPath(back) : undefined };
    try {
      if (scene === 'mini_program' && paying.authCode) body.auth_code = await paying.authCode();
      const made = await call('post', '/api/v1/purchases/{id}/pay', {
        path: { id: purchase_id.value },
        body,
        idempotency_key: keys.for(body),
      });
      keys.done();
      intent.value = made;
      payment_id.value = made.payment_id;
      if (made.instruction && (await paying.carryOut(made.instruction)) === 'cancelled') say(t('checkout.cancelled'));
      watch();
    } catch (reason) {
      const refused = asFailure(reason);
      if (refused.status !== 0 && refused.status < 500) keys.done();
      sayFailure(refused);
      if (refused.status === 409) await load();
    } finally {
      busy.value = false;
    }
  }

  async function open(): Promise<void> {
    await Promise.all([load(), ways.known.value ? undefined : ways.load()]);
    if (status.value !== 'unpaid') return;
    if (ways.scene.value === 'native' && !intent.value) await pay();
    else watch();
  }

  /** Another channel was chosen: what the one before showed is no more. */
  onChange(ways.channel, (_, before) => {
    if (!before) return;
    intent.value = null;
    payment_id.value = '';
    if (watching && ways.scene.value === 'native') void pay();
  });

  function check(): void {
    asking.value = true;
    watch();
  }

  return { purchase, failure, face, intent, payment_id, busy, asking, open, pay, check, stop };
}
