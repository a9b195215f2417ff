// The channels the mall takes money through and that work where the app runs, and which of them the person chose.
import { computed, ref, type Ref } from 'vue';
import { call } from '@/api/client';
import { paying } from '@/platform/pay';
import type { PayChannel, PayScene } from '@/platform/pay';
import { useLoad } from './load';

/** What paying needs to know of them. */
export interface PayWays {
  readonly channel: Readonly<Ref<PayChannel | null>>;
  readonly scene: Readonly<Ref<PayScene | null>>;
  readonly known: Readonly<Ref<boolean>>;
  load(): Promise<void>;
  /** Proposes a channel while the person has chosen none. */
  prefer(channel: string): void;
}

export function useChannels() {
  const chosen = ref<PayChannel | null>(null);
  const { data, load } = useLoad(() => call('get', '/api/v1/pay-channels'));
  const offered = computed<PayChannel[]>(() =>
    (data.value ?? [])
      .filter(({ channel, scenes }) => {
        const scene = paying.scene(channel);
        return !!scene && scenes.includes(scene);
      })
      .map(({ channel }) => channel),
  );
  const channel = computed<PayChannel | null>(() =>
    chosen.value && offered.value.includes(chosen.value) ? chosen.value : (offered.value[0] ?? null),
  );
  const scene = computed(() => (channel.value ? paying.scene(channel.value) : null));
  /** Known whether anything works here; until then nothing is said. */
  const known = computed(() => data.value !== null);
  function prefer(word: string): void {
    chosen.value ??= offered.value.find((one) => one === word) ?? null;
  }
  return { offered, channel, chosen, scene, known, load, prefer };
}
