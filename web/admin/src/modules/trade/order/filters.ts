// What an order list can be narrowed by. All of it lives in the address, as text.

export const ORDER_FILTERS = {
  state: 'all',
  q: '',
  delivery: '',
  store_id: '',
  shop_id: '',
  member_id: '',
  from: '',
  to: '',
  paid_from: '',
  paid_to: '',
  min_fen: '',
  max_fen: '',
  remarked: '',
};

export type OrderFilters = Record<keyof typeof ORDER_FILTERS, string>;

/** How many of the filters that hide behind “更多” are set. */
export function hiddenFilters(filters: Readonly<OrderFilters>): number {
  const amounts = filters.min_fen || filters.max_fen ? 1 : 0;
  return [filters.store_id, filters.shop_id, filters.remarked].filter(Boolean).length + amounts;
}
