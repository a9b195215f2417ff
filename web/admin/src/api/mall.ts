// Members, stores, staff, roles, the audit log and the mall's settings.

import type {
  DeliveryRule,
  MallSettings,
  PickupRuleSetting,
  PolicyInput,
  RoleInput,
  ShopInput,
  StaffChange,
  StaffInput,
  StoreInput,
} from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listMembers = (query: Query) => call('GET', '/admin/v1/members', { query });

export const readMember = (id: string) => call('GET', '/admin/v1/members/{id}', { path: { id } });
export const blockMember = (id: string, reason: string) =>
  call('POST', '/admin/v1/members/{id}/block', { path: { id }, body: { reason } });
export const unblockMember = (id: string, reason: string) =>
  call('POST', '/admin/v1/members/{id}/unblock', { path: { id }, body: { reason } });

export const searchEverything = (q: string) => call('GET', '/admin/v1/search', { query: { q } });

export const listSavedViews = (list: string) => call('GET', '/admin/v1/saved-views', { query: { list } });
export const saveView = (list: string, name: string, query: string) =>
  call('POST', '/admin/v1/saved-views', { body: { list, name, query } });
export const deleteSavedView = (id: string) => call('DELETE', '/admin/v1/saved-views/{id}', { path: { id } });

export const listShops = () => call('GET', '/admin/v1/shops');
export const createShop = (body: ShopInput) => call('POST', '/admin/v1/shops', { body });
export const saveShop = (id: string, body: ShopInput) => call('PUT', '/admin/v1/shops/{id}', { path: { id }, body });
export const switchShop = (id: string, open: boolean, note: string) =>
  call('PUT', '/admin/v1/shops/{id}/state', { path: { id }, body: { open, note } });

export const listStores = () => call('GET', '/admin/v1/stores');
export const readPickupRule = (id: string) => call('GET', '/admin/v1/stores/{id}/pickup-rule', { path: { id } });
export const savePickupRule = (id: string, body: PickupRuleSetting) =>
  call('PUT', '/admin/v1/stores/{id}/pickup-rule', { path: { id }, body });
export const readDeliveryRule = (id: string) => call('GET', '/admin/v1/stores/{id}/delivery-rule', { path: { id } });
export const saveDeliveryRule = (id: string, body: DeliveryRule) =>
  call('PUT', '/admin/v1/stores/{id}/delivery-rule', { path: { id }, body });
export const createStore = (body: StoreInput) => call('POST', '/admin/v1/stores', { body });
export const updateStore = (id: string, body: StoreInput) =>
  call('PUT', '/admin/v1/stores/{id}', { path: { id }, body });

export const listStaff = () => call('GET', '/admin/v1/staff');
export const createStaff = (body: StaffInput) => call('POST', '/admin/v1/staff', { body });
export const updateStaff = (id: string, body: StaffChange) =>
  call('PUT', '/admin/v1/staff/{id}', { path: { id }, body });
export const setStaffPassword = (id: string, body: { password: string; reset_totp: boolean }) =>
  call('POST', '/admin/v1/staff/{id}/password', { path: { id }, body });

export const listRoles = () => call('GET', '/admin/v1/roles');
export const createRole = (body: RoleInput) => call('POST', '/admin/v1/roles', { body });
export const updateRole = (id: string, body: RoleInput) => call('PUT', '/admin/v1/roles/{id}', { path: { id }, body });
export const removeRole = (id: string) => call('DELETE', '/admin/v1/roles/{id}', { path: { id } });
export const listPermissions = () => call('GET', '/admin/v1/permissions');

export const listAudit = (query: Query) => call('GET', '/admin/v1/audit', { query });

export const readMallSettings = () => call('GET', '/admin/v1/settings/mall');
export const saveMallSettings = (body: MallSettings) => call('PUT', '/admin/v1/settings/mall', { body });

/** Pictures of the licences, as everybody sees them. */
export const readLicences = () => call('GET', '/api/v1/licences');

export const listPolicies = () => call('GET', '/admin/v1/privacy/policies');
export const readPolicy = (version: number) =>
  call('GET', '/admin/v1/privacy/policies/{version}', { path: { version: String(version) } });
export const readPolicyTemplate = () => call('GET', '/admin/v1/privacy/template');
export const publishPolicy = (body: PolicyInput) => call('POST', '/admin/v1/privacy/policies', { body });
