import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusal } from '@/messages/en/refusal';
import en from '@/messages/en';
import zh from '@/messages/zh';
import { chooseLanguage, language, problemSentence, refusalSentence, startLanguage, t, tOrNothing } from '@/messages';

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

/** The codes that the API document names for what shoppers ask. */
function refusals(): string[] {
  const document = readFileSync(join(__dirname, '../../packages/api/schema.d.ts'), 'utf8');
  const paths = [...document.matchAll(/^    "\/api\/v1\/[^"]+": \{([\s\S]*?)^    \};/gm)].map((match) => match[1]!);
  const operations = paths.flatMap((path) => [...path.matchAll(/operations\["(\w+)"\]/g)].map((match) => match[1]!));
  const codes = operations.flatMap((name) => {
    const from = document.indexOf(`\n    ${name}: {`);
    const body = document.slice(from, document.indexOf('\n    };', from));
    return [...body.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map((match) => match[1]!);
  });
  return [...new Set(codes)].filter((code) => !code.startsWith('details.')).sort();
}

describe('what the server refuses', () => {
  it('has an English sentence for every code of the API document', () => {
    const codes = refusals();
    expect(codes.length).toBeGreaterThan(60);
    expect(codes.filter((code) => !(code in refusal))).toEqual([]);
  });
  it('is said in the language that was chosen', async () => {
    expect(refusalSentence('cart.full', '购物车放满了', 409)).toBe('购物车放满了');
    await chooseLanguage('en');
    expect(refusalSentence('cart.full', '购物车放满了', 409)).toBe(refusal['cart.full']);
    expect(refusalSentence('request.invalid', '手机号不正确', 400, 'phone')).toMatch(/11 digits/);
    expect(refusalSentence('some.new_code', '新的', 409)).toBe('This has changed');
    expect(refusalSentence('', undefined, 0)).toBeUndefined();
    await chooseLanguage('zh');
  });
});

describe('what stands against buying', () => {
  const CODES =
    'product.off_sale shop.closed sku.gone inventory.sold_out inventory.short cart.over_limit order.empty ' +
    'order.address_required order.store_required order.pickup_other_shop order.too_many_shops freight.undeliverable ' +
    'points.not_enough points_item.dearer points_item.other_goods points_item.over_limit points_item.sold_out';
  it('is said in the language that was chosen', async () => {
    expect(CODES.split(' ').filter((code) => !(code in refusal))).toEqual([]);
    const closed = { code: 'shop.closed', message: '这家店铺暂停接单' };
    expect(problemSentence(closed)).toBe('这家店铺暂停接单');
    await chooseLanguage('en');
    expect(problemSentence(closed)).toBe(refusal['shop.closed']);
    expect(problemSentence({ code: 'some.new_code', message: '新的' })).toBe('新的');
    await chooseLanguage('zh');
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
