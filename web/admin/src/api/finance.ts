// Reconciliation, finance reports and invoices.

import type { FinanceExport } from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listBillDays = (query: Query) => call('GET', '/admin/v1/reconciliation/days', { query });
export const runBillDay = (id: string) => call('POST', '/admin/v1/reconciliation/days/{id}/run', { path: { id } });
export const listDifferences = (query: Query) => call('GET', '/admin/v1/reconciliation/differences', { query });
export const askDifference = (id: string) =>
  call('POST', '/admin/v1/reconciliation/differences/{id}/ask', { path: { id } });
export const settleDifference = (id: string, note: string) =>
  call('POST', '/admin/v1/reconciliation/differences/{id}/settle', { path: { id }, body: { note } });

export const readFinanceReport = (query: Query) => call('GET', '/admin/v1/finance/report', { query });
export const exportFinance = (body: FinanceExport) => call('POST', '/admin/v1/finance/exports', { body });

export const listInvoices = (query: Query) => call('GET', '/admin/v1/invoices', { query });
export const readInvoice = (id: string) => call('GET', '/admin/v1/invoices/{id}', { path: { id } });
export const retryInvoice = (id: string) => call('POST', '/admin/v1/invoices/{id}/retry', { path: { id } });
export const rejectInvoice = (id: string, reason: string) =>
  call('POST', '/admin/v1/invoices/{id}/reject', { path: { id }, body: { reason } });
