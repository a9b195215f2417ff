// What the report shows of a row, and the words of its headings.

import type { FinanceBy, FinanceRow } from '@api/types';
import { quoteLane, paymentChannel } from '@shared/status';

export const TABS: readonly { state: FinanceBy; label: string }[] = [
  { state: 'day', label: '日报' },
  { state: 'month', label: '月报' },
  { state: 'channel', label: '按渠道' },
  { state: 'store', label: '按门店' },
  { state: 'shop', label: '店铺结算' },
];

export const isBy = (text: unknown): text is FinanceBy => TABS.some(({ state }) => state === text);

/** Money knows neither stores nor shops. */
export const hasMoney = (by: FinanceBy): boolean => by !== 'store' && by !== 'shop';

export function rowName(by: FinanceBy, row: FinanceRow): string {
  if (by === 'channel') return paymentChannel(row.key);
  return row.label || row.key;
}

export interface Lane {
  lane: string;
  label: string;
}

/** The kinds of discount that any row has, freight last: it is within the freight. */
export function lanesOf(rows: readonly FinanceRow[]): Lane[] {
  const found = new Set(rows.flatMap((row) => row.discounts.map(({ lane }) => lane)));
  const order = ['activity', 'best_price', 'promotion', 'coupon', 'points'];
  const rest = [...found].filter((lane) => !order.includes(lane) && lane !== 'freight').sort();
  return [...order, ...rest].filter((lane) => found.has(lane)).map((lane) => ({ lane, label: quoteLane(lane) }));
}

export const laneFen = (row: FinanceRow, lane: string): number =>
  row.discounts.find((one) => one.lane === lane)?.amount_fen ?? 0;

/** Kinds of postings as people read them. */
const MOVES: Readonly<Record<string, string>> = {
  top_up: '储值',
  top_up_refunded: '退储值',
  balance_paid: '余额付款',
  balance_refunded: '退回余额',
  balance_released: '未付成退回余额',
  order_spent: '积分抵扣',
  order_closed: '关单退还抵扣',
  order_completed: '订单赠送',
  order_reward_undone: '退款退还与收回',
  reviewed: '评价赠送',
  expired: '过期',
  check_in: '签到',
  adjusted: '人工调整',
  imported: '历史导入',
  merged_in: '账号合并转入',
  merged_out: '账号合并转出',
};
export const moveName = (kind: string): string => MOVES[kind] ?? kind;
