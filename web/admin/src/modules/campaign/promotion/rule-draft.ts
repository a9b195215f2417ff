// A promotion's rule while it is being written: one flat step for every kind.

import type { Need, PromotionRule } from '@api/types';

export interface StepDraft {
  spend_fen: number | null;
  pieces: number | null;
  off_fen: number | null;
  pay_percent: number | null;
  price_fen: number | null;
  nth: number | null;
  gifts: { sku_id: string; name: string; quantity: number | null }[];
}

export interface RuleDraft {
  kind: PromotionRule['kind'];
  by: 'spend_fen' | 'pieces';
  steps: StepDraft[];
  repeat: boolean;
  max_repeats: number | null;
  cap_fen: number | null;
}

export const emptyStep = (): StepDraft => ({
  spend_fen: null,
  pieces: null,
  off_fen: null,
  pay_percent: null,
  price_fen: null,
  nth: null,
  gifts: [],
});

export const emptyRule = (): RuleDraft => ({
  kind: 'spend_save',
  by: 'spend_fen',
  steps: [emptyStep()],
  repeat: false,
  max_repeats: null,
  cap_fen: null,
});

/** Zero where nothing was typed: the server refuses it at the field, in words. */
const number = (value: number | null): number => value ?? 0;

export function toRule(draft: RuleDraft): PromotionRule {
  const need = (step: StepDraft): Need =>
    draft.by === 'spend_fen' ? { spend_fen: number(step.spend_fen) } : { pieces: number(step.pieces) };
  const { steps } = draft;
  switch (draft.kind) {
    case 'spend_save': {
      const repeat = draft.repeat && steps.length === 1;
      return {
        kind: 'spend_save',
        steps: steps.map((step) => ({ need: need(step), off_fen: number(step.off_fen) })),
        repeat,
        max_repeats: repeat ? draft.max_repeats : null,
      };
    }
    case 'spend_discount':
      return {
        kind: 'spend_discount',
        steps: steps.map((step) => ({ need: need(step), pay_percent: number(step.pay_percent) })),
        cap_fen: draft.cap_fen,
      };
    case 'n_for_price':
      return {
        kind: 'n_for_price',
        steps: steps.map((step) => ({ pieces: number(step.pieces), price_fen: number(step.price_fen) })),
      };
    case 'nth_discount':
      return {
        kind: 'nth_discount',
        steps: steps.map((step) => ({ nth: number(step.nth), pay_percent: number(step.pay_percent) })),
      };
    case 'gift':
      return {
        kind: 'gift',
        steps: steps.map((step) => ({
          need: need(step),
          gifts: step.gifts.map((gift) => ({ sku_id: gift.sku_id, quantity: number(gift.quantity) })),
        })),
      };
  }
}

/** `names`: what gifts are called. */
export function fromRule(rule: PromotionRule, names: { sku_id: string; name: string }[] = []): RuleDraft {
  const nameOf = (id: string) => names.find((one) => one.sku_id === id)?.name ?? `规格 ${id}`;
  const draft = emptyRule();
  draft.kind = rule.kind;
  draft.steps = rule.steps.map((step) => {
    const flat = emptyStep();
    if ('need' in step) Object.assign(flat, step.need);
    if ('off_fen' in step) flat.off_fen = step.off_fen;
    if ('pay_percent' in step) flat.pay_percent = step.pay_percent;
    if ('price_fen' in step) Object.assign(flat, { pieces: step.pieces, price_fen: step.price_fen });
    if ('nth' in step) flat.nth = step.nth;
    if ('gifts' in step) flat.gifts = step.gifts.map((gift) => ({ ...gift, name: nameOf(gift.sku_id) }));
    return flat;
  });
  draft.by =
    draft.steps.some((step) => step.spend_fen !== null) || rule.kind === 'n_for_price' ? 'spend_fen' : 'pieces';
  if (rule.kind === 'spend_save') {
    draft.repeat = rule.repeat ?? false;
    draft.max_repeats = rule.max_repeats ?? null;
  }
  if (rule.kind === 'spend_discount') draft.cap_fen = rule.cap_fen ?? null;
  return draft;
}
