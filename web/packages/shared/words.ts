// Sentences that several pages say in the same way, and the words for failures that never reached
// the server. A problem answered by the server brings its own sentence (`detail`), which wins.
import type { Language } from './messages';

const FAILURES: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  'network.offline': { zh: '请检查网络，然后再试一次。', en: 'Check the network, then try again.' },
  'network.timeout': {
    zh: '等了很久没有回应，请稍后重试。',
    en: 'There was no answer for a long time. Try again later.',
  },
  'network.garbled': { zh: '服务器的回应无法识别，请稍后重试。', en: 'The answer could not be read. Try again later.' },
  'session.missing': { zh: '请先登录。', en: 'Sign in first.' },
  'session.expired': { zh: '登录已过期，请重新登录。', en: 'Your session has ended. Sign in again.' },
  'permission.denied': { zh: '没有这项权限，请联系店主开通。', en: 'You lack this permission. Ask the owner for it.' },
};

/** The sentence for a failure code that the client itself raised. */
export function failureSentence(code: string, language: Language = 'zh'): string {
  const unknown = { zh: '出了点问题，请稍后重试。', en: 'Something went wrong. Try again later.' };
  return (FAILURES[code] ?? unknown)[language];
}

const TITLES: readonly (readonly [(status: number) => boolean, Readonly<Record<Language, string>>])[] = [
  [(status) => status === 0, { zh: '网络没有连上', en: 'No connection' }],
  [(status) => status === 401, { zh: '需要登录', en: 'Sign in needed' }],
  [(status) => status === 403, { zh: '没有权限', en: 'Not allowed' }],
  [(status) => status === 404, { zh: '没有找到', en: 'Not found' }],
  [(status) => status === 409, { zh: '内容已变化', en: 'This has changed' }],
  [(status) => status === 429, { zh: '操作太频繁', en: 'Too many attempts' }],
  [(status) => status === 503, { zh: '服务器正忙', en: 'The server is busy' }],
  [(status) => status >= 500, { zh: '服务器出错了', en: 'The server failed' }],
];

/** The heading of an error by HTTP status, above the sentence that explains it. */
export function failureTitle(status: number, language: Language = 'zh'): string {
  const found = TITLES.find(([fits]) => fits(status));
  return (found?.[1] ?? { zh: '没有成功', en: 'It did not work' })[language];
}

/** `138****0001`; a number of another shape is shown with its middle hidden too. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\s|-/g, '');
  if (/^1\d{10}$/.test(digits)) return `${digits.slice(0, 3)}****${digits.slice(7)}`;
  return digits.length <= 4 ? digits : `${digits.slice(0, 2)}${'*'.repeat(digits.length - 4)}${digits.slice(-2)}`;
}

/** A count that keeps its column narrow: `9,999`, then `1.2万`, or `12k` in English. */
export function formatCount(count: number, language: Language = 'zh'): string {
  if (count < 10_000) return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
  if (language === 'en')
    return count < 1_000_000 ? `${Math.floor(count / 1000)}k` : `${Math.floor(count / 1_000_000)}M`;
  const tenths = String(Math.floor(count / 1000));
  const whole = tenths.slice(0, -1);
  const tenth = tenths.slice(-1);
  return tenth === '0' ? `${whole}万` : `${whole}.${tenth}万`;
}

/** `12345678901` → `1234 5678 901`, so that a redeem code can be read aloud. */
export function groupDigits(code: string): string {
  return code.replace(/(.{4})(?=.)/g, '$1 ');
}
