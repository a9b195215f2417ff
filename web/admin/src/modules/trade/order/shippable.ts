// Which lines of an order still have something to send.

import type { OrderLineView } from '@api/types';

export interface Shippable {
  line: OrderLineView;
  left: number;
}

export function shippable(lines: readonly OrderLineView[]): Shippable[] {
  return lines.map((line) => ({ line, left: line.to_ship_quantity })).filter(({ left }) => left > 0);
}

/** A tracking number as carriers print it: no spaces, capitals. */
export function cleanTrackingNumber(text: string): string {
  return text.replace(/[\s-]/g, '').toUpperCase();
}
