// Where and when an order is fetched: the stores near by, and the slots of the one that was chosen.
import { computed, ref, watch } from 'vue';
import { call } from '@/api/client';
import type { PickupSlots, StoreView } from '@/api/types';
import { useLoad } from '@/composables/load';
import { language } from '@/messages';
import { locating } from '@/platform/location';
import { useCheckout } from '@/stores/checkout';
import { formatClock, formatDate, formatDay } from '@shared/time';

export function usePickup(changed: () => unknown) {
  const checkout = useCheckout();
  const choosingStore = ref(false);
  const choosingSlot = ref(false);
  const delivery = computed(() => checkout.draft.delivery);

  const {
    data: stores,
    failure: storesFailure,
    load: loadStores,
  } = useLoad(async () => {
    const spot = await locating.whereAmI();
    return call('get', '/api/v1/stores', { query: spot ?? {}, session: 'none' });
  });
  const store = computed<StoreView | null>(() => {
    const { value } = delivery;
    if (value.kind !== 'pickup') return null;
    return stores.value?.find((one) => one.id === value.store_id) ?? null;
  });

  const {
    data: slots,
    failure: slotsFailure,
    load: loadSlots,
  } = useLoad<PickupSlots>(() =>
    call('get', '/api/v1/stores/{id}/pickup-slots', { path: { id: store.value?.id ?? '' }, session: 'none' }),
  );
  const slot = computed(() => {
    const at = delivery.value.kind === 'pickup' ? delivery.value.slot_at : undefined;
    return slots.value?.slots.find((one) => one.starts_at === at && one.left > 0) ?? null;
  });
  /** The store deals out time. */
  const timed = computed(() => delivery.value.kind === 'pickup' && !!slots.value?.required);
  const slotText = computed(() => {
    if (!slot.value) return '';
    const { starts_at, ends_at } = slot.value;
    return `${formatDate(formatDay(starts_at), language.value)} ${formatClock(starts_at)}–${formatClock(ends_at)}`;
  });
  watch(
    () => store.value?.id,
    (id) => {
      slots.value = null;
      if (id) void loadSlots();
    },
  );

  function chooseStore(): void {
    choosingStore.value = true;
    if (!stores.value) void loadStores();
  }

  function pickStore(id: string): void {
    choosingStore.value = false;
    checkout.chooseStore(id);
    changed();
  }

  function chooseSlot(): void {
    choosingSlot.value = true;
    void loadSlots();
  }

  function close(): void {
    choosingStore.value = false;
    choosingSlot.value = false;
  }

  function pickSlot(starts_at: string): void {
    choosingSlot.value = false;
    checkout.chooseSlot(starts_at);
  }

  return {
    stores,
    storesFailure,
    loadStores,
    store,
    choosingStore,
    chooseStore,
    pickStore,
    slots,
    slotsFailure,
    loadSlots,
    slot,
    slotText,
    timed,
    choosingSlot,
    chooseSlot,
    pickSlot,
    close,
  };
}
