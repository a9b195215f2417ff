// Signing in and out, and what a staff member changes about themselves.

import type { StaffSignIn } from '@api/types';
import { call } from '@/app/http';

export const signIn = (body: StaffSignIn) => call('POST', '/admin/v1/session', { body });
export const signOut = () => call('DELETE', '/admin/v1/session');
export const me = () => call('GET', '/admin/v1/me', { timeout_ms: 8_000 });
export const changePassword = (body: { old: string; new: string }) => call('POST', '/admin/v1/me/password', { body });
export const startTotp = () => call('POST', '/admin/v1/me/totp');
export const confirmTotp = (code: string) => call('POST', '/admin/v1/me/totp/confirm', { body: { code } });
export const removeTotp = (code: string) => call('DELETE', '/admin/v1/me/totp', { body: { code } });

export const listPreferences = () => call('GET', '/admin/v1/preferences');
export const keepPreference = (name: string, value: unknown) =>
  call('PUT', '/admin/v1/preferences/{name}', { path: { name }, body: { value } });
