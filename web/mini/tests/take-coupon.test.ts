import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CentreCoupon } from '@/api/types';
import { useTakeCoupon } from '@/composables/take-coupon';
import { server } from './setup';

vi.mock('@/composables/go', () => ({ asMember: () => true }));
const coupon = (template_id: string, claim = 'open') => ({ template_id, claim, source: 'centre' }) as CentreCoupon;

describe('taking coupons', () => {
  beforeEach(() => void server.asked.splice(0));

  it('takes another while the first is on its way, and each once', async () => {
    const answers: (() => void)[] = [];
    server.answer = () => new Promise((answer) => answers.push(() => answer({ status: 200, body: {} })));
    const after = vi.fn();
    const take = useTakeCoupon(after);
    const taken = [take(coupon('a')), take(coupon('a')), take(coupon('b')), take(coupon('c', 'taken'))];
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers.forEach((answer) => answer());
    await Promise.all(taken);
    expect(server.asked.map(({ url }) => url.split('/').slice(-2)[0])).toEqual(['a', 'b']);
    expect(after).toHaveBeenCalledTimes(2);
  });

  it('may be tried again after a refusal', async () => {
    server.answer = () => ({ status: 409, body: { code: 'coupon.sold_out', detail: '领完了' } });
    const take = useTakeCoupon(() => undefined);
    await take(coupon('a'));
    await take(coupon('a'));
    expect(server.asked).toHaveLength(2);
  });
});
