// Decorated pages and the media library.

import type { NewPage, PageDraft, PlacedBlock, Upload } from '@api/types';
import type { Query } from '@api/client';
import { call } from '@/app/http';

export const listPages = () => call('GET', '/admin/v1/pages');
export const createPage = (body: NewPage) => call('POST', '/admin/v1/pages', { body });
export const readPage = (id: string) => call('GET', '/admin/v1/pages/{id}', { path: { id } });
export const removePage = (id: string) => call('DELETE', '/admin/v1/pages/{id}', { path: { id } });
export const saveDraft = (id: string, body: PageDraft) =>
  call('PUT', '/admin/v1/pages/{id}/draft', { path: { id }, body });
export const discardDraft = (id: string) => call('DELETE', '/admin/v1/pages/{id}/draft', { path: { id } });
export const publishPage = (id: string, body: { revision: number; note: string }) =>
  call('POST', '/admin/v1/pages/{id}/publish', { path: { id }, body });
export const listVersions = (id: string, query: Query = {}) =>
  call('GET', '/admin/v1/pages/{id}/versions', { path: { id }, query });
export const compareVersion = (id: string, number: number) =>
  call('GET', '/admin/v1/pages/{id}/versions/{number}', { path: { id, number: String(number) } });
export const rollBack = (id: string, number: number) =>
  call('POST', '/admin/v1/pages/{id}/roll-back', { path: { id }, body: { number } });
export const readPreview = (id: string) => call('GET', '/admin/v1/pages/{id}/preview', { path: { id } });
export const resolveBlocks = (blocks: PlacedBlock[]) =>
  call('POST', '/admin/v1/page-blocks/resolve', { body: { blocks } });

export const listMedia = (query: Query) => call('GET', '/admin/v1/media', { query });
export const listFolders = () => call('GET', '/admin/v1/media/folders');
export const createFolder = (name: string) => call('POST', '/admin/v1/media/folders', { body: { name } });
export const renameFolder = (id: string, name: string) =>
  call('PUT', '/admin/v1/media/folders/{id}', { path: { id }, body: { name } });
export const removeFolder = (id: string) => call('DELETE', '/admin/v1/media/folders/{id}', { path: { id } });
export const changeMedia = (body: { keys: string[]; name?: string; folder?: string }) =>
  call('POST', '/admin/v1/media/changes', { body });
export const deleteMedia = (keys: string[]) => call('POST', '/admin/v1/media/delete', { body: { keys } });
export const readMediaUses = (key: string) => call('GET', '/admin/v1/media/uses', { query: { key } });

/** Stores one film as it is; the server takes MP4 up to 30 MB. */
export function uploadVideo(file: File): Promise<Upload> {
  const body = new FormData();
  body.append('file', file);
  return call('POST', '/admin/v1/uploads/video', { body });
}
