// The tab bar's words, colour and badge. Vendors take changes only while the page of a tab is shown: what is
// wanted is kept here, and pages ask to draw it when they appear.

export const CART_TAB = 2;

interface TabBar {
  texts: readonly string[];
  accent: string;
  cart: string;
}

const wanted: Partial<TabBar> = {};
const drawn: Partial<Record<keyof TabBar, string>> = {};

function draw<K extends keyof TabBar>(part: K, change: (value: TabBar[K], done: () => void) => void): void {
  const value = wanted[part];
  const key = JSON.stringify(value);
  if (value === undefined || drawn[part] === key) return;
  change(value as TabBar[K], () => (drawn[part] = key));
}

export function drawTabBar(): void {
  const fail = (): undefined => undefined;
  draw('texts', (texts, success) =>
    texts.forEach((text, index) =>
      uni.setTabBarItem({ index, text, success: index === texts.length - 1 ? success : undefined, fail }),
    ),
  );
  draw('accent', (selectedColor, success) => uni.setTabBarStyle({ selectedColor, success, fail }));
  draw('cart', (text, success) => {
    if (text) uni.setTabBarBadge({ index: CART_TAB, text, success, fail });
    else uni.removeTabBarBadge({ index: CART_TAB, success, fail });
  });
}

export function nameTabs(texts: readonly string[]): void {
  wanted.texts = texts;
  drawTabBar();
}

export function paintTabBar(accent: string): void {
  wanted.accent = accent;
  drawTabBar();
}

export function badgeCart(count: number): void {
  wanted.cart = count > 99 ? '99+' : count > 0 ? String(count) : '';
  drawTabBar();
}
