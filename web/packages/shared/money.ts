// Money is an integer of fen everywhere. These functions turn it into text and back by cutting
// strings; no amount ever passes through a fraction of a floating-point number.

/** The parts of an amount, for a price that is set as small ¥, large yuan and small cents. */
export interface FenParts {
  sign: '' | '-';
  /** Whole yuan with thousands separators, such as `1,280`. */
  yuan: string;
  /** Always two digits. */
  cents: string;
}

/** Splits fen into sign, yuan and cents. Throws when the value is not a safe integer. */
export function splitFen(fen: number): FenParts {
  if (!Number.isSafeInteger(fen)) throw new RangeError(`not an amount in fen: ${fen}`);
  const digits = String(Math.abs(fen)).padStart(3, '0');
  const yuan = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return { sign: fen < 0 ? '-' : '', yuan, cents: digits.slice(-2) };
}

/** `123450` → `¥1,234.50`; a negative amount is `-¥12.00`. */
export function formatFen(fen: number): string {
  const { sign, yuan, cents } = splitFen(fen);
  return `${sign}¥${yuan}.${cents}`;
}

/** Like `formatFen`, without cents when they are zero: `¥99`, `¥99.50`. For tags and axes. */
export function formatFenShort(fen: number): string {
  const { sign, yuan, cents } = splitFen(fen);
  return cents === '00' ? `${sign}¥${yuan}` : `${sign}¥${yuan}.${cents}`;
}

/** A price span: `¥99.00`, or `¥99.00 – ¥129.00` when the ends differ. */
export function formatFenRange(low_fen: number, high_fen: number): string {
  return low_fen === high_fen ? formatFen(low_fen) : `${formatFen(low_fen)} – ${formatFen(high_fen)}`;
}

/** The text an input field starts with: `1234.50`, no symbol, no separators; empty for null. */
export function fenToInput(fen: number | null | undefined): string {
  if (fen === null || fen === undefined) return '';
  const { sign, yuan, cents } = splitFen(fen);
  return `${sign}${yuan.replace(/,/g, '')}.${cents}`;
}

/**
 * Reads what a person typed as yuan and returns fen, or null when it is not a plain amount.
 * Accepts `¥`, `元`, separators, full-width digits and at most two decimals.
 */
export function parseYuan(text: string): number | null {
  const plain = text
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[．。]/g, '.')
    .replace(/[，,\s]/g, '')
    .replace(/^([-－]?)[¥￥]/, '$1')
    .replace(/元$/, '')
    .replace(/^－/, '-');
  const match = /^(-?)(\d{1,13})(?:\.(\d{0,2}))?$/.exec(plain);
  if (!match) return null;
  const fen = Number(match[2] + (match[3] ?? '').padEnd(2, '0'));
  return match[1] && fen !== 0 ? -fen : fen;
}

/** Adds amounts; throws when the sum leaves the safe range instead of losing a fen. */
export function sumFen(amounts: readonly number[]): number {
  const sum = amounts.reduce((total, fen) => total + fen, 0);
  if (!Number.isSafeInteger(sum)) throw new RangeError('the sum is too large');
  return sum;
}

/**
 * The change between two amounts in tenths of a percent, rounded half away from zero, or null when
 * there is nothing to compare with. `compareFen(110, 100)` is 100, that is +10.0 %.
 */
export function compareFen(now_fen: number, before_fen: number): number | null {
  if (before_fen <= 0) return null;
  return Math.sign(now_fen - before_fen) * Math.round((Math.abs(now_fen - before_fen) * 1000) / before_fen);
}
