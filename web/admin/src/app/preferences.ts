// What the person signed in arranged for themselves, kept by the server so that it is there on every machine. Read once;
// a page that opens before the answer is there shows what this browser remembers.

import { shallowRef } from 'vue';
import { keepPreference, listPreferences } from '@/api/session';
import { currentToken } from './http';

const WAIT_MS = 600;

/** By name; null until they were read. */
export const preferences = shallowRef<Readonly<Record<string, unknown>> | null>(null);
let reading: Promise<void> | null = null;
let read = false;
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** Reads the preferences unless that was done. A failure is no matter: the next page tries again. */
export function readPreferences(): Promise<void> {
  if (read || !currentToken()) return Promise.resolve();
  reading ??= listPreferences()
    .then((answer) => {
      preferences.value = { ...answer, ...preferences.value };
      read = true;
    })
    .catch(() => undefined)
    .finally(() => (reading = null));
  return reading;
}

/** Keeps a value; several changes in a row are sent as one. */
export function setPreference(name: string, value: unknown): void {
  preferences.value = { ...preferences.value, [name]: value };
  clearTimeout(timers.get(name));
  if (!currentToken()) return;
  timers.set(
    name,
    setTimeout(() => void keepPreference(name, value).catch(() => undefined), WAIT_MS),
  );
}

/** Another person signs in. */
export function forgetPreferences(): void {
  preferences.value = null;
  read = false;
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
}
