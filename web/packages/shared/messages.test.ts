import { fill, plural } from './messages';

describe('sentences with gaps', () => {
  it('are filled by name', () => {
    expect(fill('最多买 {n} 件', { n: 3 }, 'zh')).toBe('最多买 3 件');
    expect(fill('{who} bought {what}', { what: 'tea', who: 'Lin' }, 'en')).toBe('Lin bought tea');
  });
  it('choose the word by the number in English, and have one form in Chinese', () => {
    expect(fill('{n} {n|item|items}', { n: 1 }, 'en')).toBe('1 item');
    expect(fill('{n} {n|item|items}', { n: 0 }, 'en')).toBe('0 items');
    expect(plural(1, 'zh', 'one', 'more')).toBe('more');
  });
  it('show a gap that nobody filled', () => {
    expect(fill('{a} and {b}', { a: 1 }, 'en')).toBe('1 and {b}');
  });
});
