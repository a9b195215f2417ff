// What a rider reads of a delivery: when, how far, and the address of the way there.
import type { DeliveryRow } from '@api/types';
import { formatClock, formatDay, today } from '@shared/time';

export function whenWords(row: Pick<DeliveryRow, 'wanted_from' | 'wanted_until'>, now = Date.now()): string {
  const day = formatDay(row.wanted_from);
  const name = day === today(now) ? '今天' : day;
  if (!row.wanted_until) return `尽快送达，${name} ${formatClock(row.wanted_from)} 备好`;
  return `${name} ${formatClock(row.wanted_from)}–${formatClock(row.wanted_until)}`;
}

export function farWords(row: Pick<DeliveryRow, 'distance_m' | 'weight_g'>): string {
  const far = row.distance_m < 1000 ? `${row.distance_m} 米` : `${(row.distance_m / 1000).toFixed(1)} 公里`;
  const heavy = row.weight_g < 1000 ? `${row.weight_g} 克` : `${(row.weight_g / 1000).toFixed(1)} 公斤`;
  return row.weight_g > 0 ? `${far} · ${heavy}` : far;
}

/** Opens the map app of the phone, or the map's page; by the document of its maker. Places are in GCJ-02, as it wants them. */
export function wayTo(row: Pick<DeliveryRow, 'lat' | 'lng' | 'address'>): string {
  const to = encodeURIComponent(`${row.lng},${row.lat},${row.address}`);
  return `https://uri.amap.com/navigation?to=${to}&mode=ride&coordinate=gaode&callnative=1&src=hefang`;
}
