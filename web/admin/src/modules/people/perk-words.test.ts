import { describe, expect, it } from 'vitest';
import { perkWords } from './perk-words';

describe('perks in words', () => {
  it('says what there is and nothing else', () => {
    const plain = { price_percent: 100, points_percent: 100, free_freight: false, monthly_points: 0 };
    expect(perkWords(plain)).toBe('');
    expect(
      perkWords({ ...plain, price_percent: 95, points_percent: 150, free_freight: true, birthday_points: 88 }),
    ).toBe('9.5 折，1.5 倍积分，包邮，生日 88 积分');
    expect(perkWords({ ...plain, monthly_coupon_id: '1', birthday_coupon_id: '2' })).toBe('每月一张券，生日券');
  });
});
