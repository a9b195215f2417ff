// The code that a member shows: signed by the shop for two minutes and asked for anew before it ends. When it cannot be
// renewed the digits stay; a code that is over is never shown.
import { computed, onMounted, onUnmounted, ref, shallowRef, watch } from 'vue';
import { call } from '@/api/client';
import type { PickupPass } from '@/api/types';
import { useServerClock } from '@/composables/clock';
import { asFailure } from '@/composables/load';

const RETRY_MS = 5_000;

/** `moved` is told when the order is no longer what the page shows: something was handed over, or nothing waits. */
export function usePickupPass(order_id: () => string, moved: () => void) {
  const pass = shallowRef<PickupPass | null>(null);
  const stale = ref(false);
  const now_ms = useServerClock();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  async function renew(): Promise<void> {
    clearTimeout(timer);
    let next_ms = RETRY_MS;
    try {
      const before = pass.value;
      const fresh = await call('get', '/api/v1/orders/{id}/pickup-pass', { path: { id: order_id() } });
      if (over) return;
      pass.value = fresh;
      stale.value = false;
      next_ms = fresh.renew_in_ms;
      if (before && before.handed_quantity !== fresh.handed_quantity) moved();
    } catch (reason) {
      if (over) return;
      if (asFailure(reason).status === 409) return moved();
      stale.value = true;
    }
    timer = setTimeout(() => void renew(), next_ms);
  }

  const left_ms = computed(() => (pass.value ? Date.parse(pass.value.expires_at) - now_ms.value : 0));
  const text = computed(() => (pass.value && left_ms.value > 0 ? pass.value.pass : ''));

  onMounted(() => void renew());
  watch(order_id, () => void renew());
  onUnmounted(() => {
    over = true;
    clearTimeout(timer);
  });
  return { pass, text, stale, renew };
}
