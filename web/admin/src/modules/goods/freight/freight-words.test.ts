import { formatFenShort } from '@shared/money';
import { freeText, freightProblems, fromPage, ruleText, toPage } from './freight-words';

describe('amounts on the page', () => {
  it('writes grams as kilograms and back without rounding', () => {
    for (const grams of [0, 1, 500, 1000, 1500, 10000, 12345]) {
      expect(fromPage(toPage(grams, 'weight'), 'weight'), String(grams)).toBe(grams);
    }
    expect(toPage(1500, 'weight')).toBe('1.5');
  });
  it('keeps pieces whole', () => {
    expect(fromPage('2', 'piece')).toBe(2);
    expect(fromPage('1.5', 'piece')).toBeNull();
    expect(fromPage('1.2345', 'weight')).toBeNull();
    expect(fromPage('', 'weight')).toBeNull();
  });
});

describe('rules in words', () => {
  it('says first and next', () => {
    const rule = { region_codes: [], first: 1000, first_fee_fen: 1200, next: 500, next_fee_fen: 350 };
    expect(ruleText(rule, 'weight')).toBe('首 1 kg ¥12，每加 0.5 kg ¥3.50');
  });
  it('joins the conditions of free delivery', () => {
    expect(freeText({ region_codes: [], min_amount_fen: 9900, min_quantity: 2 }, formatFenShort)).toBe(
      '满 ¥99且满 2 件包邮',
    );
  });
});

describe('freightProblems', () => {
  const rule = { region_codes: [], first: 1, first_fee_fen: 1000, next: 1, next_fee_fen: 200 };
  it('accepts a template with a rule for everywhere else', () => {
    expect(freightProblems('默认', [rule], [])).toEqual([]);
  });
  it('names what is missing', () => {
    expect(freightProblems(' ', [{ ...rule, region_codes: ['33'], next: 0 }], [{ region_codes: [] }])).toEqual([
      '模板还没有名称',
      '缺少“其他地区”的规则',
      '首件与续件的数量要大于 0',
      '包邮条件要填金额或件数',
    ]);
  });
});
