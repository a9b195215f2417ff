// The dashboard, orders, pickup and reviews.

import type {
  AdminOrderDetail,
  AdminOrderRow,
  AdminReview,
  Carrier,
  Dashboard,
  Page,
  RedeemPreview,
  ShipRequest,
} from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const readDashboard = () => call<Dashboard>('GET', '/admin/v1/dashboard');

export const listOrders = (query: Query) => call<Page<AdminOrderRow>>('GET', '/admin/v1/orders', { query });
export const readOrder = (id: string) => call<AdminOrderDetail>('GET', '/admin/v1/orders/{id}', { path: { id } });

const act =
  <Body>(verb: string) =>
  (id: string, body: Body, idempotency_key?: string) =>
    call<AdminOrderDetail>('POST', `/admin/v1/orders/{id}/${verb}`, { path: { id }, body, idempotency_key });

export const shipOrder = act<ShipRequest>('ship');
export const markReady = act<Record<string, never>>('ready');
export const refundOrder = act<{ reason: string }>('refund');
export const closeOrder = act<{ reason: string }>('close');
export const payOffline = act<{ note?: string }>('pay-offline');
export const remarkOrder = act<{ text: string }>('remark');

export const listCarriers = () => call<Carrier[]>('GET', '/admin/v1/carriers');
export const previewRedeem = (code: string) =>
  call<RedeemPreview>('POST', '/admin/v1/redeem/preview', { body: { code } });
export const redeem = (code: string) => call<AdminOrderDetail>('POST', '/admin/v1/redeem', { body: { code } });

export const listReviews = (query: Query) => call<Page<AdminReview>>('GET', '/admin/v1/reviews', { query });
export const replyReview = (id: string, text: string) =>
  call<unknown>('POST', '/admin/v1/reviews/{id}/reply', { path: { id }, body: { text } });
export const hideReview = (id: string, reason: string) =>
  call<unknown>('POST', '/admin/v1/reviews/{id}/hide', { path: { id }, body: { reason } });
export const showReview = (id: string) => call<unknown>('POST', '/admin/v1/reviews/{id}/show', { path: { id } });
