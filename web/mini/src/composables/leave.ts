// Leaving a page when an answer has come, by whoever waited for it. A person who went elsewhere meanwhile stays there;
// the page is left when it is seen again.
import { back, replace } from './go';
import { onHide, onShow, onUnload } from './lifecycle';

/** Call it while the page is set up; its ways stand in for those of go.ts. */
export function useLeave(): { back: () => void; replace: (url: string) => void } {
  let shown = true;
  let waiting: (() => void) | undefined;
  onShow(() => {
    shown = true;
    const way = waiting;
    waiting = undefined;
    way?.();
  });
  const away = (): void => void (shown = false);
  onHide(away);
  onUnload(away);
  const leave = (way: () => void): void => {
    if (shown) way();
    else waiting = way;
  };
  return { back: () => leave(back), replace: (url) => leave(() => replace(url)) };
}
