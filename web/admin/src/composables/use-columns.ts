// Which columns a list shows, remembered per list in this browser.

import { computed, ref } from 'vue';

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
  const stored = localStorage.getItem(key);
  const choosable = columns.filter((column) => !column.fixed);
  const fallback = choosable.filter((column) => column.shown !== false).map((column) => column.key);
  const chosen = ref<string[]>(stored === null ? fallback : stored.split(',').filter(Boolean));
  const visible = computed(() => columns.filter((column) => column.fixed || chosen.value.includes(column.key)));

  function choose(keys: string[]): void {
    chosen.value = keys;
    localStorage.setItem(key, keys.join(','));
  }

  return { visible, choosable, chosen, choose };
}
