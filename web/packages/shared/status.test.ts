import {
  memberAction,
  movementKind,
  ORDER_TABS,
  orderStatus,
  paymentStatus,
  productStatus,
  staffAction,
} from './status';

describe('statuses', () => {
  it('has a word for every order status of the contract', () => {
    for (const status of ['unpaid', 'paid_waiting', 'to_ship', 'to_pick_up', 'shipped', 'completed', 'closed']) {
      expect(orderStatus(status).label, status).not.toBe(status);
    }
  });
  it('has a word for every payment status of the contract', () => {
    for (const status of ['pending', 'paid', 'closed', 'failed', 'refunding', 'refunded']) {
      expect(paymentStatus(status).label, status).not.toBe(status);
    }
  });
  it('asks for action where staff must act', () => {
    expect(orderStatus('to_ship').tone).toBe('action');
    expect(orderStatus('closed').tone).toBe('muted');
    expect(productStatus('on_sale').tone).toBe('done');
  });
  it('shows an unknown status as it came, also one named like a built-in', () => {
    expect(orderStatus('frozen')).toEqual({ label: 'frozen', tone: 'muted' });
    expect(orderStatus('constructor')).toEqual({ label: 'constructor', tone: 'muted' });
  });
});

describe('actions and kinds', () => {
  it('are verbs', () => {
    expect(memberAction('confirm')).toBe('确认收货');
    expect(staffAction('ship')).toBe('发货');
    expect(movementKind('receive')).toBe('入库');
    expect(staffAction('teleport')).toBe('teleport');
  });
  it('every order tab but the first is an order status', () => {
    for (const tab of ORDER_TABS.slice(1)) expect(orderStatus(tab.state).label).toBe(tab.label);
  });
});
