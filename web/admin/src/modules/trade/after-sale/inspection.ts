// What was found of returned goods, as it is typed: fit for the shelf, not fit for it, refused.

import type { AfterSaleLineView, ReceiveAfterSale } from '@api/types';

export interface Finding {
  line: AfterSaleLineView;
  sellable: number;
  damaged: number;
}

/** Everything is in order until somebody says otherwise. */
export const begin = (lines: readonly AfterSaleLineView[]): Finding[] =>
  lines.map((line) => ({ line, sellable: line.quantity, damaged: 0 }));

export const refused = (finding: Finding): number => finding.line.quantity - finding.sellable - finding.damaged;

export function totals(findings: readonly Finding[]) {
  const sum = (of: (finding: Finding) => number) => findings.reduce((all, finding) => all + of(finding), 0);
  return {
    accepted: sum(({ sellable, damaged }) => sellable + damaged),
    sellable: sum(({ sellable }) => sellable),
    refused: sum(refused),
  };
}

/** Why it cannot be sent yet. */
export function problemOf(findings: readonly Finding[], note: string): string | null {
  if (findings.some((finding) => refused(finding) < 0)) return '通过的数量超过了申请数量';
  if (totals(findings).refused > 0 && !note.trim()) return '有商品没有通过，请写明原因';
  return null;
}

export const requestOf = (findings: readonly Finding[], note: string): ReceiveAfterSale => ({
  lines: findings.map(({ line, sellable, damaged }) => ({
    line_id: line.line_id,
    sellable_quantity: sellable,
    damaged_quantity: damaged,
  })),
  note: note.trim() || null,
});
