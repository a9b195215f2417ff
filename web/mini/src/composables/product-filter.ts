// What a shopper narrowed the list to, and how it reads as a query.
import type { paths } from '@schema';

type ProductQuery = NonNullable<paths['/api/v1/products']['get']['parameters']['query']>;

export type Sort = NonNullable<ProductQuery['sort']>;

export interface Filter {
  /** Any of these. */
  brand_ids: string[];
  /** Attribute name → any of these values; of several names all must fit. */
  attributes: Record<string, string[]>;
  min_fen: number | null;
  max_fen: number | null;
  in_stock: boolean;
}

export const EMPTY_FILTER: Readonly<Filter> = {
  brand_ids: [],
  attributes: {},
  min_fen: null,
  max_fen: null,
  in_stock: false,
};

/** Puts a value in, or takes it out when it is there. */
export function toggled(values: readonly string[], value: string): string[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
}

export function countFilters(filter: Filter): number {
  const values = Object.values(filter.attributes).reduce((sum, chosen) => sum + chosen.length, 0);
  const price = filter.min_fen !== null || filter.max_fen !== null;
  return values + filter.brand_ids.length + (price ? 1 : 0) + (filter.in_stock ? 1 : 0);
}

export function toQuery(filter: Filter): ProductQuery {
  const query: ProductQuery = {};
  if (filter.brand_ids.length) query.brand_id = filter.brand_ids;
  if (filter.in_stock) query.in_stock = true;
  const attr = Object.entries(filter.attributes).flatMap(([name, values]) => values.map((value) => `${name}:${value}`));
  if (attr.length) query.attr = attr;
  let [low, high] = [filter.min_fen, filter.max_fen];
  // Typed the wrong way round is still understood.
  if (low !== null && high !== null && low > high) [low, high] = [high, low];
  if (low !== null) query.min_price_fen = low;
  if (high !== null) query.max_price_fen = high;
  return query;
}
