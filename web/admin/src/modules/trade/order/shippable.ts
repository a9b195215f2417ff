// Which lines of an order still have something to send, and what a chosen part of them becomes.

import type { ParcelLine, OrderLineView } from '@api/types';

export interface Shippable {
  line: OrderLineView;
  left: number;
}

export function shippable(lines: readonly OrderLineView[]): Shippable[] {
  return lines.map((line) => ({ line, left: line.quantity - line.shipped_quantity })).filter(({ left }) => left > 0);
}

/**
 * The lines for the request: undefined when everything left goes (the server then decides what is
 * left), otherwise the chosen quantities without the zeros.
 */
export function chosenLines(
  items: readonly Shippable[],
  chosen: Readonly<Record<string, number>>,
): ParcelLine[] | undefined {
  const all = items.every(({ line, left }) => (chosen[line.id] ?? 0) === left);
  if (all) return undefined;
  return items
    .map(({ line }) => ({ line_id: line.id, quantity: chosen[line.id] ?? 0 }))
    .filter(({ quantity }) => quantity > 0);
}

/** A tracking number as carriers print it: no spaces, capitals. */
export function cleanTrackingNumber(text: string): string {
  return text.replace(/[\s-]/g, '').toUpperCase();
}
