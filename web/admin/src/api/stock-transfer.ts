// Goods on their way between places: sheets, what arrives of them, and what to bring where.

import type { NewTransferSheet, TransferReceipt } from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listTransfers = (query: Query) => call('GET', '/admin/v1/stock-transfers', { query });
export const readTransfer = (id: string) => call('GET', '/admin/v1/stock-transfers/{id}', { path: { id } });
export const openTransfer = (body: NewTransferSheet, idempotency_key: string) =>
  call('POST', '/admin/v1/stock-transfers', { body, idempotency_key });
export const rewriteTransfer = (id: string, body: NewTransferSheet) =>
  call('PUT', '/admin/v1/stock-transfers/{id}', { path: { id }, body });
export const sendTransfer = (id: string) => call('POST', '/admin/v1/stock-transfers/{id}/send', { path: { id } });
export const cancelTransfer = (id: string) => call('POST', '/admin/v1/stock-transfers/{id}/cancel', { path: { id } });
export const receiveTransfer = (id: string, body: TransferReceipt, idempotency_key: string) =>
  call('POST', '/admin/v1/stock-transfers/{id}/receive', { path: { id }, body, idempotency_key });

export const listUnderway = (sku_id: string) => call('GET', '/admin/v1/inventory/underway', { query: { sku_id } });
export const listReplenishment = (query: Query) => call('GET', '/admin/v1/inventory/replenishment', { query });
export const countSales = () => call('POST', '/admin/v1/inventory/replenishment/count');
export const listLowNotices = () => call('GET', '/admin/v1/inventory/low-notices');
