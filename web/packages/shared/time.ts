// Instants arrive as ISO 8601 in UTC and are shown in China Standard Time, wherever the reader is:
// a mall's day begins at midnight in the mall. Written without `Intl`, which mini programs lack. What has words in
// it takes the reader's language.
import { type Language, plural } from './messages';

const CHINA_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function chinaDate(iso: string): Date | null {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? null : new Date(at + CHINA_OFFSET_MS);
}

/** `2026-11-23` in the mall's zone, or an empty text for an absent instant. */
export function formatDay(iso: string | null | undefined): string {
  const date = iso ? chinaDate(iso) : null;
  return date ? `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}` : '';
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A day of the calendar given as `2027-02-06`: `2月6日`, `6 Feb`. */
export function formatDate(day: string, language: Language = 'zh'): string {
  const [, month = 0, date = 0] = day.split('-').map(Number);
  return language === 'en' ? `${date} ${MONTHS[month - 1] ?? ''}` : `${month}月${date}日`;
}

/** `14:07` in the mall's zone. */
export function formatClock(iso: string | null | undefined): string {
  const date = iso ? chinaDate(iso) : null;
  return date ? `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}` : '';
}

/** `2026-11-23 14:07` in the mall's zone. */
export function formatMoment(iso: string | null | undefined): string {
  return iso ? `${formatDay(iso)} ${formatClock(iso)}`.trim() : '';
}

/** `2026-11-23 14:07:31`, for logs and timelines where seconds matter. */
export function formatInstant(iso: string | null | undefined): string {
  const date = iso ? chinaDate(iso) : null;
  return date ? `${formatMoment(iso)}:${two(date.getUTCSeconds())}` : '';
}

/** How a person says it: `刚刚`, `5 分钟前`, `今天 14:07`, `昨天 09:30`, `11-02 18:00`, `2025-11-02`. */
export function formatAgo(iso: string | null | undefined, now_ms: number, language: Language = 'zh'): string {
  const date = iso ? chinaDate(iso) : null;
  if (!iso || !date) return '';
  const passed = now_ms - Date.parse(iso);
  const english = language === 'en';
  const minutes = Math.floor(passed / 60_000);
  if (passed >= 0 && passed < 60_000) return english ? 'just now' : '刚刚';
  if (passed >= 0 && passed < 3_600_000) return english ? `${minutes} min ago` : `${minutes} 分钟前`;
  const now = new Date(now_ms + CHINA_OFFSET_MS);
  const days = Math.floor(now.getTime() / DAY_MS) - Math.floor(date.getTime() / DAY_MS);
  if (days === 0) return `${english ? 'today' : '今天'} ${formatClock(iso)}`;
  if (days === 1) return `${english ? 'yesterday' : '昨天'} ${formatClock(iso)}`;
  if (now.getUTCFullYear() === date.getUTCFullYear()) {
    return `${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ${formatClock(iso)}`;
  }
  return formatDay(iso);
}

/** What is left until an instant: `29:05`, `1:02:03`, `2 天 03:04`; `00:00` once it has passed. */
export function formatRemaining(iso: string, now_ms: number, language: Language = 'zh'): string {
  const left = Math.max(0, Math.ceil((Date.parse(iso) - now_ms) / 1000));
  const days = Math.floor(left / 86_400);
  const hours = Math.floor((left % 86_400) / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  if (days > 0)
    return `${days} ${language === 'en' ? plural(days, language, 'day', 'days') : '天'} ${two(hours)}:${two(minutes)}`;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(left % 60)}`;
  return `${two(minutes)}:${two(left % 60)}`;
}

/** The first instant of a mall day given as `2026-11-23`, as ISO 8601 in UTC; null when it is no date. */
export function startOfDay(day: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null;
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? null : new Date(at - CHINA_OFFSET_MS).toISOString();
}

/** The first instant after a mall day, for a half-open range. */
export function endOfDay(day: string): string | null {
  const start = startOfDay(day);
  return start ? new Date(Date.parse(start) + DAY_MS).toISOString() : null;
}

/** Today in the mall's zone, as `2026-11-23`. */
export function today(now_ms: number): string {
  return formatDay(new Date(now_ms).toISOString());
}

/** A day some days away: `shiftDay('2026-03-01', -1)` is `2026-02-28`. */
export function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

const WEEKDAYS: Readonly<Record<Language, readonly string[]>> = {
  zh: ['周一', '周二', '周三', '周四', '周五', '周六', '周日'],
  en: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
};

/** `1` → `周一` … `7` → `周日`, as opening hours count them. */
export function weekdayName(weekday: number, language: Language = 'zh'): string {
  return WEEKDAYS[language][weekday - 1] ?? '';
}

/** An instant as a clock on the mall's wall shows it, for an input field: `2026-11-23 14:07`; null stays null. */
export function toWallClock(iso: string | null | undefined): string | null {
  return formatMoment(iso) || null;
}

/** The instant of a wall clock's `2026-11-23 14:07`, as ISO 8601 in UTC; null when it is none. */
export function fromWallClock(text: string | null | undefined): string | null {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2})$/.exec(text ?? '');
  const midnight = match ? startOfDay(match[1]!) : null;
  if (!match || !midnight) return null;
  return new Date(Date.parse(midnight) + (Number(match[2]) * 60 + Number(match[3])) * 60_000).toISOString();
}
