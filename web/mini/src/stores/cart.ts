// The cart as the server last answered. Changes show at once and are taken back when the server
// refuses them; totals always come from the server, so a price is never added up here.
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { behaviour } from '@/api/behaviour';
import { call } from '@/api/client';
import { storedToken } from '@/api/session';
import type { CartLine, CartView } from '@/api/types';

const EMPTY: CartView = { lines: [], shops: [], count: 0, selected_count: 0, selected_total_fen: 0 };

export const useCart = defineStore('cart', () => {
  const view = ref<CartView>(EMPTY);
  const loaded = ref(false);
  const busy = ref(0);
  let latest = 0;

  const sellable = computed<CartLine[]>(() => view.value.lines.filter((line) => !isGone(line)));
  /** What can be bought, by shop; one group without a name while all is of one shop. */
  const groups = computed(() => {
    const of = (id: string): CartLine[] => sellable.value.filter((line) => line.shop_id === id);
    const found = view.value.shops.map((shop) => ({ ...shop, lines: of(shop.id) })).filter((one) => one.lines.length);
    return found.length > 1 ? found : [{ id: '', name: '', lines: sellable.value }];
  });
  const gone = computed<CartLine[]>(() => view.value.lines.filter(isGone));
  const allSelected = computed(() => sellable.value.length > 0 && sellable.value.every((line) => line.selected));
  /** Selected lines whose quantity has to be changed before they can be bought. */
  const blocked = computed<CartLine[]>(() => sellable.value.filter((line) => line.selected && line.problem));

  /** Runs one change; only the newest answer is kept, and a refusal restores what was shown. */
  async function settle(change: () => Promise<CartView>, preview?: CartView): Promise<void> {
    const before = view.value;
    const mine = (latest += 1);
    if (preview) view.value = preview;
    busy.value += 1;
    try {
      const answer = await change();
      if (mine === latest) view.value = answer;
      loaded.value = true;
    } catch (failure) {
      if (mine === latest && preview) view.value = before;
      throw failure;
    } finally {
      busy.value -= 1;
    }
  }

  async function refresh(): Promise<void> {
    if (!storedToken.get()) {
      view.value = EMPTY;
      loaded.value = true;
      return;
    }
    await settle(() => call('get', '/api/v1/cart'));
  }

  const add = (sku_id: string, quantity: number): Promise<void> =>
    settle(async () => {
      const answer = await call('post', '/api/v1/cart/lines', { body: { sku_id, quantity }, session: 'guest' });
      behaviour.tell('add_to_cart', { product_id: answer.lines.find((line) => line.sku_id === sku_id)?.product_id });
      return answer;
    });

  const setQuantity = (sku_id: string, quantity: number): Promise<void> =>
    settle(
      () => call('patch', '/api/v1/cart/lines/{sku_id}', { path: { sku_id }, body: { quantity } }),
      withLine(view.value, sku_id, { quantity }),
    );

  const setSku = (sku_id: string, new_sku_id: string, quantity: number): Promise<void> =>
    settle(() => call('patch', '/api/v1/cart/lines/{sku_id}', { path: { sku_id }, body: { new_sku_id, quantity } }));

  const select = (sku_ids: string[], selected: boolean): Promise<void> =>
    settle(() => call('post', '/api/v1/cart/select', { body: { sku_ids, selected } }), {
      ...view.value,
      lines: view.value.lines.map((line) => (sku_ids.includes(line.sku_id) ? { ...line, selected } : line)),
    });

  const remove = (sku_ids: string[]): Promise<void> =>
    settle(() => call('post', '/api/v1/cart/remove', { body: { sku_ids } }), {
      ...view.value,
      lines: view.value.lines.filter((line) => !sku_ids.includes(line.sku_id)),
    });

  return {
    view,
    loaded,
    busy,
    sellable,
    groups,
    gone,
    allSelected,
    blocked,
    refresh,
    add,
    setQuantity,
    setSku,
    select,
    remove,
  };
});

/** A line that cannot be bought at all, as opposed to one whose quantity is too large. */
function isGone(line: CartLine): boolean {
  return ['product.off_sale', 'shop.closed', 'sku.gone', 'inventory.sold_out'].includes(line.problem?.code ?? '');
}

function withLine(view: CartView, sku_id: string, change: Partial<CartLine>): CartView {
  return { ...view, lines: view.lines.map((line) => (line.sku_id === sku_id ? { ...line, ...change } : line)) };
}
