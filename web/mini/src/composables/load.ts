// Loading with its faces: nothing yet, content, failure. A newer request always wins over an older
// one, and a reload keeps the old content on screen until the new one is there.
import { computed, ref, shallowRef } from 'vue';
import { Failure } from '@/api/client';
import type { Page } from '@/api/types';
import { Refusal } from '@/platform/vendor';

export type Face = 'loading' | 'ready' | 'empty' | 'error';

export function asFailure(reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  if (reason instanceof Refusal) return new Failure(400, reason.code, reason.message);
  return new Failure(0, 'app.unexpected', reason instanceof Error ? reason.message : String(reason));
}

/** One thing. `isEmpty` says when an answer has nothing to show. */
export function useLoad<T>(fetch: () => Promise<T>, isEmpty: (data: T) => boolean = () => false) {
  const data = shallowRef<T | null>(null);
  const failure = shallowRef<Failure | null>(null);
  const loading = ref(false);
  let latest = 0;

  async function load(): Promise<void> {
    const mine = (latest += 1);
    loading.value = true;
    try {
      const found = await fetch();
      if (mine !== latest) return;
      data.value = found;
      failure.value = null;
    } catch (reason) {
      if (mine === latest) failure.value = asFailure(reason);
    } finally {
      if (mine === latest) loading.value = false;
    }
  }

  const face = computed<Face>(() => {
    if (data.value !== null) return isEmpty(data.value) ? 'empty' : 'ready';
    return failure.value ? 'error' : 'loading';
  });
  return { data, failure, loading, face, load };
}

/** A list that grows by cursor. */
export function usePages<T>(fetch: (cursor?: string) => Promise<Page<T>>) {
  const items = shallowRef<T[]>([]);
  const failure = shallowRef<Failure | null>(null);
  const loading = ref(false);
  const started = ref(false);
  const cursor = ref<string | null | undefined>(undefined);
  let latest = 0;

  async function take(from: string | undefined, keep: boolean): Promise<void> {
    const mine = (latest += 1);
    loading.value = true;
    try {
      const page = await fetch(from);
      if (mine !== latest) return;
      items.value = keep ? [...items.value, ...page.items] : page.items;
      cursor.value = page.next_cursor ?? null;
      failure.value = null;
      started.value = true;
    } catch (reason) {
      if (mine === latest) failure.value = asFailure(reason);
    } finally {
      if (mine === latest) loading.value = false;
    }
  }

  const load = (): Promise<void> => take(undefined, false);
  async function more(): Promise<void> {
    if (cursor.value && !loading.value) await take(cursor.value, true);
  }
  /** Drops what is shown, so that the skeleton stands while a different list loads. */
  function restart(): Promise<void> {
    items.value = [];
    started.value = false;
    failure.value = null;
    return load();
  }

  const ended = computed(() => started.value && !cursor.value);
  const face = computed<Face>(() => {
    if (items.value.length) return 'ready';
    if (started.value) return 'empty';
    return failure.value ? 'error' : 'loading';
  });
  return { items, failure, loading, ended, face, load, more, restart };
}
