// Opening hours in words: neighbouring days with the same hours are said once.

import type { OpeningHours } from '@api/types';
import { weekdayName } from '@shared/time';

export function hoursText(hours: readonly OpeningHours[]): string {
  const days = [...hours].sort((a, b) => a.weekday - b.weekday);
  const runs: { from: OpeningHours; to: OpeningHours }[] = [];
  for (const day of days) {
    const run = runs.at(-1);
    const joins = run && run.to.weekday + 1 === day.weekday && run.to.open === day.open && run.to.close === day.close;
    if (joins) run.to = day;
    else runs.push({ from: day, to: day });
  }
  if (runs.length === 0) return '未设置营业时间';
  return runs
    .map(({ from, to }) => {
      const span =
        from.weekday === to.weekday
          ? weekdayName(from.weekday)
          : `${weekdayName(from.weekday)}至${weekdayName(to.weekday)}`;
      return `${from.weekday === 1 && to.weekday === 7 ? '每天' : span} ${from.open}–${from.close}`;
    })
    .join('，');
}

/** One editable row per weekday; `open: null` is a day off. */
export interface DayRow {
  weekday: number;
  works: boolean;
  open: string;
  close: string;
}

export function weekRows(hours: readonly OpeningHours[]): DayRow[] {
  return [1, 2, 3, 4, 5, 6, 7].map((weekday) => {
    const day = hours.find((known) => known.weekday === weekday);
    return { weekday, works: day !== undefined, open: day?.open ?? '10:00', close: day?.close ?? '21:30' };
  });
}

export function hoursOf(rows: readonly DayRow[]): OpeningHours[] {
  return rows.filter(({ works }) => works).map(({ weekday, open, close }) => ({ weekday, open, close }));
}
