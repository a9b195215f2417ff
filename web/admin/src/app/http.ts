// The browser's transport for the shared client, and the one client every page calls through.

import { createClient, Failure, type Outgoing } from '@api/client';
import type { Problem } from '@api/types';

const TOKEN_KEY = 'hefang.admin.token';
const TIMEOUT_MS = 30_000;

let token: string | null = localStorage.getItem(TOKEN_KEY);
let signedOut: (failure: Failure) => void = () => undefined;

export function currentToken(): string | null {
  return token;
}

export function keepToken(next: string | null): void {
  token = next;
  if (next) localStorage.setItem(TOKEN_KEY, next);
  else localStorage.removeItem(TOKEN_KEY);
}

/** Registers what happens when the server no longer knows the session. */
export function onSignedOut(handler: (failure: Failure) => void): void {
  signedOut = handler;
}

async function transport(request: Outgoing): Promise<{ status: number; body: unknown }> {
  const form = request.body instanceof FormData;
  const headers = { ...request.headers };
  if (request.body !== undefined && !form) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(request.url, {
      method: request.method,
      headers,
      body: request.body === undefined ? undefined : form ? (request.body as FormData) : JSON.stringify(request.body),
      signal: AbortSignal.timeout(request.timeout_ms ?? TIMEOUT_MS),
    });
  } catch (cause) {
    const late = cause instanceof DOMException && cause.name === 'TimeoutError';
    throw new Failure(0, { code: late ? 'network.timeout' : 'network.offline' });
  }
  const text = await response.text();
  if (!text) return { status: response.status, body: null };
  try {
    return { status: response.status, body: JSON.parse(text) as unknown };
  } catch {
    if (response.ok) throw new Failure(0, { code: 'network.garbled' });
    return { status: response.status, body: null };
  }
}

export const call = createClient({
  base: '',
  transport,
  token: currentToken,
  onSignedOut: (failure) => signedOut(failure),
});

async function fetchBlob(url: string): Promise<Blob> {
  const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
  let response: Response;
  try {
    response = await fetch(url, { headers });
  } catch {
    throw new Failure(0, { code: 'network.offline' });
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    throw new Failure(response.status, problem);
  }
  return response.blob();
}

/** Fetches a picture with the session's token; answers its data, which needs no cleaning up. */
export async function fetchPicture(url: string): Promise<string> {
  const blob = await fetchBlob(url);
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Failure(0, { code: 'network.garbled' }));
    reader.readAsDataURL(blob);
  });
}

/** Fetches a file with the session's token and hands it to the browser's downloads. */
export async function fetchFile(url: string, name: string): Promise<void> {
  const address = URL.createObjectURL(await fetchBlob(url));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Turns whatever was thrown into a failure that can be shown. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  console.error(thrown);
  return new Failure(0, { code: 'page.broken', detail: '页面出了点问题，请刷新后重试。' });
}
