// Goods put aside for trying.

import type { Query } from '@api/client';
import type { FittingStep } from '@api/types';
import { call } from '@/app/http';

export const listFittings = (query: Query & { store_id: string }) => call('GET', '/admin/v1/fittings', { query });
export const stepFitting = (id: string, step: FittingStep, reason?: string) =>
  call('POST', '/admin/v1/fittings/{id}/step', { path: { id }, body: { step, ...(reason ? { reason } : {}) } });
export const listPutBacks = () => call('GET', '/admin/v1/fittings/put-backs');
export const listWaiting = (store_id: string, member_id: string) =>
  call('GET', '/admin/v1/counter/fittings', { query: { store_id, member_id }, timeout_ms: 8_000 });
