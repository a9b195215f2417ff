// An order that people drag or walk with the arrow keys: shown at once, sent when they pause, read again when the
// server refuses it.

import { onBeforeUnmount, ref } from 'vue';
import { attempt } from './use-submit';

const PAUSE_MS = 500;

export function useOrder(send: () => Promise<unknown>, load: () => Promise<void>) {
  /** The thing in the hand, and the edge it would be put at. */
  const held = ref<string | null>(null);
  const target = ref<{ id: string; after: boolean } | null>(null);
  /** For screen readers. */
  const said = ref('');
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function sendNow(): Promise<void> {
    timer = undefined;
    await attempt(send, '顺序已保存');
    await load();
  }

  /** Something has another place now. */
  function moved(words: string, focusId?: string): void {
    said.value = words;
    clearTimeout(timer);
    timer = setTimeout(() => void sendNow(), PAUSE_MS);
    if (focusId) requestAnimationFrame(() => document.getElementById(focusId)?.focus());
  }

  function hold(event: DragEvent, id: string): void {
    held.value = id;
    event.dataTransfer?.setData('text/plain', id);
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move';
  }

  /** Over another row: above or below its middle. */
  function over(event: DragEvent, id: string): void {
    if (held.value === null || held.value === id) {
      target.value = null;
      return;
    }
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    target.value = { id, after: event.clientY > box.top + box.height / 2 };
  }

  function release(): void {
    held.value = null;
    target.value = null;
  }

  const edge = (id: string) => {
    if (target.value?.id !== id) return '';
    return target.value.after ? 'edge-after' : 'edge-before';
  };

  // Leaving the page sends what waits.
  onBeforeUnmount(() => {
    if (timer === undefined) return;
    clearTimeout(timer);
    void attempt(send);
  });

  return { held, target, said, moved, hold, over, release, edge };
}
