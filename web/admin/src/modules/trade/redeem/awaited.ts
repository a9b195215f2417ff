// What waits at the store of this device, kept for when the network is gone: orders to fetch and the day's bookings that can be
// checked in. No names: a lost device tells goods and times only.

import type { BookingView, Page, PickupRow } from '@api/types';
import { formatClock } from '@shared/time';

export interface Awaited {
  order_id: string;
  kind: 'pickup' | 'booking';
  /** What it is, in words. */
  words: string;
}

const KEPT = 'hefang.admin.redeem.awaited';
/** A device keeps a day's work, not the books of a year. */
export const MOST_AWAITED = 200;

export function awaitedOf(pickups: PickupRow[], bookings: BookingView[]): Awaited[] {
  const goods = (row: PickupRow) =>
    row.lines.map((line) => `${line.name} ${line.option_text}`.trim() + ` ×${line.quantity}`).join('、');
  const fetched = pickups.map((row): Awaited => ({ order_id: row.order_id, kind: 'pickup', words: goods(row) }));
  const come = bookings
    .filter((row) => row.state === 'booked')
    .map((row): Awaited => ({
      order_id: row.order_id,
      kind: 'booking',
      words: `${formatClock(row.starts_at)} ${row.service_name} · ${row.people} 位`,
    }));
  return [...come, ...fetched].slice(0, MOST_AWAITED);
}

export function keepAwaited(awaited: Awaited[]): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(awaited));
  } catch {
    localStorage.removeItem(KEPT);
  }
}

export function keptAwaited(): Awaited[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '[]') as Awaited[];
  } catch {
    return [];
  }
}

type List<Row> = (cursor?: string) => Promise<Page<Row>>;

/** Reads what waits, page after page, and keeps it; what could not be read stays as it was. */
export async function readAwaited(pickups: List<PickupRow>, bookings: List<BookingView> | null): Promise<Awaited[]> {
  const all = async <Row>(list: List<Row>): Promise<Row[]> => {
    const rows: Row[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<Row> = await list(cursor);
      rows.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor && rows.length < MOST_AWAITED);
    return rows;
  };
  const found = awaitedOf(await all(pickups), bookings ? await all(bookings) : []);
  keepAwaited(found);
  return found;
}
