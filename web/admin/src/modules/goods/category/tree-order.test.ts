import type { AdminCategory } from '@api/types';
import { moveChild, moveTop, placesOf, stepChild } from './tree-order';

const node = (id: string, children: AdminCategory[] = []): AdminCategory => ({
  id,
  name: id,
  position: 0,
  product_count: 0,
  children,
});
const tree = () => [node('茶', [node('绿'), node('红')]), node('器', [node('壶')]), node('花')];
const told = (made: readonly AdminCategory[]) =>
  made.map((top) => `${top.id}:${top.children.map((child) => child.id).join('')}`).join(' ');

describe('the order of categories', () => {
  it('is told with the parent of each', () => {
    expect(placesOf(tree()).slice(0, 3)).toEqual([
      { id: '茶', parent_id: null },
      { id: '绿', parent_id: '茶' },
      { id: '红', parent_id: '茶' },
    ]);
  });
  it('moves tops with all their children', () => {
    expect(told(moveTop(tree(), '器', 0))).toBe('器:壶 茶:绿红 花:');
    expect(told(moveTop(tree(), '器', 9))).toBe('茶:绿红 器:壶 花:');
  });
  it('moves children within a top and over to another', () => {
    expect(told(moveChild(tree(), '绿', '茶', 2))).toBe('茶:红绿 器:壶 花:');
    expect(told(moveChild(tree(), '绿', '花', 0))).toBe('茶:红 器:壶 花:绿');
    expect(moveChild(tree(), '绿', '花', 0)[2]!.children[0]!.parent_id).toBe('花');
  });
  it('walks children over the edge with the arrow keys, and stops at the ends', () => {
    expect(told(stepChild(tree(), '绿', 1))).toBe('茶:红绿 器:壶 花:');
    expect(told(stepChild(tree(), '红', 1))).toBe('茶:绿 器:红壶 花:');
    expect(told(stepChild(tree(), '壶', -1))).toBe('茶:绿红壶 器: 花:');
    expect(told(stepChild(tree(), '绿', -1))).toBe('茶:绿红 器:壶 花:');
  });
});
