import { describe, expect, it } from 'vitest';
import en from '@/messages/en';
import zh from '@/messages/zh';
import { chooseLanguage, language, startLanguage, t, tOrNothing } from '@/messages';

const gaps = (sentence: string): string[] =>
  [...new Set([...sentence.matchAll(/\{(\w+)/g)].map((match) => match[1]!))].sort();

describe('the message files', () => {
  it('have the same keys and gaps in every language', () => {
    for (const [area, sentences] of Object.entries(zh)) {
      const other = (en as Record<string, Record<string, string>>)[area]!;
      expect(Object.keys(other).sort(), area).toEqual(Object.keys(sentences).sort());
      for (const [name, sentence] of Object.entries(sentences as Record<string, string>))
        expect(gaps(other[name]!), `${area}.${name}`).toEqual(gaps(sentence));
    }
  });
  it('have no Chinese left in English', () => {
    for (const [area, sentences] of Object.entries(en))
      for (const [name, sentence] of Object.entries(sentences))
        expect(sentence, `${area}.${name}`).not.toMatch(/[\u4e00-\u9fa5]/);
  });
});

describe('t', () => {
  it('speaks Chinese until another language is chosen, and remembers the choice', async () => {
    expect(t('common.review_count', { n: 1 })).toBe('1 条评价');
    await chooseLanguage('en');
    expect(t('common.review_count', { n: 1 })).toBe('1 review');
    expect(t('common.review_count', { n: 2 })).toBe('2 reviews');
    expect(uni.getStorageSync('hefang.language')).toBe('en');
    await chooseLanguage('zh');
    uni.setStorageSync('hefang.language', 'en');
    await startLanguage();
    expect(language.value).toBe('en');
    await chooseLanguage('zh');
  });
  it('has nothing to say for a key that does not exist', () => {
    expect(tOrNothing('common.nonsense')).toBe('');
    expect(tOrNothing('nonsense.at_all')).toBe('');
  });
});
