// Sentences that several pages say in the same way, and the words for failures that never reached
// the server. A problem answered by the server brings its own sentence (`detail`), which wins.

const FAILURES: Readonly<Record<string, string>> = {
  'network.offline': '请检查网络，然后再试一次。',
  'network.timeout': '等了很久没有回应，请稍后重试。',
  'network.garbled': '服务器的回应无法识别，请稍后重试。',
  'session.missing': '请先登录。',
  'session.expired': '登录已过期，请重新登录。',
  'permission.denied': '没有这项权限，请联系店主开通。',
};

/** The sentence for a failure code that the client itself raised. */
export function failureSentence(code: string): string {
  return FAILURES[code] ?? '出了点问题，请稍后重试。';
}

/** The heading of an error by HTTP status, above the sentence that explains it. */
export function failureTitle(status: number): string {
  if (status === 0) return '网络没有连上';
  if (status === 401) return '需要登录';
  if (status === 403) return '没有权限';
  if (status === 404) return '没有找到';
  if (status === 409) return '内容已变化';
  if (status === 429) return '操作太频繁';
  if (status === 503) return '服务器正忙';
  if (status >= 500) return '服务器出错了';
  return '没有成功';
}

/** `138****0001`; a number of another shape is shown with its middle hidden too. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\s|-/g, '');
  if (/^1\d{10}$/.test(digits)) return `${digits.slice(0, 3)}****${digits.slice(7)}`;
  return digits.length <= 4 ? digits : `${digits.slice(0, 2)}${'*'.repeat(digits.length - 4)}${digits.slice(-2)}`;
}

/** A count that keeps its column narrow: `9,999`, then `1.2万`. */
export function formatCount(count: number): string {
  if (count < 10_000) return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
  const tenths = String(Math.floor(count / 1000));
  const whole = tenths.slice(0, -1);
  const tenth = tenths.slice(-1);
  return tenth === '0' ? `${whole}万` : `${whole}.${tenth}万`;
}

/** `12345678901` → `1234 5678 901`, so that a redeem code can be read aloud. */
export function groupDigits(code: string): string {
  return code.replace(/(.{4})(?=.)/g, '$1 ');
}
