// Which columns a list shows, remembered per list and person; this browser's memory is what a page opens with.

import { computed, ref, watch } from 'vue';
import { preferences, readPreferences, setPreference } from '@/app/preferences';

export interface Column {
  key: string;
  label: string;
  width?: number;
  /** Takes what is left, but not less than this. */
  minWidth?: number;
  align?: 'left' | 'right' | 'center';
  /** What the number means, shown on hover of the heading. */
  hint?: string;
  /** Shown unless the reader hides it; `false` starts hidden. */
  shown?: boolean;
  /** Cannot be hidden. */
  fixed?: boolean;
  /** Stays at the right edge when the table is wider than the window. */
  pinned?: boolean;
}

export function useColumns(name: string, columns: readonly Column[]) {
  const key = `hefang.admin.columns.${name}`;
  const preference = `columns.${name}`;
  const choosable = columns.filter((column) => !column.fixed);
  const fallback = choosable.filter((column) => column.shown !== false).map((column) => column.key);
  const stored = localStorage.getItem(key);
  const chosen = ref<string[]>(stored === null ? fallback : stored.split(',').filter(Boolean));
  const visible = computed(() => columns.filter((column) => column.fixed || chosen.value.includes(column.key)));

  watch(
    preferences,
    (all) => {
      const kept = all?.[preference];
      if (!Array.isArray(kept)) return;
      chosen.value = kept.map(String);
      localStorage.setItem(key, chosen.value.join(','));
    },
    { immediate: true },
  );
  void readPreferences();

  function choose(keys: string[]): void {
    chosen.value = keys;
    localStorage.setItem(key, keys.join(','));
    setPreference(preference, keys);
  }

  function reset(): void {
    choose(fallback);
  }

  return { visible, choosable, chosen, choose, reset };
}
