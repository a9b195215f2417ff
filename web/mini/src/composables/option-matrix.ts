// Which options can still be chosen. A product's SKUs are the combinations that exist; given what is
// chosen so far, every value is open, sold out (the combination exists without stock), or impossible
// (no such combination). Pure functions: the panel draws what they say.
import type { SkuView } from '@/api/types';

export type ValueState = 'open' | 'sold_out' | 'impossible';
/** One entry per option, in the product's order; null where nothing is chosen yet. */
export type Choice = readonly (string | null)[];

const fits = (sku: SkuView, choice: Choice): boolean =>
  choice.every((value, at) => value === null || sku.option_values[at] === value);

/** What choosing `value` for option `at` would lead to, with the other choices kept. */
export function stateOf(skus: readonly SkuView[], choice: Choice, at: number, value: string): ValueState {
  const wanted = choice.map((chosen, i) => (i === at ? value : chosen));
  const matching = skus.filter((sku) => fits(sku, wanted));
  if (matching.length === 0) return 'impossible';
  return matching.some((sku) => sku.available > 0) ? 'open' : 'sold_out';
}

/** The SKU a complete choice names, or null while it is incomplete or does not exist. */
export function skuOf(skus: readonly SkuView[], choice: Choice): SkuView | null {
  if (choice.some((value) => value === null)) return null;
  return skus.find((sku) => sku.option_values.length === choice.length && fits(sku, choice)) ?? null;
}

/**
 * Chooses a value, or takes it back when it was chosen. A value that does not go together with the
 * other choices is still possible to pick: the choices that stand in its way are dropped.
 */
export function choose(skus: readonly SkuView[], choice: Choice, at: number, value: string): (string | null)[] {
  if (choice[at] === value) return choice.map((chosen, i) => (i === at ? null : chosen));
  const next = choice.map((chosen, i) => (i === at ? value : chosen));
  if (skus.some((sku) => fits(sku, next))) return next;
  const kept: (string | null)[] = next.map((chosen, i) => (i === at ? chosen : null));
  next.forEach((chosen, i) => {
    if (i === at || chosen === null) return;
    const attempt = kept.map((before, j) => (j === i ? chosen : before));
    if (skus.some((sku) => fits(sku, attempt))) kept[i] = chosen;
  });
  return kept;
}

/** What to show first: the given SKU, else the only one, else values that leave no alternative. */
export function firstChoice(options: readonly { values: string[] }[], skus: readonly SkuView[], sku_id?: string) {
  const given = skus.find((sku) => sku.id === sku_id);
  if (given) return [...given.option_values];
  if (skus.length === 1) return [...skus[0]!.option_values];
  return options.map((option) => (option.values.length === 1 ? option.values[0]! : null));
}

/** The smallest and largest price among the SKUs a choice still allows. */
export function priceSpan(skus: readonly SkuView[], choice: Choice): { low_fen: number; high_fen: number } | null {
  const prices = skus.filter((sku) => fits(sku, choice)).map((sku) => sku.price_fen);
  if (!prices.length) return null;
  return { low_fen: Math.min(...prices), high_fen: Math.max(...prices) };
}
