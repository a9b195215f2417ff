// What the products on screen are part of. A list without tags is no failure: it only shows less.
import { ref, watch } from 'vue';
import { call } from '@/api/client';
import type { ProductTags } from '@/api/types';

export function useOfferTags(ids: () => string[]) {
  const tags = ref<Record<string, ProductTags>>({});
  watch(
    () => ids().join(','),
    async (wanted) => {
      const fresh = wanted.split(',').filter((id) => id && !tags.value[id]);
      if (!fresh.length) return;
      try {
        const found = await call('get', '/api/v1/offer-tags', {
          query: { product_ids: fresh.slice(0, 60).join(',') },
        });
        tags.value = { ...tags.value, ...Object.fromEntries(found.products.map((one) => [one.product_id, one])) };
      } catch {
        // The list stands without its tags.
      }
    },
    { immediate: true },
  );
  return tags;
}
