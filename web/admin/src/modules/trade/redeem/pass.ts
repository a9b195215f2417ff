// Checks a signed code without a network: the mall's public key was fetched while there was one. The key can check and
// cannot sign, so a lost phone gives nothing away.

import type { PassKey } from '@api/types';

/** The mall's key, with how far this device's clock is from the server's. */
export interface KeptKey {
  public_key: string;
  life_ms: number;
  leeway_ms: number;
  skew_ms: number;
}

export interface Pass {
  order_id: string;
  store_id: string;
  expires_at_ms: number;
}

const PREFIX = 'HF1.';
const BODY = 26;
const SIGNATURE = 64;
const KEPT = 'hefang.admin.redeem.key';

export const isPass = (text: string) => text.trim().startsWith(PREFIX);

export function keepKey(key: PassKey, now_ms = Date.now()): void {
  const { public_key, life_ms, leeway_ms } = key;
  const kept: KeptKey = { public_key, life_ms, leeway_ms, skew_ms: Date.parse(key.now) - now_ms };
  localStorage.setItem(KEPT, JSON.stringify(kept));
}

export function keptKey(): KeptKey | null {
  const text = localStorage.getItem(KEPT);
  return text ? (JSON.parse(text) as KeptKey) : null;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Why a code is not good, in words for the clerk; or what it says. */
export async function checkPass(text: string, key: KeptKey | null, now_ms: number): Promise<Pass | string> {
  if (!key || !globalThis.crypto?.subtle) return '没有网络，这台设备还不能离线核对，请连上网络后再试。';
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = bytesOf(text.trim().slice(PREFIX.length));
  } catch {
    return '这个二维码不完整，请再扫一次。';
  }
  if (bytes.length !== BODY + SIGNATURE || bytes[0] !== 1 || bytes[1] !== 1) return '这不是取货码，请核对后再扫。';
  const point = await crypto.subtle.importKey(
    'raw',
    bytesOf(key.public_key),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['verify'],
  );
  const [body, signature] = [bytes.slice(0, BODY), bytes.slice(BODY)];
  if (!(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, point, signature, body))) {
    return '这个二维码不是本商城签发的，请勿交付。';
  }
  const view = new DataView(body.buffer);
  const pass: Pass = {
    order_id: view.getBigInt64(2).toString(),
    store_id: view.getBigInt64(10).toString(),
    expires_at_ms: Number(view.getBigInt64(18)),
  };
  const server_ms = now_ms + key.skew_ms;
  const late = server_ms > pass.expires_at_ms + key.leeway_ms;
  if (late || server_ms + key.leeway_ms < pass.expires_at_ms - key.life_ms) {
    return '这个二维码已经过期，请顾客刷新后再扫。';
  }
  return pass;
}
