import { auditTarget } from './audit-target';

describe('auditTarget', () => {
  it('links to the page of what was changed', () => {
    expect(auditTarget('order:123')).toEqual({ word: '订单', id: '123', to: '/orders/123' });
    expect(auditTarget('role:7').to).toBe('/roles');
  });
  it('shows what it does not know as it came', () => {
    expect(auditTarget('coupon:9')).toEqual({ word: 'coupon', id: '9', to: null });
    expect(auditTarget('mall')).toEqual({ word: '商城设置', id: '', to: null });
    expect(auditTarget('toString:1').to).toBeNull();
  });
});
