// Counting what lies at a place: sheets, their lines, files and what becomes of them.

import type { NewStockTake, StockCount, TakeMove, Uneven } from '@api/types';
import type { Query } from '@api/client';
import { call, fetchFile } from '@/app/http';

export const listStockTakes = (query: Query) => call('GET', '/admin/v1/stock-takes', { query });
export const openStockTake = (body: NewStockTake, idempotency_key: string) =>
  call('POST', '/admin/v1/stock-takes', { body, idempotency_key });
export const readStockTake = (id: string) => call('GET', '/admin/v1/stock-takes/{id}', { path: { id } });
export const listStockTakeLines = (id: string, query: Query) =>
  call('GET', '/admin/v1/stock-takes/{id}/lines', { path: { id }, query });
export const countStock = (id: string, counts: StockCount[]) =>
  call('PUT', '/admin/v1/stock-takes/{id}/counts', { path: { id }, body: { counts } });
export const moveStockTake = (id: string, move: TakeMove) =>
  call('POST', '/admin/v1/stock-takes/{id}/move', { path: { id }, body: { move } });
export const postStockTake = (id: string, uneven: Uneven) =>
  call('POST', '/admin/v1/stock-takes/{id}/post', { path: { id }, body: { uneven } });
export const saveStockTake = (id: string, title: string, format: 'xlsx' | 'csv', blind: boolean) =>
  fetchFile(`/admin/v1/stock-takes/${id}/file?format=${format}&blind=${blind}`, `盘点单-${title}.${format}`);

export function uploadStockTake(id: string, file: File) {
  const body = new FormData();
  body.append('file', file);
  return call('POST', '/admin/v1/stock-takes/{id}/file', { path: { id }, body });
}
