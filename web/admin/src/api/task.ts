// Long work: its list, progress, problems and files.

import type { Query } from '@api/client';
import { call, fetchFile } from '@/app/http';

export const listTasks = (query: Query) => call('GET', '/admin/v1/tasks', { query });
export const readTask = (id: string) => call('GET', '/admin/v1/tasks/{id}', { path: { id } });
export const cancelTask = (id: string) => call('POST', '/admin/v1/tasks/{id}/cancel', { path: { id } });
export const resumeTask = (id: string) => call('POST', '/admin/v1/tasks/{id}/resume', { path: { id } });
export const listTaskProblems = (id: string, query: Query) =>
  call('GET', '/admin/v1/tasks/{id}/problems', { path: { id }, query });
export const saveTaskFile = (id: string, name: string) => fetchFile(`/admin/v1/tasks/${id}/file`, name);
export const saveTaskProblems = (id: string, name: string) => fetchFile(`/admin/v1/tasks/${id}/problems.csv`, name);
