// Counts as they are typed: shown at once, sent together when the typing pauses, and never lost silently.

import { computed, onBeforeUnmount, ref, shallowRef } from 'vue';
import type { StockTakeDetail } from '@api/types';
import { countStock } from '@/api/stock-take';
import { attempt } from '@/composables/use-submit';

const PAUSE_MS = 600;
const AT_ONCE = 200;

export function useCounts(id: string, onSaved: (detail: StockTakeDetail) => void) {
  const typed = shallowRef(new Map<string, number | null>());
  const sending = ref(false);
  const refused = ref(false);
  const waiting = computed(() => typed.value.size);
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function send(): Promise<void> {
    clearTimeout(timer);
    if (sending.value || typed.value.size === 0) return;
    const batch = [...typed.value].slice(0, AT_ONCE);
    sending.value = true;
    const saved = await attempt(() =>
      countStock(
        id,
        batch.map(([sku_id, counted]) => ({ sku_id, counted })),
      ),
    );
    sending.value = false;
    refused.value = !saved;
    if (!saved) return;
    const rest = new Map(typed.value);
    for (const [sku_id, counted] of batch) if (rest.get(sku_id) === counted) rest.delete(sku_id);
    typed.value = rest;
    onSaved(saved.answer);
    if (rest.size > 0) later();
  }

  function later(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void send(), PAUSE_MS);
  }

  function type(sku_id: string, counted: number | null): void {
    typed.value = new Map(typed.value).set(sku_id, counted);
    later();
  }

  onBeforeUnmount(() => void send());
  return { typed, waiting, sending, refused, type, send };
}
