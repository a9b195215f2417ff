// The words of campaigns: kinds, states, ways of giving.

import type { CampaignStatus, CouponSource, PromotionRule } from '@api/types';
import type { StatusWord } from '@shared/status';

export const RULE_KINDS: { kind: PromotionRule['kind']; title: string; note: string }[] = [
  { kind: 'spend_save', title: '满减', note: '满 200 减 30' },
  { kind: 'spend_discount', title: '满折', note: '满 2 件打 8.5 折' },
  { kind: 'n_for_price', title: 'N 元任选', note: '99 元任选 3 件' },
  { kind: 'nth_discount', title: '第 N 件优惠', note: '第 2 件 5 折' },
  { kind: 'gift', title: '满赠', note: '满 199 送好礼' },
];

export const SOURCES: { source: CouponSource; title: string }[] = [
  { source: 'centre', title: '领券中心' },
  { source: 'newcomer', title: '新人' },
  { source: 'share', title: '分享链接' },
  { source: 'code', title: '兑换码' },
  { source: 'staff', title: '人工发放' },
  { source: 'after_purchase', title: '下单后赠送' },
  { source: 'check_in', title: '签到' },
  { source: 'points', title: '积分兑换' },
  { source: 'birthday', title: '生日' },
];

export const STATUS_TABS = [
  { state: '', label: '全部' },
  { state: 'draft', label: '草稿' },
  { state: 'published', label: '已发布' },
  { state: 'stopped', label: '已停止' },
];

/** Where a campaign stands; `live` says that it holds at this moment. */
export function statusWord(status: CampaignStatus, live: boolean): StatusWord {
  if (status === 'draft') return { label: '草稿', tone: 'waiting' };
  if (status === 'stopped') return { label: '已停止', tone: 'muted' };
  return live ? { label: '进行中', tone: 'done' } : { label: '未在时间内', tone: 'moving' };
}
