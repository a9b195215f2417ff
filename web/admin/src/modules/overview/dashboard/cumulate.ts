// Hourly sales summed up over the day. Today's line ends at the hour of the reading: the hours
// ahead are unknown, not zero.

import type { HourSales } from '@api/types';
import { formatClock } from '@shared/time';

export interface Cumulated {
  hours: string[];
  today: number[];
  yesterday: number[];
}

export function cumulate(curve: readonly HourSales[], as_of: string): Cumulated {
  const hourNow = Number(formatClock(as_of).slice(0, 2));
  const lines: Cumulated = { hours: [], today: [], yesterday: [] };
  let today = 0;
  let yesterday = 0;
  for (const point of [...curve].sort((a, b) => a.hour - b.hour)) {
    today += point.today_fen;
    yesterday += point.yesterday_fen;
    lines.hours.push(`${point.hour}:00`);
    lines.yesterday.push(yesterday);
    if (point.hour <= hourNow) lines.today.push(today);
  }
  return lines;
}
