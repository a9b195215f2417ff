// The counter: shifts and their drawers, what is rung up and for whom, sales.

import type { Query } from '@api/client';
import type {
  CloseCounterDay,
  CloseCounterShift,
  CounterQuoteRequest,
  CounterReturn,
  HoldSale,
  OpenCounterShift,
  OpenReturnRequest,
  SellAtCounter,
} from '@api/types';
import { call } from '@/app/http';

export const listMyShifts = () => call('GET', '/admin/v1/counter/my-shifts', { timeout_ms: 8_000 });
export const listShifts = (query: Query) => call('GET', '/admin/v1/counter/shifts', { query });
export const readShift = (id: string) => call('GET', '/admin/v1/counter/shifts/{id}', { path: { id } });
export const openShift = (body: OpenCounterShift, idempotency_key: string) =>
  call('POST', '/admin/v1/counter/shifts', { body, idempotency_key });
export const moveCash = (id: string, amount_fen: number, note: string, idempotency_key: string) =>
  call('POST', '/admin/v1/counter/shifts/{id}/cash', { path: { id }, body: { amount_fen, note }, idempotency_key });
export const closeShift = (id: string, body: CloseCounterShift) =>
  call('POST', '/admin/v1/counter/shifts/{id}/close', { path: { id }, body });
export const listSales = (id: string, query: Query) =>
  call('GET', '/admin/v1/counter/shifts/{id}/sales', { path: { id }, query });

export const findGoods = (store_id: string, q: string) =>
  call('GET', '/admin/v1/counter/goods', { query: { store_id, q }, timeout_ms: 8_000 });
export const findMember = (code: string) =>
  call('POST', '/admin/v1/counter/members', { body: { code }, timeout_ms: 8_000 });
export const quoteSale = (body: CounterQuoteRequest) =>
  call('POST', '/admin/v1/counter/quote', { body, timeout_ms: 8_000 });

export const sell = (body: SellAtCounter, idempotency_key: string) =>
  call('POST', '/admin/v1/counter/sales', { body, idempotency_key, timeout_ms: 15_000 });
export const readSale = (id: string) => call('GET', '/admin/v1/counter/sales/{id}', { path: { id } });
export const scanAnother = (id: string, auth_code: string) =>
  call('POST', '/admin/v1/counter/sales/{id}/code', { path: { id }, body: { auth_code } });
export const cancelSale = (id: string) => call('POST', '/admin/v1/counter/sales/{id}/cancel', { path: { id } });

export const holdSale = (body: HoldSale, idempotency_key: string) =>
  call('POST', '/admin/v1/counter/held-sales', { body, idempotency_key });
export const listHeld = (store_id: string) => call('GET', '/admin/v1/counter/held-sales', { query: { store_id } });
export const takeHeld = (id: string) => call('POST', '/admin/v1/counter/held-sales/{id}/take', { path: { id } });

export const readReturn = (id: string) => call('GET', '/admin/v1/counter/sales/{id}/return', { path: { id } });
export const bringBack = (id: string, body: CounterReturn, idempotency_key: string) =>
  call('POST', '/admin/v1/counter/sales/{id}/return', { path: { id }, body, idempotency_key });
export const openReturn = (body: OpenReturnRequest, idempotency_key: string) =>
  call('POST', '/admin/v1/counter/open-returns', { body, idempotency_key });

export const listPrices = (store_id: string, cursor?: string) =>
  call('GET', '/admin/v1/counter/prices', { query: { store_id, ...(cursor ? { cursor } : {}) }, timeout_ms: 15_000 });
export const readSettlement = (store_id: string, day?: string) =>
  call('GET', '/admin/v1/counter/settlement', { query: { store_id, ...(day ? { day } : {}) } });
export const closeDay = (body: CloseCounterDay) => call('POST', '/admin/v1/counter/days', { body });
export const reopenDay = (store_id: string, day: string, reason: string) =>
  call('POST', '/admin/v1/counter/days/reopen', { body: { store_id, day, reason } });
export const listClosedDays = (store_id: string) => call('GET', '/admin/v1/counter/days', { query: { store_id } });
