// Accounts at outside services, templates, and the checklist of a new mall.

import { call } from '@/app/http';

export const listAccounts = () => call('GET', '/admin/v1/accounts');
export const saveAccount = (service: string, fields: Record<string, string>) =>
  call('PUT', '/admin/v1/accounts/{service}', { path: { service }, body: { fields } });
export const forgetAccount = (service: string) => call('DELETE', '/admin/v1/accounts/{service}', { path: { service } });
export const checkAccount = (service: string, probe: { phone?: string; carrier?: string; number?: string }) =>
  call('POST', '/admin/v1/accounts/{service}/check', { path: { service }, body: probe });

export const listTemplates = () => call('GET', '/admin/v1/templates');
export const applyTemplate = (name: string) => call('POST', '/admin/v1/templates/{name}/apply', { path: { name } });
export const removeTemplate = () => call('POST', '/admin/v1/templates/remove');

export const readSetup = () => call('GET', '/admin/v1/setup');
