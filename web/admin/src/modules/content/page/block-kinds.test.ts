import { freshId, KINDS, missing, nameOf } from './block-kinds';

describe('block kinds', () => {
  it('gives ids that are not taken, also after blocks were removed', () => {
    const block = { kind: 'spacer', height: 8 } as const;
    expect(freshId([])).toBe('b1');
    expect(freshId([{ id: 'b2', hidden: false, block }])).toBe('b3');
    expect(freshId(['b2', 'b3'].map((id) => ({ id, hidden: false, block })))).toBe('b4');
  });
  it('says of a new block what it still needs', () => {
    const needs = KINDS.filter((word) => missing(word.make()) !== '').map((word) => word.kind);
    expect(needs).toEqual(['banner', 'pictures', 'hotspot', 'video', 'notice']);
  });
  it('names a block by what it says', () => {
    expect(nameOf({ kind: 'notice', text: '今天发货', link: null })).toBe('今天发货');
    expect(nameOf({ kind: 'categories', category_ids: [] })).toBe('全部一级分类');
  });
});
