// Freight rules in words. Weights are kept in grams and volumes in cubic centimetres; people write
// kilograms and litres.

import type { FreightFreeRule, FreightRule } from '@api/types';
import { formatFenShort } from '@shared/money';

export interface Unit {
  title: string;
  /** What one unit on the page is in stored units. */
  size: number;
  word: string;
}

export const UNITS: Readonly<Record<string, Unit>> = {
  piece: { title: '按件数', size: 1, word: '件' },
  weight: { title: '按重量', size: 1000, word: 'kg' },
  volume: { title: '按体积', size: 1000, word: '升' },
};

/** A stored amount as the page writes it, without rounding: `1500` grams are `1.5`. */
export function toPage(stored: number, unit: string): string {
  const size = UNITS[unit]?.size ?? 1;
  if (size === 1) return String(stored);
  const digits = String(stored).padStart(4, '0');
  const fraction = digits.slice(-3).replace(/0+$/, '');
  return fraction ? `${digits.slice(0, -3)}.${fraction}` : digits.slice(0, -3);
}

/** What was typed in stored units, or null: `1.5` kilograms are `1500`, half a piece is nothing. */
export function fromPage(text: string, unit: string): number | null {
  const size = UNITS[unit]?.size ?? 1;
  const match = /^(\d{1,6})(?:\.(\d{0,3}))?$/.exec(text.trim());
  if (!match || (size === 1 && match[2])) return null;
  return size === 1 ? Number(match[1]) : Number(match[1] + (match[2] ?? '').padEnd(3, '0'));
}

export function ruleText(rule: FreightRule, unit: string): string {
  const word = UNITS[unit]?.word ?? '';
  const first = `首 ${toPage(rule.first, unit)} ${word} ${formatFenShort(rule.first_fee_fen)}`;
  return `${first}，每加 ${toPage(rule.next, unit)} ${word} ${formatFenShort(rule.next_fee_fen)}`;
}

export function freeText(rule: FreightFreeRule, write: (fen: number) => string): string {
  const parts: string[] = [];
  if (rule.min_amount_fen) parts.push(`满 ${write(rule.min_amount_fen)}`);
  if (rule.min_quantity) parts.push(`满 ${rule.min_quantity} 件`);
  return `${parts.join('且')}包邮`;
}

/** What stops a template from being saved. */
export function freightProblems(
  name: string,
  rules: readonly FreightRule[],
  free: readonly FreightFreeRule[],
): string[] {
  const problems: string[] = [];
  if (!name.trim()) problems.push('模板还没有名称');
  if (!rules.some(({ region_codes }) => region_codes.length === 0)) problems.push('缺少“其他地区”的规则');
  if (rules.slice(1).some(({ region_codes }) => region_codes.length === 0)) problems.push('有一条规则还没有选地区');
  if (rules.some(({ first, next }) => first <= 0 || next <= 0)) problems.push('首件与续件的数量要大于 0');
  if (free.some((rule) => !rule.min_amount_fen && !rule.min_quantity)) problems.push('包邮条件要填金额或件数');
  return problems;
}
