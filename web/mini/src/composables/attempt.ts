// An attempt to pay: asks for it and carries out what the channel wants done. Whether it is paid only the server knows;
// who makes the attempt watches for that.
import { ref, watch as onChange } from 'vue';
import { IntentKeys } from '@shared/intent-keys';
import type { PayIntent, PayRequest } from '@/api/types';
import { t } from '@/messages';
import { returnPath } from '@/platform/environment';
import { paying } from '@/platform/pay';
import type { PayWays } from './channels';
import { asFailure } from './load';
import { say, sayFailure } from './say';

export interface Payable {
  request: (body: PayRequest, idempotency_key: string) => Promise<PayIntent>;
  /** The page the channel's own page leads back to. */
  back: (payment_id: string) => string;
  load: () => Promise<void>;
  watching: () => boolean;
  watch: () => void;
  /** It was paid as soon as it was asked for. */
  paid?: () => void;
}

export function useAttempt(ways: PayWays, payable: Payable) {
  const payment_id = ref('');
  const intent = ref<PayIntent | null>(null);
  const busy = ref(false);
  const keys = new IntentKeys();

  function forget(): void {
    intent.value = null;
    payment_id.value = '';
  }

  async function pay(): Promise<void> {
    const [channel, scene] = [ways.channel.value, ways.scene.value];
    if (busy.value || !channel || !scene) return;
    busy.value = true;
    const in_browser = scene === 'h5' || scene === 'page';
    const return_url = in_browser ? returnPath(payable.back(payment_id.value)) : undefined;
    const body: PayRequest = { channel, scene, return_url };
    try {
      if (scene === 'mini_program' && paying.authCode) body.auth_code = await paying.authCode();
      const made = await payable.request(body, keys.for(body));
      // The next press is a new attempt; the server closes the older one.
      keys.done();
      intent.value = made;
      payment_id.value = made.payment_id;
      if (made.status === 'paid' && payable.paid) return payable.paid();
      if (made.instruction && (await paying.carryOut(made.instruction)) === 'cancelled') say(t('checkout.cancelled'));
      payable.watch();
    } catch (reason) {
      const refused = asFailure(reason);
      // A lost answer keeps its key, so that pressing again cannot make a second payment.
      if (refused.status !== 0 && refused.status < 500) keys.done();
      sayFailure(refused);
      if (refused.status === 409) await payable.load();
    } finally {
      busy.value = false;
    }
  }

  /** Another channel was chosen: what the one before showed is no more. */
  onChange(ways.channel, (_, before) => {
    if (!before) return;
    forget();
    if (payable.watching() && ways.scene.value === 'native') void pay();
  });

  return { payment_id, intent, busy, pay, forget };
}
