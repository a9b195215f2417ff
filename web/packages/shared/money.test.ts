import {
  compareFen,
  fenToInput,
  formatFen,
  formatFenRange,
  formatFenShort,
  parseYuan,
  splitFen,
  sumFen,
} from './money';

describe('formatFen', () => {
  it('writes yuan with separators and two decimals', () => {
    expect(formatFen(0)).toBe('¥0.00');
    expect(formatFen(5)).toBe('¥0.05');
    expect(formatFen(123_456_789)).toBe('¥1,234,567.89');
    expect(formatFen(-1200)).toBe('-¥12.00');
  });
  it('refuses what is not an integer of fen', () => {
    expect(() => formatFen(1.5)).toThrow(RangeError);
    expect(() => formatFen(Number.NaN)).toThrow(RangeError);
    expect(() => formatFen(Number.MAX_SAFE_INTEGER + 1)).toThrow(RangeError);
  });
  it('has a short form and a range form', () => {
    expect(formatFenShort(9900)).toBe('¥99');
    expect(formatFenShort(9950)).toBe('¥99.50');
    expect(formatFenRange(9900, 9900)).toBe('¥99.00');
    expect(formatFenRange(9900, 12900)).toBe('¥99.00 – ¥129.00');
  });
  it('splits for typesetting', () => {
    expect(splitFen(-100_050)).toEqual({ sign: '-', yuan: '1,000', cents: '50' });
  });
});

describe('parseYuan', () => {
  it('reads plain amounts exactly, also those that floats get wrong', () => {
    expect(parseYuan('19.99')).toBe(1999);
    expect(parseYuan('1.1')).toBe(110);
    expect(parseYuan('4.35')).toBe(435);
    expect(parseYuan('0.07')).toBe(7);
    expect(parseYuan('1234567890123.45')).toBe(123456789012345);
  });
  it('forgives symbols, separators and full-width input', () => {
    expect(parseYuan('¥1,299')).toBe(129900);
    expect(parseYuan('￥ 12.5 元')).toBe(1250);
    expect(parseYuan('１２．３０')).toBe(1230);
    expect(parseYuan('-5')).toBe(-500);
    expect(parseYuan('12.')).toBe(1200);
  });
  it('refuses what is not an amount', () => {
    for (const text of ['', 'abc', '1.234', '1e3', '--1', '.', '12.3.4', '12345678901234']) {
      expect(parseYuan(text), text).toBeNull();
    }
  });
  it('never returns minus zero', () => {
    expect(Object.is(parseYuan('-0'), 0)).toBe(true);
  });
  it('returns what fenToInput wrote', () => {
    for (const fen of [0, 1, 99, 100, 1999, 129900, 987654321, -350]) {
      expect(parseYuan(fenToInput(fen))).toBe(fen);
    }
    expect(fenToInput(null)).toBe('');
  });
});

describe('sums and comparisons', () => {
  it('adds amounts', () => {
    expect(sumFen([1, 2, 3])).toBe(6);
    expect(() => sumFen([Number.MAX_SAFE_INTEGER, 1])).toThrow(RangeError);
  });
  it('compares in tenths of a percent', () => {
    expect(compareFen(110, 100)).toBe(100);
    expect(compareFen(90, 100)).toBe(-100);
    expect(compareFen(1, 3)).toBe(-667);
    expect(compareFen(5, 0)).toBeNull();
  });
});
