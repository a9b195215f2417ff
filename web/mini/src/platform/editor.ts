// The storefront inside the page editor of the back office: a frame of the same origin that is handed
// blocks as they are typed, and tells which block was pressed. Anywhere else nothing of this happens.
import type { Block } from '@/api/types';

export interface EditedBlock {
  id: string;
  block?: Block | null;
}

/** Shows what the editor sends; answers how to stop. */
export function followEditor(show: (blocks: EditedBlock[]) => void): () => void {
  // #ifdef H5
  if (window.parent === window) return () => undefined;
  const origin = window.location.origin;
  const listen = (event: MessageEvent): void => {
    if (event.origin !== origin || event.source !== window.parent) return;
    const message = event.data as { kind?: string; blocks?: EditedBlock[]; id?: string };
    if (message.kind === 'hefang.blocks' && message.blocks) show(message.blocks);
    if (message.kind === 'hefang.look' && message.id) {
      document.querySelector(`[data-block="${message.id}"]`)?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    }
  };
  const press = (event: MouseEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    const pressed = (event.target as Element).closest('[data-block]');
    if (pressed) window.parent.postMessage({ kind: 'hefang.picked', id: pressed.getAttribute('data-block') }, origin);
  };
  window.addEventListener('message', listen);
  document.addEventListener('click', press, true);
  window.parent.postMessage({ kind: 'hefang.ready' }, origin);
  return () => {
    window.removeEventListener('message', listen);
    document.removeEventListener('click', press, true);
  };
  // #endif
  // #ifndef H5
  return () => void show;
  // #endif
}
