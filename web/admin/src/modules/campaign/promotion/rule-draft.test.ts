import { expect, test } from 'vitest';
import type { PromotionRule } from '@api/types';
import { fromRule, toRule } from './rule-draft';

const RULES: PromotionRule[] = [
  {
    kind: 'spend_save',
    steps: [{ need: { spend_fen: 20000 }, off_fen: 3000 }],
    repeat: true,
    max_repeats: 3,
  },
  { kind: 'spend_discount', steps: [{ need: { pieces: 2 }, pay_percent: 85 }], cap_fen: null },
  { kind: 'n_for_price', steps: [{ pieces: 3, price_fen: 9900 }] },
  { kind: 'nth_discount', steps: [{ nth: 2, pay_percent: 50 }] },
  { kind: 'gift', steps: [{ need: { spend_fen: 19900 }, gifts: [{ sku_id: '1', quantity: 1 }] }] },
];

test.each(RULES)('$kind comes back from the form as it was', (rule) => {
  expect(toRule(fromRule(rule))).toEqual(rule);
});
