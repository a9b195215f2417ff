import type { AdminAfterSaleView } from '@api/types';
import { approval, describe as plan } from './plans';

const after = (changes: Partial<AdminAfterSaleView>) =>
  ({
    id: '1',
    kind: 'refund_only',
    stage: 'unsent',
    status: 'requested',
    quantity: 2,
    refund_fen: 2_002,
    member: { id: '9', nickname: '青禾' },
    ...changes,
  }) as AdminAfterSaleView;

describe('what a decision does', () => {
  it('says how much goes back to whom, and what happens to the goods', () => {
    expect(approval(after({}))).toContain('¥20.02 原路退给 青禾');
    expect(approval(after({}))).toContain('2 件商品回到库存');
    expect(approval(after({ stage: 'sent' }))).not.toContain('库存');
    expect(approval(after({ kind: 'exchange', stage: 'sent' }))).toContain('留出来');
  });
  it('tells a refusal of the operator from one of the shop', () => {
    expect(plan('decline', after({}))?.consequence).toContain('可以申请平台处理');
    expect(plan('decline', after({ status: 'escalated' }))?.consequence).toContain('最终处理');
    expect(plan('approve', after({}))).toBeNull();
  });
});
