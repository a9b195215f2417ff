// What the states of a booking are called, and what a clerk may press.

import type { BookingAction, BookingState } from '@api/types';
import type { StatusWord } from '@shared/status';

const STATES: Record<BookingState, StatusWord> = {
  held: { label: '待付定金', tone: 'waiting' },
  booked: { label: '待到店', tone: 'waiting' },
  arrived: { label: '已到店', tone: 'moving' },
  started: { label: '服务中', tone: 'moving' },
  finished: { label: '已完成', tone: 'done' },
  no_show: { label: '未到店', tone: 'alarm' },
  cancelled: { label: '已取消', tone: 'muted' },
  lapsed: { label: '已失效', tone: 'muted' },
};
export const bookingState = (state: BookingState): StatusWord => STATES[state];

const ACTIONS: Partial<Record<BookingAction, string>> = {
  arrive: '到店',
  start: '开始',
  finish: '完成',
  no_show: '未到店',
  reschedule: '改约',
  cancel: '取消',
  take_rest: '收尾款',
};
export const actionLabel = (action: BookingAction): string => ACTIONS[action] ?? '';
/** The one that comes next stands out. */
export const isNext = (action: BookingAction): boolean =>
  action === 'arrive' || action === 'start' || action === 'take_rest';
