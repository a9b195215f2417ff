import { failureSentence, failureTitle, formatCount, groupDigits, maskPhone } from './words';

describe('words', () => {
  it('masks phones of any shape', () => {
    expect(maskPhone('138 0000 0001')).toBe('138****0001');
    expect(maskPhone('0571-87001234')).toBe('05********34');
    expect(maskPhone('110')).toBe('110');
  });
  it('shortens counts without rounding up', () => {
    expect(formatCount(999)).toBe('999');
    expect(formatCount(9999)).toBe('9,999');
    expect(formatCount(12_999)).toBe('1.2万');
    expect(formatCount(100_000)).toBe('10万');
  });
  it('groups digits for reading aloud', () => {
    expect(groupDigits('123456789012')).toBe('1234 5678 9012');
    expect(groupDigits('1234')).toBe('1234');
  });
  it('has a sentence for every failure', () => {
    expect(failureSentence('network.offline')).toContain('网络');
    expect(failureSentence('never.heard')).toContain('重试');
    expect(failureTitle(503)).toBe('服务器正忙');
    expect(failureTitle(418)).toBe('没有成功');
  });
});

describe('English', () => {
  it('has the same sentences', () => {
    expect(failureTitle(404, 'en')).toBe('Not found');
    expect(failureTitle(418, 'en')).toBe('It did not work');
    expect(failureSentence('network.offline', 'en')).toMatch(/network/);
    expect(formatCount(12_300, 'en')).toBe('12k');
    expect(formatCount(9_999, 'en')).toBe('9,999');
  });
});
