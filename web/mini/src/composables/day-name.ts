// A day as people say it who stand close to it.
import { clockSkew } from '@/api/session';
import { language, t } from '@/messages';
import { formatDate, shiftDay, today } from '@shared/time';

/** `2027-02-06` as today, tomorrow, or its date. */
export function dayName(day: string): string {
  const now = today(clockSkew.now());
  if (day === now) return t('checkout.today');
  return day === shiftDay(now, 1) ? t('checkout.tomorrow') : formatDate(day, language.value);
}
