// Tells the mall what a shopper did, in batches and out of the way: never before the first paint, never in the way of a
// tap, and lost rather than repeated when the network is gone. A visitor is a random word that is made anew after a month.
// `behaviour.allow(false)` stops it and forgets the word.
import { leaveWithBeacon } from '@/platform/beacon';
import { MALL_CODE, SERVER_ORIGIN, send } from '@/platform/http';
import type { components } from '@schema';
import { randomKey } from '@shared/intent-keys';
import { storedToken } from './session';

type Event = components['schemas']['BehaviourEvent'];

const KEY = 'hefang.visitor';
const OFF = 'hefang.behaviour.off';
const MONTH_MS = 30 * 24 * 3_600_000;
const SESSION_MS = 30 * 60_000;
/** Long enough for a page to be painted and for more to gather. */
const GATHER_MS = 4_000;
const MOST = 50;

const URL = `${SERVER_ORIGIN}/api/v1/events`;
let queue: Event[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let seen_at = 0;

function visitor(): string {
  const kept = uni.getStorageSync(KEY) as { word: string; until: number } | '';
  if (kept && kept.until > Date.now()) return kept.word;
  const word = randomKey(24);
  uni.setStorageSync(KEY, { word, until: Date.now() + MONTH_MS });
  return word;
}

function take(): string | null {
  clearTimeout(timer);
  timer = undefined;
  const events = queue.splice(0, MOST);
  if (events.length === 0) return null;
  return JSON.stringify({ visitor: visitor(), platform: platformWord(), events });
}

function platformWord(): string {
  const built_for = process.env.UNI_PLATFORM ?? 'h5';
  return built_for.replace('mp-', '').slice(0, 10);
}

function flush(): void {
  const batch = take();
  if (!batch) return;
  const token = storedToken.get();
  const headers: Record<string, string> = {};
  if (token) headers['Authorization'] = `Bearer ${token}`;
  if (MALL_CODE) headers['X-Mall'] = MALL_CODE;
  void send('post', URL, headers, JSON.parse(batch));
}

export const behaviour = {
  /** One thing that happened. */
  tell(kind: Event['kind'], about: Pick<Event, 'product_id' | 'word'> = {}): void {
    if (uni.getStorageSync(OFF)) return;
    queue.push({ kind, ...about });
    if (queue.length > MOST * 4) queue = queue.slice(-MOST * 4);
    timer ??= setTimeout(flush, GATHER_MS);
  },

  /** The storefront came to the front: a visit, unless it was there a moment ago. */
  shown(): void {
    if (Date.now() - seen_at > SESSION_MS) this.tell('visit');
    seen_at = Date.now();
  },

  /** The storefront goes to the back: what is left is sent in a way that outlives the page. */
  hidden(): void {
    seen_at = Date.now();
    const batch = take();
    if (batch && !leaveWithBeacon(URL, batch))
      void send('post', URL, MALL_CODE ? { 'X-Mall': MALL_CODE } : {}, JSON.parse(batch));
  },

  /** The shopper's choice; a refusal forgets who they were. */
  allow(yes: boolean): void {
    if (yes) return uni.removeStorageSync(OFF);
    queue = [];
    uni.setStorageSync(OFF, true);
    uni.removeStorageSync(KEY);
  },
};
