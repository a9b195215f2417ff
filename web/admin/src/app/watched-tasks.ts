// The tasks of the person signed in, looked at again and again while one of them runs. When one ends, the shell
// says so, also when the tab was closed meanwhile: what was running is remembered in this browser.

import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { TaskView } from '@api/types';
import { listTasks } from '@/api/task';
import { currentToken } from './http';

const KEPT = 'hefang.admin.open-tasks';
const BUSY_MS = 1_500;
const IDLE_MS = 30_000;
const OPEN = new Set(['waiting', 'running', 'stopping']);

export const isOpen = (task: TaskView): boolean => OPEN.has(task.state);

function keptIds(): string[] {
  return (localStorage.getItem(KEPT) ?? '').split(',').filter(Boolean);
}

export const useWatchedTasks = defineStore('watched-tasks', () => {
  const recent = shallowRef<TaskView[]>([]);
  const open = computed(() => recent.value.filter(isOpen));
  const ended = ref<((task: TaskView) => void) | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;

  async function look(): Promise<void> {
    if (!currentToken()) return;
    const before = new Set(keptIds());
    try {
      recent.value = (await listTasks({ mine: true, limit: 10 })).items;
    } catch {
      // The network or the session is away; the next look tells.
      return;
    }
    for (const task of recent.value) if (before.has(task.id) && !isOpen(task)) ended.value?.(task);
    localStorage.setItem(KEPT, open.value.map(({ id }) => id).join(','));
  }

  async function turn(): Promise<void> {
    clearTimeout(timer);
    if (!document.hidden) await look();
    if (running) timer = setTimeout(() => void turn(), open.value.length > 0 ? BUSY_MS : IDLE_MS);
  }

  function begin(onEnded: (task: TaskView) => void): void {
    ended.value = onEnded;
    running = true;
    void turn();
  }

  function stop(): void {
    running = false;
    clearTimeout(timer);
  }

  /** A task was just started: remember it, so that its end is told even if it is quicker than the next look. */
  function add(id: string): void {
    localStorage.setItem(KEPT, [...new Set([...keptIds(), id])].join(','));
    void turn();
  }

  return { recent, open, begin, stop, add, look: turn };
});
