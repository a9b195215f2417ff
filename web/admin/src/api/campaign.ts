// Promotions, coupons with their codes, limited-time sales, the points mall, publishing, and the trial calculator.

import type {
  CouponTemplateInput,
  LimitedSaleInput,
  PointsItemInput,
  PreviewRequest,
  PromotionInput,
} from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listPromotions = (query: Query) => call('GET', '/admin/v1/promotions', { query });
export const readPromotion = (id: string) => call('GET', '/admin/v1/promotions/{id}', { path: { id } });
export const createPromotion = (body: PromotionInput) => call('POST', '/admin/v1/promotions', { body });
export const updatePromotion = (id: string, body: PromotionInput) =>
  call('PUT', '/admin/v1/promotions/{id}', { path: { id }, body });
export const removePromotion = (id: string) => call('DELETE', '/admin/v1/promotions/{id}', { path: { id } });

export const listCouponTemplates = (query: Query) => call('GET', '/admin/v1/coupon-templates', { query });
export const readCouponTemplate = (id: string) => call('GET', '/admin/v1/coupon-templates/{id}', { path: { id } });
export const createCouponTemplate = (body: CouponTemplateInput) => call('POST', '/admin/v1/coupon-templates', { body });
export const updateCouponTemplate = (id: string, body: CouponTemplateInput) =>
  call('PUT', '/admin/v1/coupon-templates/{id}', { path: { id }, body });
export const removeCouponTemplate = (id: string) => call('DELETE', '/admin/v1/coupon-templates/{id}', { path: { id } });
export const giveCoupons = (id: string, phones: string[]) =>
  call('POST', '/admin/v1/coupon-templates/{id}/gifts', { path: { id }, body: { phones } });
export const listCodeBatches = (id: string) =>
  call('GET', '/admin/v1/coupon-templates/{id}/code-batches', { path: { id } });
export const createCodeBatch = (id: string, body: { name: string; count?: number; codes?: string[] }) =>
  call('POST', '/admin/v1/coupon-templates/{id}/code-batches', { path: { id }, body });
export const listCodes = (id: string, query: Query) =>
  call('GET', '/admin/v1/code-batches/{id}/codes', { path: { id }, query });
export const voidCodeBatch = (id: string) => call('POST', '/admin/v1/code-batches/{id}/void', { path: { id } });

export const listLimitedSales = (query: Query) => call('GET', '/admin/v1/limited-sales', { query });
export const readLimitedSale = (id: string) => call('GET', '/admin/v1/limited-sales/{id}', { path: { id } });
export const createLimitedSale = (body: LimitedSaleInput) => call('POST', '/admin/v1/limited-sales', { body });
export const updateLimitedSale = (id: string, body: LimitedSaleInput) =>
  call('PUT', '/admin/v1/limited-sales/{id}', { path: { id }, body });
export const removeLimitedSale = (id: string) => call('DELETE', '/admin/v1/limited-sales/{id}', { path: { id } });

export const listPointsItems = (query: Query) => call('GET', '/admin/v1/points-items', { query });
export const createPointsItem = (body: PointsItemInput) => call('POST', '/admin/v1/points-items', { body });
export const updatePointsItem = (id: string, body: PointsItemInput) =>
  call('PUT', '/admin/v1/points-items/{id}', { path: { id }, body });
export const removePointsItem = (id: string) => call('DELETE', '/admin/v1/points-items/{id}', { path: { id } });
export const listPointsExchanges = (id: string, query: Query) =>
  call('GET', '/admin/v1/points-items/{id}/exchanges', { path: { id }, query });

export const readWorstCase = (id: string) => call('GET', '/admin/v1/campaigns/{id}/worst-case', { path: { id } });
export const publishCampaign = (id: string, worst_case_token: string) =>
  call('POST', '/admin/v1/campaigns/{id}/publish', { path: { id }, body: { worst_case_token } });
export const stopCampaign = (id: string) => call('POST', '/admin/v1/campaigns/{id}/stop', { path: { id } });

export const previewQuote = (body: PreviewRequest) => call('POST', '/admin/v1/quote/preview', { body });
