// The page behind a sheet must not scroll; whether it is dark; what the title bar says.

let locks = 0;

export function lockScroll(): () => void {
  locks += 1;
  apply();
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    locks -= 1;
    apply();
  };
}

function apply(): void {
  // #ifdef H5
  const root = document.documentElement;
  // The place of the scroll bar is kept, so that the page does not jump sideways.
  const bar = window.innerWidth - root.clientWidth;
  if (locks > 0 && root.style.overflow !== 'hidden') root.style.paddingRight = bar > 0 ? `${bar}px` : '';
  if (locks === 0) root.style.paddingRight = '';
  root.style.overflow = locks > 0 ? 'hidden' : '';
  // #endif
}

/** Whether the dark palette is on now. */
export function isDark(): boolean {
  // #ifdef H5
  return window.matchMedia('(prefers-color-scheme: dark)').matches;
  // #endif
  // #ifndef H5
  return (uni.getSystemInfoSync() as { theme?: string }).theme === 'dark';
  // #endif
}

/** Sets the document's title, which browsers show in the tab; mini programs set their bar's. */
export function nameThePage(title: string): void {
  uni.setNavigationBarTitle({ title, fail: () => undefined });
}
