import { cumulate } from './cumulate';

describe('cumulate', () => {
  it('sums hours in order and stops today at the hour of the reading', () => {
    const curve = [
      { hour: 2, today_fen: 0, yesterday_fen: 5 },
      { hour: 0, today_fen: 10, yesterday_fen: 1 },
      { hour: 1, today_fen: 20, yesterday_fen: 2 },
    ];
    const lines = cumulate(curve, '2026-11-22T17:30:00Z'); // 01:30 in the mall
    expect(lines.hours).toEqual(['0:00', '1:00', '2:00']);
    expect(lines.today).toEqual([10, 30]);
    expect(lines.yesterday).toEqual([1, 3, 8]);
  });
});
