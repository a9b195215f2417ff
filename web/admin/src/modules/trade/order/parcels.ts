// The parcels a person fills in, and what becomes of them in the request.

import type { ShipParcels } from '@api/types';
import { cleanTrackingNumber, type Shippable } from './shippable';

export interface ParcelDraft {
  key: number;
  carrier_code: string;
  tracking_number: string;
  pieces: Record<string, number>;
}

/** What of each line is in no parcel yet. */
export function unassigned(items: readonly Shippable[], parcels: readonly ParcelDraft[]): Record<string, number> {
  return Object.fromEntries(
    items.map(({ line, left }) => [
      line.id,
      left - parcels.reduce((sum, parcel) => sum + (parcel.pieces[line.id] ?? 0), 0),
    ]),
  );
}

export const piecesOf = (parcel: ParcelDraft): number =>
  Object.values(parcel.pieces).reduce((sum, pieces) => sum + pieces, 0);

/** What stands against sending, in words. */
export function problemOf(items: readonly Shippable[], parcels: readonly ParcelDraft[]): string | null {
  if (parcels.some((parcel) => !parcel.carrier_code)) return '请选择快递公司';
  if (parcels.some((parcel) => cleanTrackingNumber(parcel.tracking_number).length < 6)) return '请填写运单号';
  const numbers = parcels.map((parcel) => `${parcel.carrier_code} ${cleanTrackingNumber(parcel.tracking_number)}`);
  if (new Set(numbers).size < numbers.length) return '两个包裹的运单号相同';
  if (parcels.some((parcel) => piecesOf(parcel) === 0)) return '有一个包裹里没有商品';
  if (Object.values(unassigned(items, parcels)).some((rest) => rest < 0)) return '包裹里的数量超过了还没发的数量';
  return null;
}

export function requestOf(parcels: readonly ParcelDraft[]): ShipParcels {
  return {
    parcels: parcels.map((parcel) => ({
      carrier_code: parcel.carrier_code,
      tracking_number: cleanTrackingNumber(parcel.tracking_number),
      lines: Object.entries(parcel.pieces)
        .filter(([, quantity]) => quantity > 0)
        .map(([line_id, quantity]) => ({ line_id, quantity })),
    })),
  };
}
