import { describe, expect, it } from 'vitest';
import { broken } from '@/pages/product/poster';

const width = (text: string): number => [...text].length * 10;

describe('lines of a name', () => {
  it('stay whole when they fit', () => {
    expect(broken('西湖龙井', 3, width, 100)).toEqual(['西湖龙井']);
  });
  it('break where the room ends', () => {
    expect(broken('一二三四五六', 3, width, 30)).toEqual(['一二三', '四五六']);
  });
  it('end with an ellipsis when there are too many', () => {
    expect(broken('一二三四五六七', 2, width, 30)).toEqual(['一二三', '四五…']);
  });
});
