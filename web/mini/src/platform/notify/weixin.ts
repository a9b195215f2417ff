// WeChat's subscription messages: one leave is good for one message.
import type { Leave, Notifying } from './kind';

type Answers = Record<string, string>;

/** An answer by template, in the words `accept` or anything else. */
export function leavesOf(template_ids: string[], answers: Answers): Record<string, Leave> {
  return Object.fromEntries(template_ids.map((id) => [id, answers[id] === 'accept' ? 'granted' : 'refused']));
}

export const weixin: Notifying = {
  offered: true,
  ask: (template_ids) =>
    new Promise((resolve) =>
      uni.requestSubscribeMessage({
        tmplIds: template_ids,
        success: (answers: unknown) => resolve(leavesOf(template_ids, answers as Answers)),
        fail: () => resolve(leavesOf(template_ids, {})),
      }),
    ),
};
