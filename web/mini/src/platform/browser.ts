// What browsers need and mini programs do not. On H5 uni-app's elements are custom tags, which browsers do
// not press with Enter or Space and which Escape does not close: one listener gives every `role="button"`
// and every dialog that behaviour. A typed address opens its page.

import type { FirstAnswers } from '@/first';
import type { HomePage, OfferTags } from '@/api/types';

export interface ReadyAnswers extends FirstAnswers {
  home?: HomePage;
  tags?: OfferTags;
}

const closers: (() => void)[] = [];

/** Registers what Escape closes next; returns how to take it back. */
export function closeOnEscape(close: () => void): () => void {
  closers.push(close);
  return () => {
    const at = closers.lastIndexOf(close);
    if (at >= 0) closers.splice(at, 1);
  };
}

/** Gives the elements that uni-app draws itself the names and roles that it does not pass on to them. */
function describe(root: ParentNode): void {
  root.querySelectorAll('uni-input[aria-label], uni-textarea[aria-label]').forEach((wrapper) => {
    wrapper.querySelector('input, textarea')?.setAttribute('aria-label', wrapper.getAttribute('aria-label') ?? '');
  });
  root.querySelectorAll('uni-image[aria-label] img').forEach((image) => {
    image.setAttribute('alt', image.closest('uni-image')?.getAttribute('aria-label') ?? '');
  });
  root.querySelector('uni-page-head:not([role])')?.setAttribute('role', 'banner');
  root.querySelector('uni-tabbar:not([role])')?.setAttribute('role', 'navigation');
  root.querySelectorAll('img:not([alt])').forEach((image) => image.setAttribute('alt', ''));
  root.querySelectorAll('.uni-page-head__title:not([role])').forEach((title) => {
    title.setAttribute('role', 'heading');
    title.setAttribute('aria-level', '1');
  });
}

const PRESSED_BY_KEY = ['button', 'link', 'tab', 'checkbox', 'radio', 'switch', 'option'];

/**
 * An address typed or pasted into the same tab opens its page afresh: by itself uni-app would keep the
 * content of a page of the same kind. Such an entry is the only one without a state of the router's.
 */
export function followTypedAddresses(): void {
  // #ifdef H5
  window.addEventListener('popstate', (event) => {
    if (event.state !== null) return;
    let url = location.hash.replace(/^#/, '') || '/pages/home/index';
    try {
      // uni-app encodes the values again.
      url = decodeURI(url);
    } catch {
      // Not an encoded address: it is taken as it stands.
    }
    setTimeout(() => uni.reLaunch({ url }), 0);
  });
  // #endif
}

/** What stands after the origin when the app starts; null in mini programs, which open their pages themselves. */
export function openedAddress(): string | null {
  // #ifdef H5
  return location.hash;
  // #endif
  // #ifndef H5
  return null;
  // #endif
}

/** Other pages open at once, and without a network, when their files were fetched while nothing else was to do. */
const REST_MS = 5000;

export function fetchOtherPages(): void {
  // #ifdef H5
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
  const list = document.getElementById('later')?.textContent;
  if (!list || connection?.saveData) return;
  setTimeout(() => {
    (JSON.parse(list) as string[]).forEach((href) => {
      const link = document.createElement('link');
      // A module has to be there as a module, or the network is asked again.
      link.rel = href.endsWith('.js') ? 'modulepreload' : 'prefetch';
      link.href = href;
      document.head.appendChild(link);
    });
  }, REST_MS);
  // #endif
}

/** The page is there: what src/first.ts has drawn meanwhile goes, once the frame that replaces it is ready. */
export function endFirstPicture(): void {
  // #ifdef H5
  const first = document.getElementById('first');
  if (first) requestAnimationFrame(() => first.remove());
  // #endif
}

/** What the server has put into the document, and what src/first.ts has asked for; each is given once. */
export function readyAnswers(): ReadyAnswers {
  // #ifdef H5
  const element = document.getElementById('ready');
  const asked = (window as { hefangFirst?: FirstAnswers }).hefangFirst;
  delete (window as { hefangFirst?: FirstAnswers }).hefangFirst;
  let ready: ReadyAnswers = {};
  try {
    ready = JSON.parse(element?.textContent || '{}') as ReadyAnswers;
  } catch {
    // A page that was cut off on its way: everything is asked for.
  }
  element?.remove();
  return { ...ready, ...asked };
  // #endif
  // #ifndef H5
  return {};
  // #endif
}

export function installAccess(): void {
  // #ifdef H5
  let planned = false;
  new MutationObserver(() => {
    if (planned) return;
    planned = true;
    setTimeout(() => {
      planned = false;
      describe(document);
    }, 100);
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && closers.length) {
      closers[closers.length - 1]?.();
      return;
    }
    if (event.key !== 'Enter' && event.key !== ' ') return;
    const target = event.target as HTMLElement | null;
    if (!target || target.closest('a[href], input, textarea, select')) return;
    if (PRESSED_BY_KEY.includes(target.getAttribute('role') ?? '')) {
      event.preventDefault();
      target.click();
    }
  });
  // #endif
}
