// The dashboard, orders, pickup and reviews.

import type {
  AfterSaleRules,
  ApproveAfterSale,
  OrderExport,
  PriceChange,
  ReceiveAfterSale,
  RedeemRequest,
  RefundSettlement,
  ReshipAfterSale,
  ShipParcels,
} from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const readDashboard = () => call('GET', '/admin/v1/dashboard');

export const listOrders = (query: Query) => call('GET', '/admin/v1/orders', { query });
export const countOrders = () => call('GET', '/admin/v1/order-counts');
export const readSheets = (ids: string) => call('GET', '/admin/v1/order-sheets', { query: { ids } });
export const readOrder = (id: string) => call('GET', '/admin/v1/orders/{id}', { path: { id } });

export const shipParcels = (id: string, body: ShipParcels) =>
  call('POST', '/admin/v1/orders/{id}/parcels', { path: { id }, body });
export const changePrice = (id: string, body: PriceChange) =>
  call('POST', '/admin/v1/orders/{id}/price', { path: { id }, body });
export const exportOrders = (body: OrderExport) => call('POST', '/admin/v1/order-exports', { body });
export const checkShipFile = (body: FormData) => call('POST', '/admin/v1/ship-files/check', { body });
export const shipByFile = (body: FormData) => call('POST', '/admin/v1/ship-files', { body });
export const markReady = (id: string) => call('POST', '/admin/v1/orders/{id}/ready', { path: { id } });
export const refundOrder = (id: string, reason: string, idempotency_key: string) =>
  call('POST', '/admin/v1/orders/{id}/refund', { path: { id }, body: { reason }, idempotency_key });
export const closeOrder = (id: string, reason: string) =>
  call('POST', '/admin/v1/orders/{id}/close', { path: { id }, body: { reason } });
export const payOffline = (id: string, note: string | null, idempotency_key: string) =>
  call('POST', '/admin/v1/orders/{id}/pay-offline', { path: { id }, body: { note }, idempotency_key });
export const remarkOrder = (id: string, text: string) =>
  call('POST', '/admin/v1/orders/{id}/remark', { path: { id }, body: { text } });

export const listCarriers = () => call('GET', '/admin/v1/carriers');
export const previewRedeem = (code: string) =>
  call('POST', '/admin/v1/redeem/preview', { body: { code }, timeout_ms: 8_000 });
export const redeem = (body: RedeemRequest) => call('POST', '/admin/v1/redeem', { body, timeout_ms: 8_000 });
export const readRedeemKey = () => call('GET', '/admin/v1/redeem/key', { timeout_ms: 8_000 });
export const listRedemptions = (query: Query) => call('GET', '/admin/v1/redemptions', { query });
export const listPickups = (query: Query) => call('GET', '/admin/v1/pickups', { query });
export const callToCounter = (id: string) => call('POST', '/admin/v1/orders/{id}/call', { path: { id } });
export const undoRedemption = (id: string, reason: string) =>
  call('POST', '/admin/v1/redemptions/{id}/undo', { path: { id }, body: { reason } });

export const listRefunds = (query: Query) => call('GET', '/admin/v1/refunds', { query });
export const retryRefund = (id: string) => call('POST', '/admin/v1/refunds/{id}/retry', { path: { id } });
export const settleRefund = (id: string, body: RefundSettlement) =>
  call('POST', '/admin/v1/refunds/{id}/settle', { path: { id }, body });

export const listUploads = (query: Query) => call('GET', '/admin/v1/shipping-uploads', { query });
export const retryUpload = (order_id: string) =>
  call('POST', '/admin/v1/shipping-uploads/{order_id}/retry', { path: { order_id } });

export const listReviews = (query: Query) => call('GET', '/admin/v1/reviews', { query });
export const replyReview = (id: string, text: string) =>
  call('POST', '/admin/v1/reviews/{id}/reply', { path: { id }, body: { text } });
export const hideReview = (id: string, reason: string) =>
  call('POST', '/admin/v1/reviews/{id}/hide', { path: { id }, body: { reason } });
export const showReview = (id: string) => call('POST', '/admin/v1/reviews/{id}/show', { path: { id } });

export const listAfterSales = (query: Query) => call('GET', '/admin/v1/after-sales', { query });
export const countAfterSales = () => call('GET', '/admin/v1/after-sale-counts');
export const readAfterSale = (id: string) => call('GET', '/admin/v1/after-sales/{id}', { path: { id } });
export const approveAfterSale = (id: string, body: ApproveAfterSale) =>
  call('POST', '/admin/v1/after-sales/{id}/approve', { path: { id }, body });
export const declineAfterSale = (id: string, reason: string) =>
  call('POST', '/admin/v1/after-sales/{id}/decline', { path: { id }, body: { reason } });
export const receiveAfterSale = (id: string, body: ReceiveAfterSale) =>
  call('POST', '/admin/v1/after-sales/{id}/receive', { path: { id }, body });
export const reshipAfterSale = (id: string, body: ReshipAfterSale) =>
  call('POST', '/admin/v1/after-sales/{id}/reship', { path: { id }, body });
export const refundInstead = (id: string, note: string | null) =>
  call('POST', '/admin/v1/after-sales/{id}/refund-instead', { path: { id }, body: { note } });
export const escalateAfterSale = (id: string, reason: string) =>
  call('POST', '/admin/v1/after-sales/{id}/escalate', { path: { id }, body: { reason } });
export const noteAfterSale = (id: string, text: string) =>
  call('POST', '/admin/v1/after-sales/{id}/note', { path: { id }, body: { text } });

export const trackAfterSale = (id: string, way: string) =>
  call('GET', '/admin/v1/after-sales/{id}/parcels/{way}/track', { path: { id, way } });
export const readAfterSaleRules = () => call('GET', '/admin/v1/after-sale-rules');
export const saveAfterSaleRules = (body: AfterSaleRules) => call('PUT', '/admin/v1/after-sale-rules', { body });
