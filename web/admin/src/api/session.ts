// Signing in and out, and what a staff member changes about themselves.

import type { StaffMe, StaffSession, StaffSignIn, TotpStart } from '@api/types';
import { call } from '@/app/http';

export const signIn = (body: StaffSignIn) => call<StaffSession>('POST', '/admin/v1/session', { body });
export const signOut = () => call<null>('DELETE', '/admin/v1/session');
export const me = () => call<StaffMe>('GET', '/admin/v1/me');
export const changePassword = (body: { old: string; new: string }) =>
  call<null>('POST', '/admin/v1/me/password', { body });
export const startTotp = () => call<TotpStart>('POST', '/admin/v1/me/totp');
export const confirmTotp = (code: string) => call<null>('POST', '/admin/v1/me/totp/confirm', { body: { code } });
export const removeTotp = (code: string) => call<null>('DELETE', '/admin/v1/me/totp', { body: { code } });
