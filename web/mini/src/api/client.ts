// One verb for the whole API: `call('get', '/api/v1/products/{id}', { path: { id } })`. Parameters,
// body and answer are typed by the path. Every failure, also a lost network, becomes a `Failure`
// with a sentence for people and a code for support.
import { failureSentence, failureTitle } from '@shared/words';
import { language, refusalSentence } from '@/messages';
import { MALL_CODE, SERVER_ORIGIN, send, type Sent } from '@/platform/http';
import type { paths } from '@schema';
import type { Problem } from './types';
import { clockSkew, guestToken, storedToken } from './session';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type ShopPath = Extract<keyof paths, `/api/v1/${string}`>;
/** The methods a path really has; the document lists the others as absent. */
type MethodsOf<P extends ShopPath> = {
  [M in Method]: paths[P][M] extends { responses: unknown } ? M : never;
}[Method];
type Content<T> = T extends { content: { 'application/json': infer Json } } ? Json : void;
type Success<R> = R extends { 200: infer Ok }
  ? Content<Ok>
  : R extends { 201: infer Created }
    ? Content<Created>
    : void;
type Answer<Op> = Op extends { responses: infer R } ? Success<R> : never;
type PathOf<Op> = Op extends { parameters: { path: infer Path } } ? Path : never;
type QueryOf<Op> = Op extends { parameters: { query?: infer Query } } ? Query : never;
type BodyOf<Op> = Op extends { requestBody?: infer Body } ? Content<NonNullable<Body>> : never;

export interface Options<Op> {
  path?: PathOf<Op>;
  query?: QueryOf<Op>;
  body?: BodyOf<Op>;
  /** Repeating a call with the same key never does the thing twice. */
  idempotency_key?: string;
  /** `guest` makes a guest session first when there is none. The default sends the token we have. */
  session?: 'guest' | 'none';
}

/** A refused or lost call. `code` is stable, `message` is for people, `field` names a form field. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
    readonly request_id?: string,
    readonly details?: Record<string, unknown>,
  ) {
    super(message);
    this.name = 'Failure';
  }
  get title(): string {
    return failureTitle(this.status, language.value);
  }
}

let lost: () => void = () => undefined;
/** Told when the server no longer accepts our token. */
export const onSessionLost = (listener: () => void): void => void (lost = listener);

function address(template: string, path: Record<string, string> = {}, query: Record<string, unknown> = {}): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((item) => item !== undefined && item !== null && item !== '')
      .map((item) => `${name}=${encodeURIComponent(String(item))}`),
  );
  return SERVER_ORIGIN + filled + (pairs.length ? `?${pairs.join('&')}` : '');
}

/** Reads an answer that came by another road than `call`, such as an upload. */
export function read<T>(answer: Sent): T {
  const date = Date.parse(answer.headers['date'] ?? '');
  if (!Number.isNaN(date)) clockSkew.learn(date);
  if (answer.status >= 200 && answer.status < 300) return answer.body as T;
  const problem = (typeof answer.body === 'object' && answer.body ? answer.body : {}) as Partial<Problem>;
  throw new Failure(
    answer.status,
    problem.code ?? `http.${answer.status}`,
    refusalSentence(problem.code ?? '', problem.detail, answer.status, problem.field ?? undefined) ??
      failureSentence(answer.status === 0 ? 'network.offline' : 'network.garbled', language.value),
    problem.field ?? undefined,
    problem.request_id ?? answer.headers['x-request-id'],
    (problem.details ?? undefined) as Record<string, unknown> | undefined,
  );
}

export async function call<P extends ShopPath, M extends MethodsOf<P>>(
  method: M,
  path: P,
  options: Options<paths[P][M]> = {},
): Promise<Answer<paths[P][M]>> {
  const url = address(path, options.path as Record<string, string>, options.query as Record<string, unknown>);
  const token = options.session === 'guest' ? await guestToken() : options.session === 'none' ? '' : storedToken.get();
  const headers: Record<string, string> = {};
  if (token) headers['Authorization'] = `Bearer ${token}`;
  if (MALL_CODE) headers['X-Mall'] = MALL_CODE;
  if (options.idempotency_key) headers['Idempotency-Key'] = options.idempotency_key;
  const answer = await send(method, url, headers, options.body);
  if (answer.status === 401 && token && storedToken.get() === token) {
    storedToken.clear();
    lost();
    if (options.session === 'guest') return call(method, path, options);
  }
  return read<Answer<paths[P][M]>>(answer);
}
