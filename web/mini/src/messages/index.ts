// What the app says, in the reader's language: `t('home.find')`, `t('common.at_most', { n: 3 })`. Keys and
// gaps are typed by the Chinese files; numbers choose their word by `{n|item|items}`. Reading the
// language inside `t` makes every page follow a switch at once.
import { computed, ref } from 'vue';
import { failureTitle } from '@shared/words';
import { fill, type Gaps, type Language } from '@shared/messages';
import { loadEnglish, markLanguage } from '@/platform/language';
import type { Chinese } from './zh';
import { keepLanguage, sentenceOf } from './words';

type Areas = Chinese;
export type AreaName = keyof Areas & string;
export type MessageKey = { [A in AreaName]: `${A}.${keyof Areas[A] & string}` }[AreaName];
/** What a language file has to hold: the areas of the Chinese one, each with its keys. */
export type Translated = { [A in AreaName]: Translation<A> };
export type Translation<A extends AreaName> = { readonly [K in keyof Areas[A]]: string };

type SentenceOf<K> = K extends `${infer A}.${infer N}`
  ? A extends AreaName
    ? N extends keyof Areas[A]
      ? Areas[A][N]
      : never
    : never
  : never;
type GapsOf<S> = S extends `${string}{${infer Gap}}${infer Rest}`
  ? (Gap extends `${infer Name}|${string}` ? Name : Gap) | GapsOf<Rest>
  : never;
type Filling<K> = [GapsOf<SentenceOf<K>>] extends [never]
  ? []
  : [gaps: Readonly<Record<GapsOf<SentenceOf<K>>, string | number>>];

/** The choices, each in its own words. */
export const LANGUAGES: readonly { id: Language; name: string }[] = [
  { id: 'zh', name: '简体中文' },
  { id: 'en', name: 'English' },
];

const KEY = 'hefang.language';

const chosen = ref<Language>('zh');
const waiting = ref(false);
let english: Promise<void> | null = null;

function fetchEnglish(): Promise<void> {
  english ??= loadEnglish().then(
    (areas) => keepLanguage('en', areas),
    (reason: unknown) => {
      english = null;
      throw reason;
    },
  );
  return english;
}

/** The language in use. Change it with `chooseLanguage`. */
export const language = computed<Language>(() => chosen.value);
/** True while a stored choice is on its way: pages wait rather than flash another language. */
export const awaitingLanguage = computed(() => waiting.value);

/** Switches every page that is open, and remembers the choice. Fails when the language cannot be loaded. */
export async function chooseLanguage(wanted: Language): Promise<void> {
  if (wanted === 'en') await fetchEnglish();
  chosen.value = wanted;
  uni.setStorageSync(KEY, wanted);
  markLanguage(wanted);
}

/** At the start: the stored choice, Chinese without one. Chinese also stands in when English cannot be loaded. */
export async function startLanguage(): Promise<void> {
  if (uni.getStorageSync(KEY) !== 'en') return;
  waiting.value = true;
  await chooseLanguage('en').catch(() => undefined);
  waiting.value = false;
}

function find(key: string, gaps: Gaps): string | undefined {
  const at = key.indexOf('.');
  const [area, name] = [key.slice(0, at), key.slice(at + 1)];
  const found = sentenceOf(chosen.value, area, name) ?? sentenceOf('zh', area, name);
  return found === undefined ? undefined : fill(found, gaps, chosen.value);
}

/** For a key that is only known at run time, such as a status from the server; '' if there is none. */
export const tOrNothing = (key: string, gaps: Gaps = {}): string => find(key, gaps) ?? '';

export const t = <K extends MessageKey>(key: K, ...gaps: Filling<K>): string => find(key, gaps[0] ?? {}) ?? key;

/**
 * What the server refused, in the reader's language. The server's own Chinese wins for who reads Chinese; in English a
 * code that has no sentence yet says what its kind of answer means.
 */
export function refusalSentence(
  code: string,
  said: string | undefined,
  status: number,
  field?: string,
): string | undefined {
  if (chosen.value === 'zh') return said;
  const named = field?.replace(/.*\./, '').replace(/\[.*/, '');
  const exact = code === 'request.invalid' && named ? sentenceOf(chosen.value, 'field', named) : undefined;
  return exact ?? sentenceOf(chosen.value, 'refusal', code) ?? (said ? failureTitle(status, chosen.value) : undefined);
}

/** What stands against buying something, in the reader's language; the server's words where there are no others. */
export const problemSentence = (problem: { code: string; message: string }): string =>
  (chosen.value === 'zh' ? undefined : sentenceOf(chosen.value, 'refusal', problem.code)) ?? problem.message;
