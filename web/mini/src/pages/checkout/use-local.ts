// Delivery from a store near by: whether it can be had at this address, and when.
import { computed, ref, watch, type Ref } from 'vue';
import { call } from '@/api/client';
import type { DeliverySlots, ItemInput, Quote } from '@/api/types';
import { useLoad } from '@/composables/load';
import { language, t } from '@/messages';
import { useCheckout } from '@/stores/checkout';
import { formatClock, formatDate, formatDay } from '@shared/time';

/** Where nobody delivers, the way is not offered; every other problem says what to do. */
const NOWHERE = ['delivery.none', 'delivery.out_of_area', 'order.address_required'];
export const ASAP = 'asap';

interface Asked {
  source: 'cart' | 'now';
  items?: ItemInput[];
}

export function useLocal(quote: Ref<Quote | null>, asked: () => Asked, addressId: () => string | null) {
  const checkout = useCheckout();
  const offered = ref(false);
  const choosing = ref(false);
  const delivery = computed(() => checkout.draft.delivery);
  const store = computed(() => (delivery.value.kind === 'local' ? (quote.value?.local ?? null) : null));

  /** Asks what a store would say to these goods at this address. */
  async function probe(): Promise<void> {
    const address_id = addressId();
    if (!address_id) return void (offered.value = false);
    const found = await call('post', '/api/v1/quote', {
      body: { ...asked(), delivery: { kind: 'local', address_id } },
    }).catch(() => null);
    offered.value = !!found && !found.problems.some((problem) => NOWHERE.includes(problem.code));
  }

  const {
    data: times,
    failure,
    load: loadTimes,
  } = useLoad<DeliverySlots>(() =>
    call('get', '/api/v1/stores/{id}/delivery-slots', { path: { id: store.value?.store_id ?? '' }, session: 'none' }),
  );
  const slots = computed(() => (times.value ? { required: true, slots: times.value.slots } : null));
  const slot = computed(() => {
    const at = delivery.value.kind === 'local' ? delivery.value.slot_at : undefined;
    return times.value?.slots.find((one) => one.starts_at === at && one.left > 0) ?? null;
  });
  const asap = computed(() => delivery.value.kind === 'local' && !!delivery.value.asap && !!store.value?.asap);
  const asapText = computed(() =>
    store.value?.asap ? t('checkout.asap_how', { n: store.value.prepare_minutes }) : '',
  );
  const chosen = computed(() => (asap.value ? ASAP : (slot.value?.starts_at ?? '')));
  const timeText = computed(() => {
    if (asap.value) return t('checkout.asap');
    if (!slot.value) return '';
    const { starts_at, ends_at } = slot.value;
    return `${formatDate(formatDay(starts_at), language.value)} ${formatClock(starts_at)}–${formatClock(ends_at)}`;
  });
  // Another store has other times; the soonest is what most want.
  watch(
    () => store.value?.store_id,
    (id, before) => {
      if (!id) return;
      if (before && before !== id) checkout.chooseTime({});
      if (delivery.value.kind === 'local' && !delivery.value.slot_at && store.value?.asap)
        checkout.chooseTime({ asap: true });
      times.value = null;
      void loadTimes();
    },
  );

  function choose(): void {
    choosing.value = true;
    void loadTimes();
  }

  function close(): void {
    choosing.value = false;
  }

  function pick(at: string): void {
    choosing.value = false;
    checkout.chooseTime(at === ASAP ? { asap: true } : { slot_at: at });
  }

  return {
    offered,
    probe,
    store,
    slots,
    failure,
    loadTimes,
    chosen,
    timeText,
    asapText,
    choosing,
    choose,
    pick,
    close,
  };
}
