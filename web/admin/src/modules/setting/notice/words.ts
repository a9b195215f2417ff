// Words of notices that only these pages use.

import type { NoticeRule, SmsWhen } from '@api/types';

export const WHEN_WORDS: Record<SmsWhen, string> = {
  never: '不发',
  fallback: '微信发不到时',
  always: '总是',
};

export const channelWord = (channel: string): string => (channel === 'sms' ? '短信' : '微信订阅消息');

/** A rule of its own to edit. */
export function draftOf(rule: NoticeRule): NoticeRule {
  return JSON.parse(JSON.stringify(rule)) as NoticeRule;
}
