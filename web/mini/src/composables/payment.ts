// Paying one order: makes an attempt, and then asks the server until it knows the outcome. Only the server's answer
// counts as paid; a lost network means asking again.
import { computed, nextTick, ref, type Ref } from 'vue';
import { call } from '@/api/client';
import { t } from '@/messages';
import { useAttempt } from './attempt';
import type { PayWays } from './channels';
import { place } from './go';
import { asFailure, useLoad } from './load';
import { say } from './say';

export const POLL_MS = 2500;

/** `arrived` is called once, when the order is paid. */
export function usePayment(order_id: Ref<string>, ways: PayWays, arrived: () => void) {
  /** The person said they had paid, and the next answer decides. */
  const asking = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watching = false;
  const {
    data: order,
    failure,
    face,
    load,
  } = useLoad(() => call('get', '/api/v1/orders/{id}', { path: { id: order_id.value } }));
  const { payment_id, intent, busy, pay, forget } = useAttempt(ways, {
    request: (body, idempotency_key) =>
      call('post', '/api/v1/orders/{id}/pay', { path: { id: order_id.value }, body, idempotency_key }),
    back: (payment_id) => place.cashier(order_id.value, { payment_id, returned: 1 }),
    load,
    watching: () => watching,
    watch,
    paid: finish,
  });
  const isPaid = computed(() => !!order.value && !['unpaid', 'closed'].includes(order.value.status));

  function stop(): void {
    watching = false;
    clearTimeout(timer);
  }

  function finish(): void {
    stop();
    arrived();
  }

  function watch(): void {
    watching = true;
    void askPayment();
  }

  function again(after_ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void askPayment(), after_ms);
  }

  async function askPayment(): Promise<void> {
    clearTimeout(timer);
    if (!watching) return;
    if (!payment_id.value) return askOrder();
    try {
      const payment = await call('get', '/api/v1/payments/{id}', { path: { id: payment_id.value } });
      if (!watching) return;
      if (payment.status === 'paid') return finish();
      if (payment.status === 'closed') {
        // Another attempt, or the counter, may have settled the order meanwhile.
        forget();
        return await askOrder();
      }
      if (asking.value) say(payment.status === 'failed' ? t('checkout.pay_failed') : t('checkout.not_yet'));
    } catch (reason) {
      if (asFailure(reason).status === 401) return stop();
    }
    asking.value = false;
    again(POLL_MS);
  }

  /** Before any attempt the order may still be paid elsewhere, at the counter for one. */
  async function askOrder(): Promise<void> {
    await load();
    asking.value = false;
    if (!watching) return;
    if (isPaid.value) return finish();
    if (order.value?.status === 'closed') return stop();
    again(2 * POLL_MS);
  }

  /** Reads the order and goes on from where it stands. A QR code is asked for without a press. */
  async function open(): Promise<void> {
    await Promise.all([load(), ways.known.value ? undefined : ways.load()]);
    if (!order.value) return;
    if (isPaid.value) return finish();
    if (order.value.status === 'closed') return;
    // Who comes back from a channel's page finds that channel, not the first of the list.
    const begun = order.value.payments.filter(
      (payment) => payment.status === 'pending' && payment.channel !== 'balance',
    );
    if (begun.length > 0) {
      ways.prefer(begun.reduce((newest, one) => (one.created_at > newest.created_at ? one : newest)).channel);
      await nextTick();
    }
    payment_id.value ||=
      order.value.payments.find((payment) => payment.status === 'pending' && payment.channel === ways.channel.value)
        ?.id ?? '';
    if (ways.scene.value === 'native' && !intent.value) await pay();
    else watch();
  }

  function check(): void {
    asking.value = true;
    watch();
  }

  return { order, failure, face, intent, payment_id, busy, asking, open, pay, check, stop };
}
