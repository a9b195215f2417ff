import type { Dashboard } from '@api/types';
import { changeText, countText, figures, funnelSteps, paidInHour, paidOn, todos } from './figures';

const day = { paid_fen: 11000, orders_paid: 3, orders_placed: 4, new_members: 0, refunded_fen: 0 };
const data: Dashboard = {
  today: day,
  yesterday: { ...day, paid_fen: 10000, new_members: 0 },
  last_week: { ...day, paid_fen: 0 },
  todo: {
    to_ship: 2,
    to_pick_up: 0,
    unpaid: 0,
    low_stock: 1,
    after_sales: 0,
    refund_problems: 0,
    reviews_unanswered: 0,
    webhooks_disabled: 0,
  },
  curve: [],
  days: [],
  funnel: { visitors: 0, carts: 0, orders: 0, paid: 0 },
  funnel_yesterday: { visitors: 0, carts: 0, orders: 0, paid: 0 },
  top_products: [],
  as_of: '2026-11-22T16:30:00Z',
};

describe('figures', () => {
  it('writes money and compares with yesterday till the same time', () => {
    const [sales] = figures(data);
    expect(sales).toMatchObject({ value: '¥110.00', yesterday: '¥100.00', last_week: '¥0.00', change: 100 });
  });
  it('has no comparison without a base', () => {
    expect(figures(data)[2]?.change).toBeNull();
  });
  it('links to the rows of the mall day', () => {
    expect(figures(data)[0]?.to).toBe(paidOn('2026-11-23'));
  });
});

describe('funnel', () => {
  it('gives each step as a share of the one before', () => {
    const now = { visitors: 200, carts: 50, orders: 0, paid: 0 };
    const steps = funnelSteps(now, now, '2026-11-23');
    expect(steps.map(({ rate }) => rate)).toEqual([null, '25.0%', '0.0%', null]);
    expect(steps[1]).toMatchObject({ count: 50, share: 0.25 });
    expect(countText(1000)).toBe('999+');
  });
});

describe('todos', () => {
  it('lead to filtered lists', () => {
    expect(todos(data.todo)[0]).toMatchObject({ count: 2, to: '/orders?state=to_ship' });
  });
});

describe('changeText', () => {
  it('writes a signed percentage', () => {
    expect(changeText(100)).toBe('+10.0%');
    expect(changeText(-5)).toBe('-0.5%');
    expect(changeText(0)).toBe('持平');
  });
});

describe('the orders behind a point of a curve', () => {
  it('are those paid in its hour, or on its day', () => {
    const query = (path: string) => Object.fromEntries(new URLSearchParams(path.split('?')[1]));
    expect(query(paidInHour('2026-11-23', 9))).toEqual({
      paid_from: '2026-11-23T01:00:00.000Z',
      paid_to: '2026-11-23T02:00:00.000Z',
    });
    expect(query(paidOn('2026-11-23')).paid_from).toMatch(/^2026-11-22T16:00:00/);
  });
});
