// Opening hours in as few words as they need: days with the same hours are said together.
import type { OpeningHours, SpecialDay } from '@/api/types';
import { language, t } from '@/messages';
import { formatDate, weekdayName } from '@shared/time';

export function openingText(hours: readonly OpeningHours[]): string {
  const days = [1, 2, 3, 4, 5, 6, 7].map((weekday) =>
    hours
      .filter((hour) => hour.weekday === weekday)
      .map((hour) => `${hour.open}–${hour.close}`)
      .join(t('common.list_comma')),
  );
  const runs: { from: number; to: number; text: string }[] = [];
  days.forEach((text, at) => {
    const last = runs[runs.length - 1];
    if (last && last.text === text) last.to = at + 1;
    else runs.push({ from: at + 1, to: at + 1, text });
  });
  if (runs.length === 1)
    return runs[0]!.text ? t('common.every_day', { hours: runs[0]!.text }) : t('common.closed_for_now');
  const named = (weekday: number): string => weekdayName(weekday, language.value);
  return runs
    .map(({ from, to, text }) => {
      const day = from === to ? named(from) : t('common.days', { from: named(from), to: named(to) });
      return `${day} ${text || t('common.day_off')}`;
    })
    .join(t('common.comma'));
}

/** How far ahead a special day is worth knowing, and how many of them at once. */
const AHEAD_MS = 21 * 86_400_000;
const MOST = 3;

/** The special days that are near: `2月6日 春节 休息`. */
export function specialTexts(days: readonly SpecialDay[], now_ms: number): string[] {
  return days
    .filter(({ date }) => Date.parse(date) - now_ms < AHEAD_MS)
    .slice(0, MOST)
    .map(({ date, note, spans }) => {
      const hours = spans.map(({ open, close }) => `${open}–${close}`).join(t('common.list_comma'));
      return [formatDate(date, language.value), note, hours || t('common.day_off')].filter(Boolean).join(' ');
    });
}
