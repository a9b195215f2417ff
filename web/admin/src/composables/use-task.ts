// One task, read again while it runs.

import type { TaskView } from '@api/types';
import type { Failure } from '@api/client';
import { onBeforeUnmount, shallowRef } from 'vue';
import { readTask } from '@/api/task';
import { asFailure } from '@/app/http';
import { isOpen } from '@/app/watched-tasks';

export function useTask(onEnd: (task: TaskView) => void = () => undefined) {
  const task = shallowRef<TaskView | null>(null);
  const failure = shallowRef<Failure | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let current = '';

  async function look(id: string): Promise<void> {
    clearTimeout(timer);
    try {
      const read = await readTask(id);
      if (id !== current) return;
      const wasOpen = task.value?.id === id && isOpen(task.value);
      task.value = read;
      failure.value = null;
      if (isOpen(read)) timer = setTimeout(() => void look(id), 1_000);
      else if (wasOpen) onEnd(read);
    } catch (thrown) {
      failure.value = asFailure(thrown);
    }
  }

  function watchTask(id: string): Promise<void> {
    current = id;
    return look(id);
  }

  onBeforeUnmount(() => clearTimeout(timer));
  return { task, failure, watchTask };
}
