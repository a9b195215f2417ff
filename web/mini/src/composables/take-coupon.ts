// Taking coupons, several at once by who is quick; each is asked for once at a time.
import { call } from '@/api/client';
import type { CentreCoupon } from '@/api/types';
import { asMember } from './go';
import { say, sayFailure } from './say';
import { t } from '@/messages';

/** `next` is where signing in leads to, this page when absent; `after` runs when an answer has come. */
export function useTakeCoupon(after: () => void, next?: string): (coupon: CentreCoupon) => Promise<void> {
  const asked = new Set<string>();
  return async ({ template_id, source, claim }) => {
    if (asked.has(template_id) || claim !== 'open' || !asMember(next)) return;
    asked.add(template_id);
    try {
      await call('post', '/api/v1/coupons/{template_id}/take', { path: { template_id }, body: { source } });
      say(t('offer.took'));
    } catch (reason) {
      sayFailure(reason);
    } finally {
      asked.delete(template_id);
      after();
    }
  };
}
