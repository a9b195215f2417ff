// What the counter sells, kept on this device for when the network is gone: at most two thousand goods, asked for anew when
// the page opens with a network. Prices are as of then; offers are not known here.

import type { CounterGoods, CounterGoodsFound, Page } from '@api/types';

export const MOST_PRICES = 2_000;
const KEPT = 'hefang.admin.counter.prices';

interface Kept {
  store_id: string;
  at_ms: number;
  goods: CounterGoods[];
}

export function keptPrices(store_id: string): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? 'null') as Kept | null;
    return kept?.store_id === store_id ? kept : null;
  } catch {
    return null;
  }
}

/** Reads page after page and keeps them; what cannot be kept is not. */
export async function keepPrices(
  store_id: string,
  list: (store_id: string, cursor?: string) => Promise<Page<CounterGoods>>,
  now_ms = Date.now(),
): Promise<void> {
  const goods: CounterGoods[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<CounterGoods> = await list(store_id, cursor);
    // A picture's colours are not worth their room.
    goods.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && goods.length < MOST_PRICES);
  try {
    localStorage.setItem(KEPT, JSON.stringify({ store_id, at_ms: now_ms, goods } satisfies Kept));
  } catch {
    localStorage.removeItem(KEPT);
  }
}

/** The twelve digits of a UPC-A are an EAN-13 behind a zero: scanners say the one, catalogues hold the other. */
function otherSpelling(barcode: string): string {
  if (/^\d{12}$/.test(barcode)) return `0${barcode}`;
  return /^0\d{12}$/.test(barcode) ? barcode.slice(1) : '';
}

/** As the server would find them: a whole code rings up at once, words show a list. */
export function findKept(store_id: string, q: string): CounterGoodsFound {
  const known = keptPrices(store_id)?.goods ?? [];
  const text = q.toLowerCase();
  const other = otherSpelling(q);
  const is_whole = (one: CounterGoods) =>
    one.barcode === q || (other && one.barcode === other) || one.code.toLowerCase() === text;
  const whole = known.filter(is_whole);
  if (whole.length) return { items: whole, exact: whole.length === 1 };
  const items = known.filter((one) => `${one.name} ${one.option_text} ${one.code}`.toLowerCase().includes(text));
  return { items: items.slice(0, 30), exact: false };
}
