// The till: what is rung up, for whom, and what it costs. Every change asks for the quote anew; only the last answer counts.

import { Failure, newIdempotencyKey } from '@api/client';
import type {
  CounterFitting,
  CounterFittings,
  CounterGoods,
  CounterMember,
  CounterSaleView,
  CounterShiftView,
  CounterTenderInput,
  Quote,
  SellAtCounter,
} from '@api/types';
import { computed, ref, shallowRef } from 'vue';
import { asFailure } from '@/app/http';
import * as api from '@/api/counter';
import { listWaiting } from '@/api/fitting';

export interface TillLine {
  goods: CounterGoods;
  quantity: number;
}

export function useTill(shift: () => CounterShiftView | null) {
  const lines = ref<TillLine[]>([]);
  const member = shallowRef<CounterMember | null>(null);
  const coupon_ids = ref<string[] | null>(null);
  const with_points = ref(false);
  /** What waits at the store for the member to try. */
  const waiting = shallowRef<CounterFittings | null>(null);
  /** Rung up from what was put aside. */
  const taken = shallowRef<CounterFitting[]>([]);
  const quote = shallowRef<Quote | null>(null);
  const quoting = ref(false);
  const failure = shallowRef<Failure | null>(null);
  const sold = shallowRef<CounterSaleView | null>(null);
  /** Without a network: prices as last known, no offers, nobody known. */
  const offline = ref(!navigator.onLine);
  let turn = 0;
  let sale_key = newIdempotencyKey();

  const quantity = computed(() => lines.value.reduce((sum, line) => sum + line.quantity, 0));
  const items = computed(() => lines.value.map((line) => ({ sku_id: line.goods.sku_id, quantity: line.quantity })));
  const choices = computed(() => ({
    ...(coupon_ids.value ? { coupon_ids: coupon_ids.value } : {}),
    ...(with_points.value && member.value ? { points: member.value.points } : {}),
  }));
  /** Of what was put aside, what is still among the lines. */
  const kept = computed(() => {
    const rung = new Set(lines.value.map((line) => line.goods.sku_id));
    return taken.value.filter((one) => rung.has(one.sku_id));
  });
  const fitting_ids = computed(() => kept.value.map((one) => one.id));
  const ready = computed(() => Boolean(quote.value?.placeable) && !quoting.value && lines.value.length > 0);

  function priceAlone(): void {
    member.value = null;
    coupon_ids.value = null;
    with_points.value = false;
    failure.value = null;
    quoting.value = false;
    const total_fen = lines.value.reduce((sum, line) => sum + line.goods.price_fen * line.quantity, 0);
    const nothing = { lines: [], shops: [], discounts: [], explanation: [], problems: [] };
    quote.value = { ...nothing, goods_fen: total_fen, discount_fen: 0, freight_fen: 0, total_fen, placeable: true };
  }

  async function ask(): Promise<void> {
    const mine = ++turn;
    const open = shift();
    // Another basket is another sale.
    sale_key = newIdempotencyKey();
    if (!open || !lines.value.length) {
      quote.value = null;
      quoting.value = false;
      failure.value = null;
      return;
    }
    if (offline.value) return priceAlone();
    quoting.value = true;
    try {
      const answer = await api.quoteSale({
        store_id: open.store_id,
        items: items.value,
        member_id: member.value?.id ?? null,
        choices: choices.value,
        fitting_ids: fitting_ids.value,
      });
      if (mine !== turn) return;
      quote.value = answer;
      failure.value = null;
    } catch (thrown) {
      if (mine !== turn) return;
      failure.value = asFailure(thrown);
      if (failure.value.status === 0) {
        offline.value = true;
        priceAlone();
      }
    } finally {
      if (mine === turn) quoting.value = false;
    }
  }

  function add(goods: CounterGoods, count = 1): void {
    sold.value = null;
    const known = lines.value.find((line) => line.goods.sku_id === goods.sku_id);
    if (known) known.quantity = Math.min(known.quantity + count, 999);
    else lines.value.push({ goods, quantity: count });
    void ask();
  }

  function setQuantity(sku_id: string, count: number): void {
    lines.value = lines.value.filter((line) => line.goods.sku_id !== sku_id || count > 0);
    const line = lines.value.find((one) => one.goods.sku_id === sku_id);
    if (line) line.quantity = Math.min(count, 999);
    taken.value = kept.value;
    void ask();
  }

  function setMember(found: CounterMember | null): void {
    sold.value = null;
    member.value = found;
    coupon_ids.value = null;
    with_points.value = false;
    waiting.value = null;
    if (found) void lookWhatWaits(found.id);
    void ask();
  }

  /** What the store keeps for a member; who comes from the list of it is known by that. */
  async function lookWhatWaits(member_id: string): Promise<CounterMember | null> {
    const open = shift();
    if (!open || offline.value) return null;
    const found = await listWaiting(open.store_id, member_id).catch(() => null);
    if (found && (!member.value || member.value.id === member_id)) waiting.value = found.items.length ? found : null;
    return found?.member ?? null;
  }

  /** Rings up something that was put aside. */
  function take(one: CounterFitting, goods: CounterGoods): void {
    if (taken.value.some((known) => known.id === one.id)) return;
    taken.value = [...taken.value, one];
    add(goods, one.quantity);
  }

  function choose(ids: string[] | null, points: boolean): void {
    coupon_ids.value = ids;
    with_points.value = points;
    void ask();
  }

  function restart(): void {
    lines.value = [];
    taken.value = [];
    setMember(null);
  }

  /** What is rung up, as it is sent. */
  function body(tenders: CounterTenderInput[]): SellAtCounter {
    const open = shift();
    if (!open || !quote.value) throw new Failure(0, { code: 'page.broken' });
    return {
      shift_id: open.id,
      items: items.value,
      member_id: member.value?.id ?? null,
      choices: choices.value,
      fitting_ids: fitting_ids.value,
      expected_total_fen: quote.value.total_fen,
      tenders,
    };
  }

  /** The sale as it was sent, for when no answer came. */
  const sent = (tenders: CounterTenderInput[]) => ({ key: sale_key, body: body(tenders) });

  /** Sells what is rung up; sent again with the same key it counts once. */
  async function sell(tenders: CounterTenderInput[]): Promise<CounterSaleView> {
    try {
      return await api.sell(body(tenders), sale_key);
    } catch (thrown) {
      const refused = asFailure(thrown);
      const fresh = (refused.details as { quote?: Quote } | null)?.quote;
      if (refused.code === 'order.price_changed' && fresh) quote.value = fresh;
      // A refusal is an answer: what is sent next is another request. Silence is not.
      if (refused.status >= 400 && refused.status < 500) sale_key = newIdempotencyKey();
      throw refused;
    }
  }

  return {
    lines,
    member,
    coupon_ids,
    with_points,
    waiting,
    taken,
    kept,
    fitting_ids,
    quote,
    quoting,
    failure,
    sold,
    quantity,
    ready,
    items,
    add,
    setQuantity,
    setMember,
    lookWhatWaits,
    take,
    choose,
    restart,
    body,
    sent,
    sell,
    ask,
    offline,
  };
}
