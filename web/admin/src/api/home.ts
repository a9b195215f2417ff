// The stores members belong to: invites, what clerks won, moving a member.

import type { Query } from '@api/client';
import type { ChangeMemberHome, HomeMove, MoveHomeMembers } from '@api/types';
import { call, fetchFile, fetchPicture } from '@/app/http';

export const readMyHomes = () => call('GET', '/admin/v1/homes/mine');
export const makeMyInvite = () => call('POST', '/admin/v1/homes/mine/invite');
export const listMyMembers = (query: Query) => call('GET', '/admin/v1/homes/mine/members', { query });
export const makeInvite = (store_id: string, clerk_id?: string) =>
  call('POST', '/admin/v1/homes/invites', { body: { store_id, clerk_id } });
export const readHomeReport = (query: { from: string; to: string; store_id?: string }) =>
  call('GET', '/admin/v1/homes/report', { query });
export const listHomeMembers = (query: Query) => call('GET', '/admin/v1/homes/members', { query });
export const listHomeClerks = (store_id: string) => call('GET', '/admin/v1/homes/clerks', { query: { store_id } });
export const changeMemberHome = (id: string, body: ChangeMemberHome) =>
  call('PUT', '/admin/v1/members/{id}/home', { path: { id }, body });

export const previewHomeMove = (body: HomeMove) => call('POST', '/admin/v1/homes/moves/preview', { body });
export const moveHomeMembers = (body: MoveHomeMembers) => call('POST', '/admin/v1/homes/moves', { body });
export const listHomeHolders = (store_id: string) => call('GET', '/admin/v1/homes/holders', { query: { store_id } });
export const listLeftHomes = () => call('GET', '/admin/v1/homes/left');

/** The mini-program code of an invite, as an address for a picture. */
export const drawInviteCode = (code: string) =>
  fetchPicture(`/admin/v1/homes/invites/${encodeURIComponent(code)}/mini-code`);

export function downloadHomeReport(
  query: { from: string; to: string; store_id?: string },
  name: string,
): Promise<void> {
  const asked = new URLSearchParams({ from: query.from, to: query.to });
  if (query.store_id) asked.set('store_id', query.store_id);
  return fetchFile(`/admin/v1/homes/report.csv?${asked}`, name);
}
