// The invite of a store or a clerk that somebody came by: from a link (`home=…`) or the scene of a mini-program code. It is
// told to the server once; what could not be told is kept for the next time the shop is opened. The first one wins there too.
import { call, Failure } from '@/api/client';

const KEY = 'hefang.invite';
const CODE = /^[0-9A-Za-z]{4,16}$/;

let met = '';
let telling = false;

function codeOf(query: Record<string, unknown>): string {
  const named = typeof query.home === 'string' ? query.home : '';
  if (named) return named;
  const scene = typeof query.scene === 'string' ? query.scene : '';
  try {
    return /(?:^|&)home=([^&]+)/.exec(decodeURIComponent(scene))?.[1] ?? '';
  } catch {
    // Not an encoded scene: it is not ours.
    return '';
  }
}

async function tell(): Promise<void> {
  const code = uni.getStorageSync(KEY) as string;
  if (!code || telling) return;
  telling = true;
  try {
    await call('post', '/api/v1/home-invites/open', { body: { code }, session: 'guest' });
    uni.removeStorageSync(KEY);
  } catch (reason) {
    // A code that nobody has is forgotten; a lost network is not its fault.
    if (reason instanceof Failure && [400, 404].includes(reason.status)) uni.removeStorageSync(KEY);
  } finally {
    telling = false;
  }
}

/** Called with what a page or the app was opened with. */
export function meetInvite(query: Record<string, unknown> = {}): void {
  const code = codeOf(query);
  if (CODE.test(code) && code !== met) {
    met = code;
    if (!uni.getStorageSync(KEY)) uni.setStorageSync(KEY, code);
  }
  void tell();
}
