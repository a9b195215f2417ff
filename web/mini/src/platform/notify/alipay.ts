// Alipay's subscription messages. The answer lists the accepted templates.
import { leavesOf } from './weixin';
import type { Notifying } from './kind';

interface Asked {
  entityIds: string[];
  success: (answer: { result?: { subscribedEntityIds?: string[] } }) => void;
  fail: () => void;
}
declare const my: { requestSubscribeMessage: (asked: Asked) => void };

export const alipay: Notifying = {
  offered: true,
  ask: (template_ids) =>
    new Promise((resolve) =>
      my.requestSubscribeMessage({
        entityIds: template_ids,
        success: (answer) => {
          const granted = answer.result?.subscribedEntityIds ?? [];
          resolve(leavesOf(template_ids, Object.fromEntries(granted.map((id) => [id, 'accept']))));
        },
        fail: () => resolve(leavesOf(template_ids, {})),
      }),
    ),
};
