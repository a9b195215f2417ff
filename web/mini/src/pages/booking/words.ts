// What the states of a booking are called.
import type { BookingState } from '@/api/types';
import { t } from '@/messages';
import type { StatusWord, Tone } from '@shared/status';

const TONES: Record<BookingState, Tone> = {
  held: 'alarm',
  booked: 'waiting',
  arrived: 'moving',
  started: 'moving',
  finished: 'done',
  no_show: 'muted',
  cancelled: 'muted',
  lapsed: 'muted',
};
export const bookingWord = (state: BookingState): StatusWord => ({
  label: t(`booking.state_${state}`),
  tone: TONES[state],
});
