// What the products on screen are part of. A list without tags is no failure: it only shows less.
import { ref, watch } from 'vue';
import { call } from '@/api/client';
import type { ProductTags } from '@/api/types';

/** As many as one answer takes. */
const MOST = 60;
const FRESH_MS = 10_000;

/** What came with the page: good for its first drawing, so that no card grows when an answer comes later. */
const known = new Map<string, { until_ms: number; tags: ProductTags | null }>();

/** `ids` are the products that were asked about; those without tags are not among `products`. */
export function learnTags(ids: string[], products: ProductTags[]): void {
  if (ids.length > MOST) return;
  const [until_ms, found] = [Date.now() + FRESH_MS, byProduct(products)];
  ids.forEach((id) => known.set(id, { until_ms, tags: found[id] ?? null }));
}

function knownOf(id: string): ProductTags | null | undefined {
  const found = known.get(id);
  return found && found.until_ms > Date.now() ? found.tags : undefined;
}

const byProduct = (products: ProductTags[]): Record<string, ProductTags> =>
  Object.fromEntries(products.map((one) => [one.product_id, one]));

export function useOfferTags(ids: () => string[]) {
  const tags = ref<Record<string, ProductTags>>({});
  watch(
    () => ids().join(','),
    async (wanted) => {
      const all = wanted.split(',').filter((id) => id && !tags.value[id]);
      const came = all.flatMap((id) => knownOf(id) ?? []);
      if (came.length) tags.value = { ...tags.value, ...byProduct(came) };
      const fresh = all.filter((id) => knownOf(id) === undefined);
      if (!fresh.length) return;
      try {
        const found = await call('get', '/api/v1/offer-tags', {
          query: { product_ids: fresh.slice(0, MOST).join(',') },
        });
        tags.value = { ...tags.value, ...byProduct(found.products) };
      } catch {
        // The list stands without its tags.
      }
    },
    { immediate: true },
  );
  return tags;
}
