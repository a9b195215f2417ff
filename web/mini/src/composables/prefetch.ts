// Asking before the page that needs it is there: for a product when a finger touches it, for the page of the
// address while the app still starts. An answer serves one opening and only while it is fresh.
import { call } from '@/api/client';
import type { HomePage, OfferTags, ProductDetail } from '@/api/types';
import { readyAnswers } from '@/platform/browser';
import { learnTags } from './offer-tags';

const FRESH_MS = 10_000;

const asked = new Map<string, { at_ms: number; answer: Promise<unknown> }>();

function fresh(key: string): Promise<unknown> | null {
  const found = asked.get(key);
  return found && Date.now() - found.at_ms < FRESH_MS ? found.answer : null;
}

function ahead(key: string, fetch: () => Promise<unknown>): void {
  if (fresh(key)) return;
  const answer = fetch();
  asked.set(key, { at_ms: Date.now(), answer });
  // Nobody waits for it yet; the page that opens asks again and says what is wrong.
  answer.catch(() => asked.delete(key));
}

function taken<T>(key: string, fetch: () => Promise<T>): Promise<T> {
  const found = fresh(key) as Promise<T> | null;
  asked.delete(key);
  return found ?? fetch();
}

const fetchHome = () => call('get', '/api/v1/home');
const askProduct = (id: string) => call('get', '/api/v1/products/{id}', { path: { id } });
const askTags = (id: string) => call('get', '/api/v1/offer-tags', { query: { product_ids: id } });

/** With what the product is part of, so that the page does not move when that comes; without it when it is lost. */
async function withTags<T>(id: string, product: Promise<T>, tags: Promise<OfferTags>): Promise<T> {
  const known = tags.then(({ products }) => learnTags([id], products)).catch(() => undefined);
  const found = await product;
  await known;
  return found;
}
const fetchProduct = (id: string) => withTags(id, askProduct(id), askTags(id));

export const readHome = () => taken('home', fetchHome);
export const readProduct = (id: string) => taken(id, () => fetchProduct(id));
export const prefetchProduct = (id: string): void => ahead(id, () => fetchProduct(id));

const productsOf = (home: HomePage): string[] => [
  ...new Set(home.blocks.flatMap((block) => (block.kind === 'products' ? block.items.map(({ id }) => id) : []))),
];

/** By the address the browser opened; '' where there is none. */
export function prefetchFirstPage(address: string): void {
  const [path, query = ''] = address.replace(/^#/, '').split('?');
  const { home, tags, product } = readyAnswers();
  if (home && tags) learnTags(productsOf(home), tags.products);
  if (path === '' || path === '/' || path === '/pages/home/index')
    ahead('home', () => (home ? Promise.resolve(home) : fetchHome()));
  const id = /(?:^|&)id=(\d+)/.exec(query)?.[1];
  if (path !== '/pages/product/detail' || !id) return;
  // A refusal is worth asking again: the answer then comes with its words.
  if (product?.id !== id) return prefetchProduct(id);
  const answer = (product.answer as Promise<ProductDetail>).catch(() => askProduct(id));
  ahead(id, () => withTags(id, answer, product.tags as Promise<OfferTags>));
}
