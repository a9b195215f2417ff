// What is about to be bought, from "立即购买" or from the cart, and how it should reach the buyer. Kept
// on the device, so that going to the address book, or a reload, loses nothing.
import { defineStore } from 'pinia';
import { ref, watch } from 'vue';
import { behaviour } from '@/api/behaviour';
import type { Delivery, ItemInput } from '@/api/types';

const KEY = 'hefang.checkout';

interface Draft {
  source: 'cart' | 'now';
  items: ItemInput[];
  delivery: Delivery;
  remark: string;
  /** Spend points, as many as the rules allow. */
  use_points: boolean;
  /** The item of the points mall that is exchanged. */
  points_item_id?: string;
}

const EMPTY: Draft = {
  source: 'cart',
  items: [],
  delivery: { kind: 'express' },
  remark: '',
  use_points: false,
  points_item_id: undefined,
};

export const useCheckout = defineStore('checkout', () => {
  const draft = ref<Draft>({ ...EMPTY, ...((uni.getStorageSync(KEY) as Partial<Draft>) || {}) });
  watch(draft, (value) => uni.setStorageSync(KEY, value), { deep: true });

  function buyCart(): void {
    behaviour.tell('checkout_start');
    draft.value = { ...draft.value, source: 'cart', items: [], remark: '', points_item_id: undefined };
  }

  function buyNow(items: ItemInput[]): void {
    behaviour.tell('checkout_start');
    draft.value = { ...draft.value, source: 'now', items, remark: '', points_item_id: undefined };
  }

  /** Goods of the points mall: bought like any other, for its points and its price. */
  function exchange(points_item_id: string, item: ItemInput): void {
    buyNow([item]);
    draft.value.points_item_id = points_item_id;
  }

  function chooseAddress(address_id: string): void {
    const kind = draft.value.delivery.kind === 'local' ? 'local' : 'express';
    draft.value.delivery = { kind, address_id };
  }

  function chooseStore(store_id: string | null): void {
    draft.value.delivery = { kind: 'pickup', store_id };
  }

  function chooseSlot(slot_at: string): void {
    const { delivery } = draft.value;
    if (delivery.kind === 'pickup') draft.value.delivery = { ...delivery, slot_at };
  }

  /** When a store brings it: in a slot, or as soon as it can. */
  function chooseTime(time: { slot_at?: string; asap?: boolean }): void {
    const { delivery } = draft.value;
    if (delivery.kind === 'local') draft.value.delivery = { kind: 'local', address_id: delivery.address_id, ...time };
  }

  function finished(): void {
    // The time was for this order; the next one chooses its own.
    const { delivery } = draft.value;
    const again: Delivery =
      delivery.kind === 'pickup'
        ? { kind: delivery.kind, store_id: delivery.store_id }
        : { kind: delivery.kind, address_id: delivery.address_id };
    draft.value = { ...EMPTY, delivery: again };
  }

  return { draft, buyCart, buyNow, exchange, chooseAddress, chooseStore, chooseSlot, chooseTime, finished };
});
