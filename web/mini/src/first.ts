// Runs inside the document, before anything else is there: draws the first screen from what the server has put into the
// page (crates/server/src/storefront.rs), or asks for the product of the address, so that its photograph is on the way
// while the app still loads. The app draws the same over it and takes it away (src/platform/browser.ts). It is built by
// itself (vite/first-view.ts) and knows nothing of Vue; only browsers have it.

interface Photo {
  url: string;
  medium_url: string;
  small_url: string;
}
interface Home {
  mall: { name: string; logo_url?: string };
  blocks: { kind: string; items?: { picture: Photo; title: string; subtitle?: string | null }[] }[];
}
interface Product {
  video_url?: string | null;
  gallery: Photo[];
}

/** What the app finds of ours. */
export interface FirstAnswers {
  product?: { id: string; answer: Promise<unknown>; tags: Promise<unknown> };
}

(() => {
  const first = document.getElementById('first') as HTMLElement;
  const add = (to: HTMLElement, name: string, like = '', text = ''): HTMLElement => {
    const made = to.appendChild(document.createElement(name));
    if (like) made.className = like;
    if (text) made.textContent = text;
    return made;
  };
  /** The same sizes as src/platform/photo.vue asks for, so that the browser has the file already. */
  const photo = (to: HTMLElement, picture: Photo): void => {
    const image = document.createElement('img');
    image.alt = '';
    image.setAttribute('fetchpriority', 'high');
    image.sizes = '(min-width: 768px) 560px, (max-width: 480px) 340px, 100vw';
    image.srcset = `${picture.medium_url} 600w, ${picture.url} 1200w`;
    image.src = picture.url;
    to.appendChild(image);
  };
  const mark = (to: HTMLElement, address: string): void => {
    const image = add(to, 'img', 'first__mark') as HTMLImageElement;
    image.alt = '';
    image.src = address;
  };
  const bones = (count: number): void => {
    for (let at = 0; at < count; at += 1) add(first, 'i', 'first__line');
  };
  const kept = (name: string): string => {
    try {
      return localStorage.getItem(name) || '';
    } catch {
      return '';
    }
  };

  const look = kept('hefang.appearance');
  if (look === 'light' || look === 'dark') document.documentElement.dataset['appearance'] = look;

  const [path, query = ''] = location.hash.replace(/^#/, '').split('?');
  const id = (/(?:^|&)id=(\d+)/.exec(query) || [])[1];
  if (path === '/pages/product/detail' && id) {
    const square = add(first, 'div', 'first__square');
    bones(3);
    const ask = (address: string): Promise<unknown> =>
      fetch(address).then((found) => (found.ok ? found.json() : Promise.reject(found)));
    const [answer, tags] = [ask(`/api/v1/products/${id}`), ask(`/api/v1/offer-tags?product_ids=${id}`)];
    tags.catch(() => undefined);
    (window as { hefangFirst?: FirstAnswers }).hefangFirst = { product: { id, answer, tags } };
    answer.then(
      (found) => {
        const product = found as Product;
        if (product.gallery[0] && !product.video_url) photo(square, product.gallery[0]);
      },
      () => undefined,
    );
    return;
  }

  const head = add(first, 'div', 'first__head');
  if (path && path !== '/' && path !== '/pages/home/index') {
    mark(head, '/static/mark.svg');
    bones(4);
    return;
  }
  let home: Home | undefined;
  try {
    home = (JSON.parse(document.getElementById('ready')?.textContent || '{}') as { home?: Home }).home;
  } catch {
    // The app asks by itself.
  }
  mark(head, (home && home.mall.logo_url) || '/static/mark.svg');
  if (home) add(head, 'b', '', home.mall.name);
  add(head, 'i', 'first__find');
  const block = home && home.blocks[0];
  const item = block && block.kind === 'banner' && block.items ? block.items[0] : undefined;
  const picture = add(first, 'div', 'first__picture');
  if (item && !/[?&]preview=/.test(location.hash)) {
    photo(picture, item.picture);
    const words = add(picture, 'div', 'first__words');
    add(words, 'span', 'first__title', item.title);
    if (item.subtitle) add(words, 'span', 'first__about', item.subtitle);
  }
  bones(2);
  add(first, 'div', 'first__tabs');
})();
