// Where messages to members go besides the message centre.

import type { NoticeRule, NoticeTest } from '@api/types';
import { call } from '@/app/http';

export const listNotices = () => call('GET', '/admin/v1/notices');
export const saveNotice = (kind: string, body: NoticeRule) =>
  call('PUT', '/admin/v1/notices/{kind}', { path: { kind }, body });
export const previewNotice = (kind: string, body: NoticeRule) =>
  call('POST', '/admin/v1/notices/{kind}/preview', { path: { kind }, body });
export const testNotice = (kind: string, body: NoticeTest) =>
  call('POST', '/admin/v1/notices/{kind}/test', { path: { kind }, body });
export const listSentNotices = (query: { cursor?: string }) => call('GET', '/admin/v1/notices/sent', { query });
