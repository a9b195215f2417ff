import { describe, expect, it } from 'vitest';
import type { StockRow } from '@api/types';
import { emptyDraft, useDraft } from './use-draft';

const row = (sku_id: string, available: number): StockRow =>
  ({ sku_id, product_name: '龙井', option_text: '100g', code: 'T', picture: null, available }) as StockRow;

describe('a transfer while it is written', () => {
  it('takes a SKU once and counts its pieces', () => {
    const { draft, add, pieces } = useDraft(emptyDraft());
    add(row('1', 5));
    add(row('1', 5));
    add(row('2', 1));
    draft.lines[0]!.quantity = 3;
    expect(draft.lines.map((line) => line.sku_id)).toEqual(['1', '2']);
    expect(pieces.value).toBe(3);
  });

  it('says what is missing, and lets more be asked for than is there', () => {
    const { draft, add, problem, short, body } = useDraft(emptyDraft());
    expect(problem.value).toBe('请选从哪里到哪里');
    Object.assign(draft, { from: 'a', to: 'a' });
    expect(problem.value).toBe('调出和调入要是两个不同的地方');
    draft.to = 'b';
    expect(problem.value).toBe('请至少加一行');
    add(row('1', 5));
    expect(problem.value).toBe('每一行都要填件数');
    draft.lines[0]!.quantity = 8;
    expect(problem.value).toBe('');
    expect(short.value).toBe(1);
    expect(body()).toEqual({
      from_location_id: 'a',
      to_location_id: 'b',
      note: null,
      lines: [{ sku_id: '1', quantity: 8 }],
    });
  });
});
