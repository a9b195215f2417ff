// A list whose filters and page live in the address: a reload, the back button and a pasted link all
// show the same rows. Pages are cursors; the way back is remembered while the list stays open.

import type { Page } from '@api/types';
import type { Failure } from '@api/client';
import { computed, reactive, ref, shallowRef, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { asFailure } from '@/app/http';

export interface ListOptions<Row, Filters extends Record<string, string>> {
  /** Every filter with the value that stands for "not filtered"; only differences reach the address. */
  filters: Filters;
  load: (query: Filters & { cursor?: string }) => Promise<Page<Row>>;
}

export function useList<Row, Filters extends Record<string, string>>(options: ListOptions<Row, Filters>) {
  const route = useRoute();
  const router = useRouter();
  const home = route.path;
  const names = Object.keys(options.filters) as (keyof Filters & string)[];
  const filters = reactive({ ...options.filters }) as Filters;
  const rows = shallowRef<Row[]>([]);
  const loading = ref(true);
  const failure = shallowRef<Failure | null>(null);
  const nextCursor = ref<string | null>(null);
  const pageNumber = ref(1);
  const cursors = new Map<number, string>();
  let turn = 0;

  const text = (name: string) => {
    const value = route.query[name];
    return typeof value === 'string' ? value : null;
  };
  const filtered = computed(() => names.some((name) => filters[name] !== options.filters[name]));

  async function load(): Promise<void> {
    const mine = ++turn;
    loading.value = true;
    failure.value = null;
    const cursor = text('cursor') ?? undefined;
    try {
      const page = await options.load({ ...filters, cursor });
      if (mine !== turn) return;
      rows.value = page.items;
      nextCursor.value = page.next_cursor ?? null;
    } catch (thrown) {
      if (mine !== turn) return;
      failure.value = asFailure(thrown);
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  function address(cursor?: string, page?: number): Record<string, string> {
    const query: Record<string, string> = {};
    for (const name of names) if (filters[name] !== options.filters[name]) query[name] = filters[name]!.trim();
    if (cursor && page) Object.assign(query, { cursor, page: String(page) });
    return query;
  }

  /** Puts the filters as they stand into the address, from the first page. */
  function apply(changes: Partial<Filters> = {}): void {
    Object.assign(filters, changes);
    cursors.clear();
    const query = address();
    const same = JSON.stringify(query) === JSON.stringify(route.query);
    if (same) void load();
    else void router.push({ query });
  }

  const reset = () => apply(options.filters);

  function next(): void {
    if (!nextCursor.value) return;
    const page = pageNumber.value + 1;
    cursors.set(page, nextCursor.value);
    void router.push({ query: address(nextCursor.value, page) });
  }

  /** One page back, or to the first when the way back is not known (after a reload). */
  function previous(): void {
    const page = pageNumber.value - 1;
    const cursor = cursors.get(page);
    void router.push({ query: cursor ? address(cursor, page) : address() });
  }

  watch(
    () => route.fullPath,
    () => {
      if (route.path !== home) return;
      for (const name of names) filters[name] = (text(name) ?? options.filters[name]) as Filters[typeof name];
      pageNumber.value = Number(text('page') ?? 1) || 1;
      void load();
    },
    { immediate: true },
  );

  return {
    filters,
    filtered,
    rows,
    loading,
    failure,
    nextCursor,
    pageNumber,
    apply,
    reset,
    next,
    previous,
    reload: load,
  };
}

export type List = ReturnType<typeof useList<unknown, Record<string, string>>>;
