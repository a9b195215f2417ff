import { describe, expect, it } from 'vitest';
import { likelyCash, readScan, receiptCode } from './scanned';

describe('what a scanner typed', () => {
  it('is told apart by its form', () => {
    expect(readScan('HM1.abc').kind).toBe('member');
    expect(readScan('001234567890123456789012345678').kind).toBe('member');
    expect(readScan(' 13800001234 ')).toEqual({ kind: 'member', code: '13800001234' });
    expect(readScan('134567890123456789').kind).toBe('payment');
    expect(readScan('289012345678901234').kind).toBe('payment');
    expect(readScan('2890123456789').kind).toBe('goods');
    expect(readScan('6901234567892').kind).toBe('goods');
    expect(readScan(receiptCode('125762354985050112'))).toEqual({ kind: 'receipt', code: '125762354985050112' });
    expect(readScan('龙井').kind).toBe('goods');
    expect(readScan('  ').kind).toBe('nothing');
  });

  it('offers the notes a customer is likely to hand over', () => {
    expect(likelyCash(4_550)).toEqual([4_550, 5_000, 10_000]);
    expect(likelyCash(10_000)).toEqual([10_000]);
  });
});
