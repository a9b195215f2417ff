// The code that a member shows to fetch an order: signed by the shop for two minutes. When it cannot be renewed the digits
// stay; a code that is over is never shown.
import { computed, watch } from 'vue';
import { call } from '@/api/client';
import { useRenewing } from './renewing';

/** `moved` is told when the order is no longer what the page shows: something was handed over, or nothing waits. */
export function usePickupPass(order_id: () => string, moved: () => void) {
  const {
    shown: pass,
    good,
    stale,
    renew,
  } = useRenewing(
    () => call('get', '/api/v1/orders/{id}/pickup-pass', { path: { id: order_id() } }),
    (fresh, before) => {
      if (before && before.handed_quantity !== fresh.handed_quantity) moved();
    },
    (refused) => {
      if (refused.status === 409) moved();
      return refused.status === 409;
    },
  );
  const text = computed(() => (pass.value && good.value ? pass.value.pass : ''));
  watch(order_id, () => void renew());
  return { pass, text, stale, renew };
}
