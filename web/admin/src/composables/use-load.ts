// One thing read from the server, with its loading and error faces.

import type { Failure } from '@api/client';
import { ref, shallowRef, type ShallowRef } from 'vue';
import { asFailure } from '@/app/http';

export function useLoad<T>(read: () => Promise<T>) {
  const data: ShallowRef<T | null> = shallowRef(null);
  const loading = ref(true);
  const failure = shallowRef<Failure | null>(null);
  let turn = 0;

  /** Reads again; what was shown stays until the answer is there. */
  async function load(): Promise<void> {
    const mine = ++turn;
    loading.value = true;
    failure.value = null;
    try {
      const answer = await read();
      if (mine === turn) data.value = answer;
    } catch (thrown) {
      if (mine === turn) failure.value = asFailure(thrown);
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  void load();
  return { data, loading, failure, load };
}
