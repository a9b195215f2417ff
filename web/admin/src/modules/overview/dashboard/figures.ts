// The numbers of the overview: what each counts, what it is compared with, and the rows behind it.

import type { Dashboard, DaySales, FunnelCounts, TodoCounts } from '@api/types';
import { compareFen, formatFen } from '@shared/money';
import { endOfDay, startOfDay, today } from '@shared/time';

export interface Figure {
  label: string;
  /** 口径: exactly what is counted. */
  meaning: string;
  value: string;
  yesterday: string;
  last_week: string;
  /** Change against yesterday till the same time, in tenths of a percent; null without a base. */
  change: number | null;
  to?: string;
}

export interface Todo {
  label: string;
  count: number;
  to: string;
  permission: string;
  alarm?: boolean;
}

type Count = keyof DaySales;

function figure(data: Dashboard, key: Count, label: string, meaning: string, to?: string): Figure {
  const write = (value: number) => (key.endsWith('_fen') ? formatFen(value) : String(value));
  return {
    label,
    meaning,
    value: write(data.today[key]),
    yesterday: write(data.yesterday[key]),
    last_week: write(data.last_week[key]),
    change: compareFen(data.today[key], data.yesterday[key]),
    to,
  };
}

/** The orders that were paid on a day of the mall. */
export const paidOn = (day: string): string => paidBetween(startOfDay(day) ?? '', endOfDay(day) ?? '');

/** The orders that were paid in an hour of a day; a curve that adds up stands at the end of its hours. */
export function paidInHour(day: string, hour: number): string {
  const from = Date.parse(startOfDay(day) ?? '') + hour * HOUR_MS;
  return paidBetween(new Date(from).toISOString(), new Date(from + HOUR_MS).toISOString());
}

const HOUR_MS = 3_600_000;
const paidBetween = (from: string, to: string): string =>
  `/orders?paid_from=${encodeURIComponent(from)}&paid_to=${encodeURIComponent(to)}`;

export function figures(data: Dashboard): Figure[] {
  const day = today(Date.parse(data.as_of));
  return [
    figure(data, 'paid_fen', '销售额', '今天付款成功的订单实付金额之和，含运费，未扣退款', paidOn(day)),
    figure(data, 'orders_paid', '付款订单', '今天付款成功的订单数', paidOn(day)),
    figure(data, 'new_members', '新会员', '今天首次登录成为会员的人数', '/members'),
    figure(data, 'refunded_fen', '退款', '今天发起的退款金额之和，含正在退的，不含失败的', '/refunds'),
  ];
}

export function todos(counts: TodoCounts): Todo[] {
  return [
    { label: '待发货', count: counts.to_ship, to: '/orders?state=to_ship', permission: 'order.view', alarm: true },
    { label: '待自提', count: counts.to_pick_up, to: '/orders?state=to_pick_up', permission: 'order.view' },
    { label: '待付款', count: counts.unpaid, to: '/orders?state=unpaid', permission: 'order.view' },
    { label: '售后', count: counts.after_sales, to: '/after-sales', permission: 'after_sale.view', alarm: true },
    {
      label: '退款异常',
      count: counts.refund_problems,
      to: '/refunds',
      permission: 'order.refund',
      alarm: true,
    },
    { label: '库存不足', count: counts.low_stock, to: '/stock?low=true', permission: 'inventory.view' },
    {
      label: '待回复评价',
      count: counts.reviews_unanswered,
      to: '/reviews?state=unanswered',
      permission: 'review.view',
    },
    ...(counts.webhooks_disabled
      ? [
          {
            label: '停用的 Webhook',
            count: counts.webhooks_disabled,
            to: '/webhooks',
            permission: 'webhook.edit',
            alarm: true,
          },
        ]
      : []),
  ];
}

/** One step of the way from the door to the till. */
export interface FunnelStep {
  label: string;
  meaning: string;
  count: number;
  before: number;
  /** Of the widest step, 0 to 1. */
  share: number;
  /** Of the step before, `42.0%`; nothing at the first and after an empty one. */
  rate: string | null;
  to?: string;
}

/** Counts of what waits stop at a thousand. */
export const countText = (count: number): string => (count >= 1000 ? '999+' : String(count));

export function funnelSteps(now: FunnelCounts, before: FunnelCounts, day: string): FunnelStep[] {
  const orders = `/orders?from=${day}&to=${day}`;
  const steps: [keyof FunnelCounts, string, string, string?][] = [
    ['visitors', '访客', '今天打开过商城的人数，每分钟统计一次'],
    ['carts', '加购', '今天把商品加入购物车的人数，每分钟统计一次'],
    ['orders', '下单', '今天提交过订单的会员数', orders],
    ['paid', '付款', '今天下单并且已经付款的会员数', orders],
  ];
  const widest = Math.max(1, ...steps.map(([key]) => now[key]));
  return steps.map(([key, label, meaning, to], index) => {
    const previous = index > 0 ? now[steps[index - 1]![0]] : 0;
    const tenths = previous > 0 ? Math.round((now[key] * 1000) / previous) : null;
    const rate = tenths === null ? null : `${Math.floor(tenths / 10)}.${tenths % 10}%`;
    return { label, meaning, count: now[key], before: before[key], share: now[key] / widest, rate, to };
  });
}

/** `+10.0%`, `-3.2%`, `持平`. */
export function changeText(change: number): string {
  if (change === 0) return '持平';
  const tenths = String(Math.abs(change)).padStart(2, '0');
  return `${change > 0 ? '+' : '-'}${tenths.slice(0, -1)}.${tenths.slice(-1)}%`;
}
