// What lets a clerk's page open without a network: its files, kept by a worker of the browser, and who was signed in.

import type { StaffMe } from '@api/types';

const STAFF = 'hefang.admin.me';

/** Keeps this page's files on the device; called by the pages that go on without a network. */
export function keepPages(): void {
  // Browsers have no workers where the address is neither https nor this machine.
  if (import.meta.env.PROD && 'serviceWorker' in navigator) {
    void navigator.serviceWorker.register(`${import.meta.env.BASE_URL}sw.js`).catch(() => undefined);
  }
}

export function keepStaff(me: StaffMe | null): void {
  if (me) localStorage.setItem(STAFF, JSON.stringify(me));
  else localStorage.removeItem(STAFF);
}

export function keptStaff(): StaffMe | null {
  try {
    return JSON.parse(localStorage.getItem(STAFF) ?? 'null') as StaffMe | null;
  } catch {
    return null;
  }
}
