// What a shopper narrowed the list to, and how it reads as a query.
import type { ProductQuery } from '@/api/paths';

export type Sort = NonNullable<ProductQuery['sort']>;

export interface Filter {
  brand_id: string;
  /** Attribute name → chosen value. */
  attributes: Record<string, string>;
  min_fen: number | null;
  max_fen: number | null;
  in_stock: boolean;
}

export const EMPTY_FILTER: Readonly<Filter> = {
  brand_id: '',
  attributes: {},
  min_fen: null,
  max_fen: null,
  in_stock: false,
};

export function countFilters(filter: Filter): number {
  return (
    Object.keys(filter.attributes).length +
    (filter.brand_id ? 1 : 0) +
    (filter.min_fen !== null || filter.max_fen !== null ? 1 : 0) +
    (filter.in_stock ? 1 : 0)
  );
}

export function toQuery(filter: Filter): ProductQuery {
  const query: ProductQuery = {};
  if (filter.brand_id) query.brand_id = filter.brand_id;
  if (filter.in_stock) query.in_stock = true;
  const attr = Object.entries(filter.attributes).map(([name, value]) => `${name}:${value}`);
  if (attr.length) query.attr = attr;
  let [low, high] = [filter.min_fen, filter.max_fen];
  // Typed the wrong way round is still understood.
  if (low !== null && high !== null && low > high) [low, high] = [high, low];
  if (low !== null) query.min_price_fen = low;
  if (high !== null) query.max_price_fen = high;
  return query;
}
