// A code that is shown for a minute: asked for anew before it ends, and never shown once it is over. When it cannot be
// renewed it is stale, and asked for again every few seconds.
import { computed, onMounted, onUnmounted, ref, shallowRef } from 'vue';
import { useServerClock } from './clock';
import { asFailure } from './load';

const RETRY_MS = 5_000;

interface Renewed {
  expires_at: string;
  renew_in_ms: number;
}

/** `took` sees each fresh one beside the one before; `ends` says that a refusal is the end of it. */
export function useRenewing<T extends Renewed>(
  read: () => Promise<T>,
  took: (fresh: T, before: T | null) => void = () => undefined,
  ends: (refused: ReturnType<typeof asFailure>) => boolean = () => false,
) {
  const shown = shallowRef<T | null>(null);
  const stale = ref(false);
  const now_ms = useServerClock();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  async function renew(): Promise<void> {
    clearTimeout(timer);
    let next_ms = RETRY_MS;
    try {
      const before = shown.value;
      const fresh = await read();
      if (over) return;
      shown.value = fresh;
      stale.value = false;
      next_ms = fresh.renew_in_ms;
      took(fresh, before);
    } catch (reason) {
      if (over || ends(asFailure(reason))) return;
      stale.value = true;
    }
    timer = setTimeout(() => void renew(), next_ms);
  }

  const good = computed(() => (shown.value ? Date.parse(shown.value.expires_at) > now_ms.value : false));

  onMounted(() => void renew());
  onUnmounted(() => {
    over = true;
    clearTimeout(timer);
  });
  return { shown, good, stale, renew };
}
