// One `call` for every request of both apps. How bytes travel is injected as a transport, because a
// browser has `fetch` and a mini program has `uni.request`. A refusal becomes a `Failure` that keeps the
// server's code, sentence and request id; a failure on the way becomes one with status 0.

import { failureSentence } from '../shared/words';
import type { paths } from './schema';
import type { Problem } from './types';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Scalar = string | number | boolean;
export type Query = Readonly<Record<string, Scalar | readonly Scalar[] | null | undefined>>;

export interface CallOptions {
  /** Values for `{id}` in the path; each is percent-encoded. */
  path?: Readonly<Record<string, string>>;
  /** Absent, null and empty values are left out; arrays repeat their key. */
  query?: Query;
  /** Sent as JSON, or as it is when the transport knows the type (such as `FormData`). */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** For creating posts: keep the key across retries of the same intent. */
  idempotency_key?: string;
  /** How long to wait, for files on a slow line; the transport has its own default. */
  timeout_ms?: number;
}

type Lower = { GET: 'get'; POST: 'post'; PUT: 'put'; PATCH: 'patch'; DELETE: 'delete' };
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][Lower[M]]>;

/** The addresses that answer a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: [Operation<P, M>] extends [never] ? never : P;
}[keyof paths];

type Json<R> = R extends { content: { 'application/json': infer T } } ? T : null;

/** What an operation answers when it succeeds; null when the answer is empty. */
export type AnswerOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Json<R[Extract<keyof R, 200 | 201 | 202 | 204>]> : never;

type BodyOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: infer B }
    ? NonNullable<B> extends { content: { 'application/json': infer T } }
      ? T
      : FormData
    : undefined;

/** Every call of the API, typed by its address. */
export type Call = <M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  options?: Omit<CallOptions, 'body'> & { body?: BodyOf<P, M> },
) => Promise<AnswerOf<P, M>>;

export interface Outgoing {
  method: Method;
  url: string;
  headers: Record<string, string>;
  body?: unknown;
  timeout_ms?: number;
}

/** `body` is the parsed JSON, or null for an empty answer. Rejects only when nothing was answered. */
export type Transport = (request: Outgoing) => Promise<{ status: number; body: unknown }>;

export class Failure extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | null;
  readonly request_id: string | null;
  readonly details: unknown;

  constructor(status: number, problem: Partial<Problem>) {
    const code = problem.code ?? (status === 0 ? 'network.offline' : 'network.garbled');
    super(problem.detail || problem.title || failureSentence(code));
    this.name = 'Failure';
    this.status = status;
    this.code = code;
    this.field = problem.field ?? null;
    this.request_id = problem.request_id ?? null;
    this.details = problem.details;
  }
}

export interface ClientParts {
  /** Put before every path, such as an empty text or `https://shop.example`. */
  base: string;
  transport: Transport;
  /** Read before each request; an absent token sends none. */
  token: () => string | null;
  /** Told about every 401 that a request with a token got, before the failure is thrown. */
  onSignedOut?: (failure: Failure) => void;
}

export function buildUrl(base: string, path: string, options: CallOptions): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = options.path?.[name];
    if (value === undefined) throw new Error(`${path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(options.query ?? {})) {
    for (const one of Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar | null | undefined]) {
      if (one === null || one === undefined || one === '') continue;
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
    }
  }
  return base + filled + (pairs.length ? `?${pairs.join('&')}` : '');
}

/** The call without its types; `createClient` puts them on. */
export function createCaller(parts: ClientParts) {
  return async function call(method: Method, path: string, options: CallOptions = {}): Promise<unknown> {
    const token = parts.token();
    const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (options.idempotency_key) headers['Idempotency-Key'] = options.idempotency_key;
    const url = buildUrl(parts.base, path, options);
    let answer: { status: number; body: unknown };
    try {
      const { body, timeout_ms } = options;
      answer = await parts.transport({ method, url, headers, body, ...(timeout_ms ? { timeout_ms } : {}) });
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure(0, { code: 'network.offline' });
    }
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    const problem = answer.body && typeof answer.body === 'object' ? (answer.body as Partial<Problem>) : {};
    const failure = new Failure(answer.status, problem);
    if (failure.status === 401 && token) parts.onSignedOut?.(failure);
    throw failure;
  };
}

export const createClient = (parts: ClientParts): Call => createCaller(parts) as Call;

/** A key for one intent: 32 characters of [0-9a-z]. */
export function newIdempotencyKey(random: () => number = Math.random): string {
  let key = '';
  while (key.length < 32) key += Math.floor(random() * 36).toString(36);
  return key;
}
