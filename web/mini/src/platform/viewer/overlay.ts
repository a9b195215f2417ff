// The viewer of browsers: a strip to push sideways over a dark ground, closed by a press, by Escape or by going back.
// Pinching zooms as anywhere in the browser.
import './overlay.scss';
import { t } from '@/messages';
import { closeOnEscape } from '../browser';
import { lockScroll } from '../surface';

function made<K extends keyof HTMLElementTagNameMap>(name: K, like: string, to: HTMLElement): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.className = like;
  to.appendChild(element);
  return element;
}

export function openOverlay(urls: string[], at: number): void {
  const before = document.activeElement as HTMLElement | null;
  const ground = made('div', 'viewer', document.body);
  ground.setAttribute('role', 'dialog');
  ground.setAttribute('aria-modal', 'true');
  ground.setAttribute('aria-label', t('common.picture_view'));
  ground.tabIndex = -1;
  const strip = made('div', 'viewer__strip', ground);
  for (const [n, url] of urls.entries()) {
    const image = made('img', 'viewer__image', made('div', 'viewer__page', strip));
    image.alt = `${n + 1} / ${urls.length}`;
    image.src = url;
    image.draggable = false;
  }
  const count = made('span', 'viewer__count', ground);
  const shut = made('button', 'viewer__close', ground);
  shut.setAttribute('aria-label', t('common.close'));
  shut.textContent = '×';

  const now = (): number => Math.round(strip.scrollLeft / Math.max(1, strip.clientWidth));
  const tell = (): void => void (count.textContent = urls.length > 1 ? `${now() + 1} / ${urls.length}` : '');
  const turn = (by: number): void => strip.scrollTo({ left: (now() + by) * strip.clientWidth, behavior: 'smooth' });

  const unlock = lockScroll();
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    forget();
    unlock();
    window.removeEventListener('hashchange', close);
    ground.remove();
    before?.focus?.();
  };
  const forget = closeOnEscape(close);
  window.addEventListener('hashchange', close);
  strip.addEventListener('scroll', tell, { passive: true });
  ground.addEventListener('click', close);
  ground.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowRight') turn(1);
    if (event.key === 'ArrowLeft') turn(-1);
  });
  strip.scrollLeft = at * strip.clientWidth;
  tell();
  ground.focus();
}
