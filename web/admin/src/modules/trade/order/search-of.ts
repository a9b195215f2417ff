// The filters of the address as the API's search.

import type { OrderSearch } from '@api/types';
import type { OrderFilters } from './filters';

const numberOf = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);

const KINDS = ['express', 'pickup', 'local'] as const;
const kindOf = (text: string) => KINDS.find((kind) => kind === text) ?? null;

export function searchOf(filters: Readonly<OrderFilters>, from: string | null, to: string | null): OrderSearch {
  return {
    state: filters.state as OrderSearch['state'],
    q: filters.q.trim() || null,
    delivery: kindOf(filters.delivery),
    store_id: filters.store_id || null,
    shop_id: filters.shop_id || null,
    member_id: filters.member_id || null,
    from,
    to,
    paid_from: filters.paid_from || null,
    paid_to: filters.paid_to || null,
    min_fen: numberOf(filters.min_fen),
    max_fen: numberOf(filters.max_fen),
    remarked: filters.remarked === 'true',
    cursor: null,
  };
}
