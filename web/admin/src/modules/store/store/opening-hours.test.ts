import { hoursOf, hoursText, weekRows } from './opening-hours';

const week = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({
  weekday,
  open: '10:00',
  close: weekday < 5 ? '21:30' : '22:00',
}));

describe('opening hours', () => {
  it('says neighbouring days once', () => {
    expect(hoursText(week)).toBe('周一至周四 10:00–21:30，周五至周日 10:00–22:00');
    expect(hoursText(week.map((day) => ({ ...day, close: '22:00' })))).toBe('每天 10:00–22:00');
    expect(hoursText(week.filter(({ weekday }) => weekday !== 2).slice(0, 2))).toBe(
      '周一 10:00–21:30，周三 10:00–21:30',
    );
    expect(hoursText([])).toBe('未设置营业时间');
  });
  it('comes back from the week rows as it went in', () => {
    const some = week.filter(({ weekday }) => weekday !== 7);
    expect(hoursOf(weekRows(some))).toEqual(some);
    expect(weekRows(some)[6]).toMatchObject({ weekday: 7, works: false });
  });
});
