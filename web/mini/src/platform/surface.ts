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

let chosen: 'system' | 'light' | 'dark' = 'system';

/** Takes the person's choice over the system's. The pages carry the palette; the document is told for its own bars. */
export function markAppearance(wanted: typeof chosen): void {
  chosen = wanted;
  // #ifdef H5
  document.documentElement.dataset['appearance'] = wanted;
  document.documentElement.style.colorScheme = wanted === 'system' ? '' : wanted;
  // #endif
}

/** Colours the vendor's own bars, which do not know the person's choice. */
export function paintBars(): void {
  const dark = isDark();
  const [paper, surface, ink] = dark ? ['#161716', '#1f2120', '#b4b9b6'] : ['#fbfaf7', '#ffffff', '#5b605d'];
  const quiet = { fail: () => undefined };
  uni.setNavigationBarColor({ frontColor: dark ? '#ffffff' : '#000000', backgroundColor: paper, ...quiet });
  uni.setTabBarStyle({ color: ink, backgroundColor: surface, borderStyle: dark ? 'black' : 'white', ...quiet });
}

/** Whether the dark palette is on now. */
export function isDark(): boolean {
  if (chosen !== 'system') return chosen === 'dark';
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
