// What a scanner typed: a member's code, a payment code, a phone number, or goods. One field takes all of them.

export type Scanned =
  | { kind: 'member'; code: string }
  | { kind: 'payment'; code: string }
  | { kind: 'receipt'; code: string }
  | { kind: 'goods'; code: string }
  | { kind: 'nothing' };

/** A receipt's number looks like a payment code; its QR code says that it is one. */
const RECEIPT = 'HR1.';
export const receiptCode = (number: string) => `${RECEIPT}${number}`;
export const readReceipt = (text: string) => text.trim().replace(RECEIPT, '');

/**
 * Eighteen digits beginning with 10 to 15 are WeChat's payment codes, sixteen to twenty-four beginning with 25 to 30 are
 * Alipay's; eleven beginning with 1 are a phone, thirty a member's bar code.
 */
export function readScan(text: string): Scanned {
  const code = text.trim();
  if (!code) return { kind: 'nothing' };
  if (code.startsWith('HM1.') || /^\d{30}$/.test(code)) return { kind: 'member', code };
  if (code.startsWith(RECEIPT)) return { kind: 'receipt', code: readReceipt(code) };
  if (/^(1[0-5]\d{16}|(2[5-9]|30)\d{14,22})$/.test(code)) return { kind: 'payment', code };
  if (/^1[3-9]\d{9}$/.test(code)) return { kind: 'member', code };
  return { kind: 'goods', code };
}

/** The notes and coins of a drawer, in fen. */
export const COINS = [10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10];

/** What a customer is likely to hand over for an amount: the exact sum, the next ten, the next fifty, the next hundred. */
export function likelyCash(due_fen: number): number[] {
  const up = (step: number) => Math.ceil(due_fen / step) * step;
  return [...new Set([due_fen, up(1_000), up(5_000), up(10_000)])].slice(0, 4);
}
