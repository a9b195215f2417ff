// What a change of price will do, before it is done: the same bounds and the same sums as the server's.

import type { AdminOrderDetail, PriceChange } from '@api/types';

export interface PriceDraft {
  mode: 'whole' | 'lines';
  goods_fen: number | null;
  freight_fen: number | null;
  lines: Record<string, number | null>;
}

export function draftOf(order: AdminOrderDetail): PriceDraft {
  return {
    mode: 'whole',
    goods_fen: order.goods_fen + order.discount_fen,
    freight_fen: order.freight_fen,
    lines: Object.fromEntries(order.lines.map((line) => [line.id, line.payable_fen])),
  };
}

/** The freight the order was placed with; it cannot rise above. */
export function quotedFreight(order: AdminOrderDetail): number {
  return order.price_changes[0]?.freight_before_fen ?? order.freight_fen;
}

export function newGoods(order: AdminOrderDetail, draft: PriceDraft): number | null {
  if (draft.mode === 'whole') return draft.goods_fen;
  let sum = 0;
  for (const line of order.lines) {
    const fen = draft.lines[line.id];
    if (fen === null || fen === undefined) return null;
    sum += fen;
  }
  return sum;
}

/** What stands against the change, in words; null when it can be sent. */
export function problemOf(order: AdminOrderDetail, draft: PriceDraft): string | null {
  const goods = newGoods(order, draft);
  if (goods === null || draft.freight_fen === null) return '请把每个金额填完整';
  if (draft.mode === 'whole' && goods > order.goods_fen) return '商品总价不能高于原价';
  if (draft.mode === 'lines' && order.lines.some((line) => draft.lines[line.id]! > line.unit_price_fen * line.quantity))
    return '单件商品不能高于原价';
  if (draft.freight_fen > quotedFreight(order)) return '运费不能高于下单时的运费';
  const total = goods + draft.freight_fen;
  if (total < 1) return '改价后至少要付 0.01 元；免单请登记线下收款';
  const same = goods === order.goods_fen + order.discount_fen && draft.freight_fen === order.freight_fen;
  if (same && (draft.mode === 'whole' || order.lines.every((line) => draft.lines[line.id] === line.payable_fen)))
    return '价格没有变化';
  return null;
}

export function requestOf(order: AdminOrderDetail, draft: PriceDraft, reason: string): PriceChange {
  const changed = order.lines.filter((line) => draft.lines[line.id] !== line.payable_fen);
  return {
    lines:
      draft.mode === 'lines' ? changed.map((line) => ({ line_id: line.id, payable_fen: draft.lines[line.id]! })) : [],
    goods_fen:
      draft.mode === 'whole' && draft.goods_fen !== order.goods_fen + order.discount_fen ? draft.goods_fen : null,
    freight_fen: draft.freight_fen === order.freight_fen ? null : draft.freight_fen,
    expected_total_fen: order.total_fen,
    reason,
  };
}
