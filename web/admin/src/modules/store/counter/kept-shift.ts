// The shift that is open, kept on this device, so that the till opens on it while the network is gone.

import type { CounterShiftView } from '@api/types';

const KEPT = 'hefang.admin.counter.shift';

/** `staff_id`: whose till it is; somebody else's is not opened. */
export function keepShift(staff_id: string, shift: CounterShiftView | null): void {
  if (shift) localStorage.setItem(KEPT, JSON.stringify({ staff_id, shift }));
  else localStorage.removeItem(KEPT);
}

export function keptShift(staff_id: string): CounterShiftView | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? 'null') as {
      staff_id: string;
      shift: CounterShiftView;
    } | null;
    return kept?.staff_id === staff_id ? kept.shift : null;
  } catch {
    return null;
  }
}
