// How an order reaches the buyer: to an address by courier or by a store near by, or fetched at a store; with its time.
import { computed, reactive, type Ref, type UnwrapNestedRefs } from 'vue';
import { useLocal } from './use-local';
import { usePickup } from './use-pickup';
import { call } from '@/api/client';
import type { Address, ItemInput, Quote } from '@/api/types';
import { useLoad } from '@/composables/load';
import { say } from '@/composables/say';
import { t } from '@/messages';
import { useCheckout } from '@/stores/checkout';

interface Asked {
  source: 'cart' | 'now';
  items?: ItemInput[];
}

/** `changed`: another way is another quote. `asked`: the goods, for what a store would say to them. */
export function useWay(quote: Ref<Quote | null>, changed: () => unknown, asked: () => Asked) {
  const checkout = useCheckout();
  const delivery = computed(() => checkout.draft.delivery);
  const { data: addresses, load: loadAddresses } = useLoad(() => call('get', '/api/v1/addresses'));
  const defaultAddress = (): Address | undefined =>
    addresses.value?.find((one) => one.is_default) ?? addresses.value?.[0];
  const address = computed<Address | null>(() => {
    const { value } = delivery;
    if (value.kind === 'pickup') return null;
    return addresses.value?.find((one) => one.id === value.address_id) ?? null;
  });
  const pickup = reactive(usePickup(changed));
  const local = reactive(useLocal(quote, asked, () => address.value?.id ?? defaultAddress()?.id ?? null));
  /** There is a destination. */
  const chosen = computed(() => (delivery.value.kind === 'pickup' ? !!pickup.store : !!address.value));
  const time = computed(() => (delivery.value.kind === 'local' ? local.timeText : pickup.slotText));

  async function open(): Promise<void> {
    await loadAddresses();
    const { kind } = delivery.value;
    if (kind !== 'pickup' && addresses.value && !address.value)
      checkout.draft.delivery = { kind, address_id: defaultAddress()?.id ?? null };
    void local.probe();
    if (kind === 'pickup' && !pickup.stores) void pickup.loadStores();
  }

  function deliver(kind: 'express' | 'local' | 'pickup'): void {
    if (kind === delivery.value.kind) return;
    if (kind === 'pickup') checkout.chooseStore(null);
    else checkout.draft.delivery = { kind, address_id: (address.value ?? defaultAddress())?.id ?? null };
    void changed();
    if (kind === 'pickup') pickup.chooseStore();
  }

  const chooseTime = (): void => (delivery.value.kind === 'local' ? local.choose() : pickup.chooseSlot());

  /** Says or asks what is still to be chosen; whether there was something. */
  function missing(): boolean {
    if (!chosen.value) say(t(delivery.value.kind === 'pickup' ? 'checkout.need_store' : 'checkout.need_address'));
    else if ((pickup.timed && !pickup.slot) || (local.store && !local.chosen)) chooseTime();
    else return false;
    return true;
  }

  return { addresses, address, delivery, pickup, local, chosen, time, open, deliver, chooseTime, missing };
}

/** As a page holds it. */
export type Way = UnwrapNestedRefs<ReturnType<typeof useWay>>;
