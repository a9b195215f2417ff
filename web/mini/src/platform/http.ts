// How a request leaves this platform. Browsers talk to the origin that served them; mini programs
// have no origin, so theirs is fixed when the package is built (VITE_SERVER_ORIGIN, VITE_MALL).
import { place } from './environment';

export interface Sent {
  /** HTTP status, or 0 when nothing came back. */
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export const SERVER_ORIGIN =
  place === 'browser' ? '' : ((import.meta.env.VITE_SERVER_ORIGIN as string | undefined) ?? 'http://127.0.0.1:8080');
export const MALL_CODE = (import.meta.env.VITE_MALL as string | undefined) ?? '';

/** A file of ours as an address this platform can load: mini programs need the whole of it. */
export function fileAddress(url: string): string {
  return url.startsWith('/') ? SERVER_ORIGIN + url : url;
}

const TIMEOUT_MS = 15_000;

export function lowerCased(headers: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

export function send(method: string, url: string, headers: Record<string, string>, body: unknown): Promise<Sent> {
  let verb = method.toUpperCase();
  const sent = { ...headers };
  if (body !== undefined) sent['Content-Type'] = 'application/json';
  // Mini programs know no PATCH; the server reads the intended method from this header.
  if (verb === 'PATCH' && place !== 'browser') {
    verb = 'POST';
    sent['X-HTTP-Method-Override'] = 'PATCH';
  }
  return new Promise((resolve) => {
    uni.request({
      url,
      method: verb as UniApp.RequestOptions['method'],
      header: sent,
      data: body === undefined ? undefined : JSON.stringify(body),
      timeout: TIMEOUT_MS,
      success: (answer) =>
        resolve({
          status: answer.statusCode,
          headers: lowerCased(answer.header as Record<string, string>),
          body: answer.data,
        }),
      fail: () => resolve({ status: 0, headers: {}, body: null }),
    });
  });
}
