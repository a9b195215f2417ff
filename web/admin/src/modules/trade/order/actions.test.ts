import { buttonsOf } from './actions';

describe('buttonsOf', () => {
  it('offers what the state allows and the role may do, the next step last', () => {
    const may = (permission: string) => permission !== 'order.refund';
    const actions = buttonsOf(['ship', 'refund', 'remark'], may).map(({ action }) => action);
    expect(actions).toEqual(['remark', 'ship']);
  });
  it('has one primary action', () => {
    const kinds = buttonsOf(['ship', 'refund', 'remark'], () => true).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'primary')).toHaveLength(1);
  });
  it('ignores actions of members and unknown ones', () => {
    expect(buttonsOf(['pay', 'cancel', 'teleport'], () => true)).toEqual([]);
  });
});
