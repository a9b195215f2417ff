// Members, stores, staff, roles, the audit log and the mall's settings.

import type {
  AdminStore,
  AuditRow,
  MallSettings,
  MemberRow,
  Page,
  PermissionGroup,
  Role,
  RoleInput,
  StaffChange,
  StaffInput,
  StaffRow,
  StoreInput,
} from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listMembers = (query: Query) => call<Page<MemberRow>>('GET', '/admin/v1/members', { query });

export const listStores = () => call<AdminStore[]>('GET', '/admin/v1/stores');
export const createStore = (body: StoreInput) => call<unknown>('POST', '/admin/v1/stores', { body });
export const updateStore = (id: string, body: StoreInput) =>
  call<unknown>('PUT', '/admin/v1/stores/{id}', { path: { id }, body });

export const listStaff = () => call<StaffRow[]>('GET', '/admin/v1/staff');
export const createStaff = (body: StaffInput) => call<unknown>('POST', '/admin/v1/staff', { body });
export const updateStaff = (id: string, body: StaffChange) =>
  call<unknown>('PUT', '/admin/v1/staff/{id}', { path: { id }, body });
export const setStaffPassword = (id: string, body: { password: string; reset_totp: boolean }) =>
  call<unknown>('POST', '/admin/v1/staff/{id}/password', { path: { id }, body });

export const listRoles = () => call<Role[]>('GET', '/admin/v1/roles');
export const createRole = (body: RoleInput) => call<unknown>('POST', '/admin/v1/roles', { body });
export const updateRole = (id: string, body: RoleInput) =>
  call<unknown>('PUT', '/admin/v1/roles/{id}', { path: { id }, body });
export const removeRole = (id: string) => call<unknown>('DELETE', '/admin/v1/roles/{id}', { path: { id } });
export const listPermissions = () => call<PermissionGroup[]>('GET', '/admin/v1/permissions');

export const listAudit = (query: Query) => call<Page<AuditRow>>('GET', '/admin/v1/audit', { query });

export const readMallSettings = () => call<MallSettings>('GET', '/admin/v1/settings/mall');
export const saveMallSettings = (body: MallSettings) => call<MallSettings>('PUT', '/admin/v1/settings/mall', { body });
