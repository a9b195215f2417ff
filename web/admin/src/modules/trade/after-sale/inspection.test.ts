import type { AfterSaleLineView } from '@api/types';
import { begin, problemOf, requestOf, totals } from './inspection';

const line = (line_id: string, quantity: number) => ({ line_id, quantity }) as AfterSaleLineView;

describe('inspection', () => {
  it('begins with everything in order', () => {
    const findings = begin([line('1', 3)]);
    expect(totals(findings)).toEqual({ accepted: 3, sellable: 3, refused: 0 });
    expect(problemOf(findings, '')).toBeNull();
  });
  it('asks why pieces are refused, and never accepts more than were asked for', () => {
    const findings = begin([line('1', 3)]);
    findings[0]!.sellable = 1;
    findings[0]!.damaged = 1;
    expect(problemOf(findings, ' ')).toContain('写明原因');
    expect(requestOf(findings, ' 有磨损 ')).toEqual({
      lines: [{ line_id: '1', sellable_quantity: 1, damaged_quantity: 1 }],
      note: '有磨损',
    });
    findings[0]!.damaged = 3;
    expect(problemOf(findings, '有磨损')).toContain('超过');
  });
});
