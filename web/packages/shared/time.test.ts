import {
  endOfDay,
  formatAgo,
  formatDay,
  formatInstant,
  formatMoment,
  formatRemaining,
  fromWallClock,
  shiftDay,
  startOfDay,
  today,
  toWallClock,
  weekdayName,
  formatDate,
} from './time';

const NOW = Date.parse('2026-11-23T06:07:00Z'); // 14:07 in Hangzhou

describe('instants are shown in China Standard Time', () => {
  it('crosses midnight with the mall, not with the reader', () => {
    expect(formatMoment('2026-11-22T16:30:00Z')).toBe('2026-11-23 00:30');
    expect(formatDay('2026-12-31T16:00:00Z')).toBe('2027-01-01');
    expect(formatInstant('2026-11-22T16:30:09Z')).toBe('2026-11-23 00:30:09');
    expect(today(NOW)).toBe('2026-11-23');
  });
  it('shows nothing for what is absent or broken', () => {
    expect(formatMoment(null)).toBe('');
    expect(formatMoment('soon')).toBe('');
  });
});

describe('formatAgo', () => {
  it('speaks like a person', () => {
    expect(formatAgo('2026-11-23T06:06:30Z', NOW)).toBe('刚刚');
    expect(formatAgo('2026-11-23T05:37:00Z', NOW)).toBe('30 分钟前');
    expect(formatAgo('2026-11-22T17:00:00Z', NOW)).toBe('今天 01:00');
    expect(formatAgo('2026-11-22T15:00:00Z', NOW)).toBe('昨天 23:00');
    expect(formatAgo('2026-11-02T10:00:00Z', NOW)).toBe('11-02 18:00');
    expect(formatAgo('2025-11-02T10:00:00Z', NOW)).toBe('2025-11-02');
  });
});

describe('formatRemaining', () => {
  it('counts down and stops at zero', () => {
    expect(formatRemaining('2026-11-23T06:36:05Z', NOW)).toBe('29:05');
    expect(formatRemaining('2026-11-23T07:09:03Z', NOW)).toBe('1:02:03');
    expect(formatRemaining('2026-11-25T09:11:00Z', NOW)).toBe('2 天 03:04');
    expect(formatRemaining('2026-11-23T06:00:00Z', NOW)).toBe('00:00');
  });
});

describe('days', () => {
  it('gives the half-open range of a mall day in UTC', () => {
    expect(startOfDay('2026-11-23')).toBe('2026-11-22T16:00:00.000Z');
    expect(endOfDay('2026-11-23')).toBe('2026-11-23T16:00:00.000Z');
    expect(startOfDay('23.11.2026')).toBeNull();
  });
  it('moves over month ends', () => {
    expect(shiftDay('2026-03-01', -1)).toBe('2026-02-28');
    expect(shiftDay('2026-12-31', 1)).toBe('2027-01-01');
  });
  it('names weekdays', () => {
    expect(weekdayName(1)).toBe('周一');
    expect(weekdayName(7)).toBe('周日');
    expect(weekdayName(9)).toBe('');
  });
});

describe('the wall clock of a field', () => {
  it('is the mall’s, both ways', () => {
    expect(toWallClock('2026-11-25T02:00:00.000Z')).toBe('2026-11-25 10:00');
    expect(fromWallClock('2026-11-25 10:00')).toBe('2026-11-25T02:00:00.000Z');
    expect(fromWallClock('2026-11-25 00:30')).toBe('2026-11-24T16:30:00.000Z');
  });
  it('is empty for nothing and for nonsense', () => {
    expect(toWallClock(null)).toBeNull();
    expect(fromWallClock('')).toBeNull();
    expect(fromWallClock('2026-13-45 10:00')).toBeNull();
  });
});

describe('English', () => {
  it('speaks of the same instants', () => {
    expect(formatAgo('2026-11-23T05:37:00Z', NOW, 'en')).toBe('30 min ago');
    expect(formatAgo('2026-11-22T15:00:00Z', NOW, 'en')).toBe('yesterday 23:00');
    expect(formatRemaining('2026-11-24T06:08:00Z', NOW, 'en')).toBe('1 day 00:01');
    expect(weekdayName(7, 'en')).toBe('Sun');
  });
});

describe('a day of the calendar', () => {
  it('is said as people say it', () => {
    expect(formatDate('2027-02-06')).toBe('2月6日');
    expect(formatDate('2027-02-06', 'en')).toBe('6 Feb');
  });
});
