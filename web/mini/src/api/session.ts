// Where the session token lives, how a guest session is made on first need, and how far this
// device's clock is from the server's. The token is opaque; only the server knows what it means.
import { MALL_CODE, SERVER_ORIGIN, send } from '@/platform/http';
import type { SessionGranted } from './types';

const KEY = 'hefang.session';

interface Kept {
  token: string;
  kind: 'guest' | 'member';
}

let kept: Kept | null | undefined;

function load(): Kept | null {
  if (kept === undefined) kept = (uni.getStorageSync(KEY) as Kept) || null;
  return kept;
}

export const storedToken = {
  get: (): string => load()?.token ?? '',
  kind: (): 'guest' | 'member' | null => load()?.kind ?? null,
  set(granted: SessionGranted): void {
    kept = { token: granted.token, kind: granted.me.kind };
    uni.setStorageSync(KEY, kept);
  },
  clear(): void {
    kept = null;
    uni.removeStorageSync(KEY);
  },
};

let making: Promise<string> | null = null;

/** The token we have, or a fresh guest's. Several callers at once share one request. */
export function guestToken(): Promise<string> {
  const token = storedToken.get();
  if (token) return Promise.resolve(token);
  making ??= send('post', `${SERVER_ORIGIN}/api/v1/session/guest`, MALL_CODE ? { 'X-Mall': MALL_CODE } : {}, undefined)
    .then((answer) => {
      if (answer.status !== 200 && answer.status !== 201) return '';
      const granted = answer.body as SessionGranted;
      storedToken.set(granted);
      return granted.token;
    })
    .finally(() => (making = null));
  return making;
}

let skew_ms = 0;

/** Countdowns follow the server: `clockSkew.now()` is its time as far as the last answer told us. */
export const clockSkew = {
  learn(server_ms: number): void {
    const difference = server_ms + 500 - Date.now();
    // The Date header has whole seconds: a smaller difference is rounding, not a wrong clock.
    skew_ms = Math.abs(difference) > 1500 ? difference : 0;
  },
  now: (): number => Date.now() + skew_ms,
};
