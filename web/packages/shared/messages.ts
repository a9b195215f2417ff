// Sentences with gaps: `{name}` is replaced, `{n|one|more}` picks a word by the number. Both front ends'
// message files are written in this form.

export type Language = 'zh' | 'en';

export type Gaps = Readonly<Record<string, string | number>>;

/** The form for a count: Chinese has one, English has two. */
export function plural<T>(count: number, language: Language, one: T, more: T): T {
  return language === 'en' && count === 1 ? one : more;
}

/** Fills the gaps of a sentence. A gap that nobody fills stays visible, so that it is noticed. */
export function fill(sentence: string, gaps: Gaps, language: Language): string {
  return sentence.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (whole, name: string, one?: string, more?: string) => {
    const value = gaps[name];
    if (value === undefined) return whole;
    return one === undefined ? String(value) : plural(Number(value), language, one, more ?? one);
  });
}
