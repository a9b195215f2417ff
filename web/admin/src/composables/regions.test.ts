import { ancestors, PARTS, shortName, toggleRegion } from './regions';

describe('regions', () => {
  it('every province belongs to exactly one part of the country', () => {
    const codes = PARTS.flatMap((part) => part.codes);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).toHaveLength(34);
  });
  it('knows what lies above a code', () => {
    expect(ancestors('330106')).toEqual(['33', '3301']);
    expect(ancestors('33')).toEqual([]);
  });
  it('names provinces as people say them', () => {
    const short = (name: string) => shortName({ code: '11', name, has_children: true });
    expect(['浙江省', '北京市', '内蒙古自治区', '新疆维吾尔自治区', '香港特别行政区'].map(short)).toEqual([
      '浙江',
      '北京',
      '内蒙古',
      '新疆',
      '香港',
    ]);
    expect(shortName({ code: '3301', name: '杭州市', has_children: true })).toBe('杭州市');
  });
});

describe('toggleRegion', () => {
  it('a whole province swallows its cities', () => {
    expect(toggleRegion(['3301', '32'], '33', true)).toEqual(['32', '33']);
  });
  it('removes only what was named', () => {
    expect(toggleRegion(['3301', '33'], '33', false)).toEqual(['3301']);
  });
});
