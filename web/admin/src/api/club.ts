// Points, tiers, paid membership, top-ups, and a member's accounts.

import type {
  Adjustment,
  LoyaltyRules,
  PayOut,
  PlanInput,
  RefundTopUp,
  SkuCap,
  TierInput,
  TopUpPlanInput,
} from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const readLoyaltyRules = () => call('GET', '/admin/v1/loyalty/rules');
export const saveLoyaltyRules = (body: LoyaltyRules) => call('PUT', '/admin/v1/loyalty/rules', { body });
export const listSkuCaps = () => call('GET', '/admin/v1/loyalty/sku-caps');
export const saveSkuCaps = (items: SkuCap[]) => call('PUT', '/admin/v1/loyalty/sku-caps', { body: { items } });

export const listTiers = () => call('GET', '/admin/v1/tiers');
export const createTier = (body: TierInput) => call('POST', '/admin/v1/tiers', { body });
export const updateTier = (id: string, body: TierInput) => call('PUT', '/admin/v1/tiers/{id}', { path: { id }, body });
export const removeTier = (id: string) => call('DELETE', '/admin/v1/tiers/{id}', { path: { id } });

export const listPlans = () => call('GET', '/admin/v1/membership-plans');
export const createPlan = (body: PlanInput) => call('POST', '/admin/v1/membership-plans', { body });
export const updatePlan = (id: string, body: PlanInput) =>
  call('PUT', '/admin/v1/membership-plans/{id}', { path: { id }, body });

export const listTopUpPlans = () => call('GET', '/admin/v1/top-up-plans');
export const createTopUpPlan = (body: TopUpPlanInput) => call('POST', '/admin/v1/top-up-plans', { body });
export const updateTopUpPlan = (id: string, body: TopUpPlanInput) =>
  call('PUT', '/admin/v1/top-up-plans/{id}', { path: { id }, body });
export const removeTopUpPlan = (id: string) => call('DELETE', '/admin/v1/top-up-plans/{id}', { path: { id } });

export const listPurchases = (query: Query) => call('GET', '/admin/v1/purchases', { query });
export const refundTopUp = (id: string, body: RefundTopUp) =>
  call('POST', '/admin/v1/purchases/{id}/refund', { path: { id }, body });

export const readAccounts = (id: string) => call('GET', '/admin/v1/members/{id}/accounts', { path: { id } });
export const listPostings = (id: string, query: Query) =>
  call('GET', '/admin/v1/members/{id}/statement', { path: { id }, query });
export const adjustMember = (id: string, body: Adjustment, idempotency_key: string) =>
  call('POST', '/admin/v1/members/{id}/adjustments', { path: { id }, body, idempotency_key });

export const payOut = (id: string, body: PayOut, idempotency_key: string) =>
  call('POST', '/admin/v1/members/{id}/transfers', { path: { id }, body, idempotency_key });
export const listTransfers = (query: Query) => call('GET', '/admin/v1/transfers', { query });
export const askTransfer = (id: string) => call('POST', '/admin/v1/transfers/{id}/ask', { path: { id } });
export const cancelTransfer = (id: string) => call('POST', '/admin/v1/transfers/{id}/cancel', { path: { id } });
