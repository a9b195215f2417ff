// How a language reaches this platform: browsers load it as a file of its own when it is chosen; a mini
// program cannot load code and carries all of them.
import type { Language } from '@shared/messages';
import type { Translated } from '@/messages';
// #ifndef H5
import '@/messages/zh';
import carried from '@/messages/en';
// #endif

export function loadEnglish(): Promise<Translated> {
  // #ifdef H5
  return import('@/messages/en').then((file) => file.default);
  // #endif
  // #ifndef H5
  return Promise.resolve(carried);
  // #endif
}

/** Screen readers and hyphenation follow the document's language. */
export function markLanguage(language: Language): void {
  // #ifdef H5
  document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN';
  // #endif
  // #ifndef H5
  void language;
  // #endif
}
