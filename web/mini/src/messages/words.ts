// Keeps the sentences of each area as its file is loaded. The area files call `words`; everything else
// asks `t` in ./index.
import type { Language } from '@shared/messages';

export type Area = Readonly<Record<string, string>>;

const kept: Record<Language, Record<string, Area>> = { zh: {}, en: {} };

/** The Chinese sentences of an area, which every other language has to follow. */
export function words<const T extends Area>(area: string, sentences: T): T {
  kept.zh[area] = sentences;
  return sentences;
}

/** A whole language, loaded at once. */
export function keepLanguage(language: Language, areas: Readonly<Record<string, Area>>): void {
  Object.assign(kept[language], areas);
}

export function sentenceOf(language: Language, area: string, name: string): string | undefined {
  return kept[language][area]?.[name];
}
