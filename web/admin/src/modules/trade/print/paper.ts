// Which sheet on which paper, and how goods of several orders become one list to pick.

import type { OrderSheet } from '@api/types';

export type Sheet = 'pick' | 'slip';
export type Paper = 'a4' | 'label';

export const readSheet = (value: unknown): Sheet => (value === 'pick' ? 'pick' : 'slip');
export const readPaper = (value: unknown): Paper => (value === 'label' ? 'label' : 'a4');

/** The rule of the printed page. A label is 100 mm wide and 150 mm long. */
export function pageRule(paper: Paper): string {
  return paper === 'label' ? '@page { size: 100mm 150mm; margin: 4mm }' : '@page { size: A4; margin: 12mm }';
}

export interface Pick {
  sku_id: string;
  sku_code: string;
  barcode: string | null;
  name: string;
  option_text: string;
  pieces: number;
  /** The tails of the orders that want it. */
  orders: string[];
}

/** What has to be fetched for all orders together, by SKU code; goods already sent are left out. */
export function picksOf(sheets: readonly OrderSheet[]): Pick[] {
  const picks = new Map<string, Pick>();
  for (const sheet of sheets) {
    for (const line of sheet.lines) {
      if (line.unshipped <= 0) continue;
      const pick = picks.get(line.sku_id) ?? {
        sku_id: line.sku_id,
        sku_code: line.sku_code,
        barcode: line.barcode ?? null,
        name: line.name,
        option_text: line.option_text,
        pieces: 0,
        orders: [],
      };
      pick.pieces += line.unshipped;
      pick.orders.push(`${sheet.number.slice(-6)} × ${line.unshipped}`);
      picks.set(line.sku_id, pick);
    }
  }
  return [...picks.values()].sort((a, b) => a.sku_code.localeCompare(b.sku_code));
}
