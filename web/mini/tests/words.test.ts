import { describe, expect, it } from 'vitest';
import type { Region } from '@/api/types';
import { contrast, onDarkPaper, onPaper, textOn, themeVariables } from '@/composables/theme';
import { matchRegions, readAddress, withoutRegions } from '@/composables/address-paste';
import { openingText } from '@/composables/opening';
import { countFilters, EMPTY_FILTER, toQuery } from '@/composables/product-filter';

describe('readAddress', () => {
  it('takes a labelled address apart', () => {
    expect(readAddress('收货人：林晚风 电话：138-0000-0001 地址：浙江省杭州市上城区劳动路128号2幢301室')).toEqual({
      name: '林晚风',
      phone: '13800000001',
      detail: '浙江省杭州市上城区劳动路128号2幢301室',
    });
  });
  it('reads any order and a country code', () => {
    expect(readAddress('浙江省杭州市西湖区文三路90号，+86 139 1234 5678，陈明')).toEqual({
      name: '陈明',
      phone: '13912345678',
      detail: '浙江省杭州市西湖区文三路90号',
    });
  });
  it('admits that it recognised nothing', () => {
    expect(readAddress('1234567')).toBeNull();
  });
});

describe('matchRegions', () => {
  const tree: Record<string, Region[]> = {
    '': [
      { code: '11', name: '北京市', has_children: true },
      { code: '33', name: '浙江省', has_children: true },
    ],
    '11': [{ code: '1101', name: '市辖区', has_children: true }],
    '1101': [{ code: '110105', name: '朝阳区', has_children: true }],
    '33': [{ code: '3301', name: '杭州市', has_children: true }],
    '3301': [{ code: '330102', name: '上城区', has_children: true }],
  };
  const children = (parent = ''): Promise<Region[]> => Promise.resolve(tree[parent] ?? []);
  it('finds the three levels and leaves the rest', async () => {
    const found = await matchRegions('浙江杭州市上城区劳动路128号', children);
    expect(found?.path.map((region) => region.code)).toEqual(['33', '3301', '330102']);
    expect(found?.rest).toBe('劳动路128号');
  });
  it('fills in the level that Beijing does not write', async () => {
    const found = await matchRegions('北京市朝阳区望京街1号', children);
    expect(found?.path.map((region) => region.code)).toEqual(['11', '1101', '110105']);
  });
  it('does not guess', async () => {
    expect(await matchRegions('望京街1号', children)).toBeNull();
    expect(await matchRegions('浙江省杭州市劳动路', children)).toBeNull();
  });
  it('does not say chosen regions twice', () => {
    expect(withoutRegions('杭州市上城区劳动路', ['浙江省', '杭州市', '上城区'])).toBe('劳动路');
  });
});

describe('openingText', () => {
  const hours = (days: number[], open: string, close: string) => days.map((weekday) => ({ weekday, open, close }));
  it('says equal days together', () => {
    expect(openingText(hours([1, 2, 3, 4, 5, 6, 7], '10:00', '21:30'))).toBe('每天 10:00–21:30');
    expect(openingText([...hours([1, 2, 3, 4], '10:00', '21:30'), ...hours([5, 6, 7], '10:00', '22:00')])).toBe(
      '周一至周四 10:00–21:30，周五至周日 10:00–22:00',
    );
  });
  it('names the day off', () => {
    expect(openingText(hours([2, 3, 4, 5, 6, 7], '09:00', '18:00'))).toBe('周一 休息，周二至周日 09:00–18:00');
    expect(openingText([])).toBe('暂停营业');
  });
});

describe('product filter', () => {
  it('reads as a query and mends a swapped price range', () => {
    const filter = {
      ...EMPTY_FILTER,
      attributes: { 产地: ['杭州', '龙泉'] },
      min_fen: 20_000,
      max_fen: 10_000,
      in_stock: true,
    };
    expect(toQuery(filter)).toEqual({
      attr: ['产地:杭州', '产地:龙泉'],
      in_stock: true,
      min_price_fen: 10_000,
      max_price_fen: 20_000,
    });
    expect(countFilters(filter)).toBe(4);
    expect(countFilters(EMPTY_FILTER)).toBe(0);
  });
});

describe("the mall's theme", () => {
  it('can be read by day and by night, whatever colour the owner picks', () => {
    for (const accent of ['#2f7d6b', '#ffd54a', '#ffffff', '#000000', '#c8452f', '#1a1aff', '#ff66cc', '#808080']) {
      const [day, night] = [onPaper(accent), onDarkPaper(accent)];
      expect(contrast(day, '#fbfaf7'), `${accent} on paper`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(night, '#1f2120'), `${accent} on dark paper`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(day, textOn(day)), `text on ${day}`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(night, textOn(night, '#10201c')), `text on ${night}`).toBeGreaterThanOrEqual(4.5);
    }
  });
  it('keeps a colour that is readable already', () => {
    expect(onPaper('#2f7d6b')).toBe('#2f7d6b');
    expect(onDarkPaper('#2f7d6b')).toMatch(/^#[4-6][0-9a-f][a-c][0-9a-f][89a-b][0-9a-f]$/);
  });
  it('brings colour and roundness at once, and ignores what is neither', () => {
    expect(themeVariables({ accent: '#2f7d6b', radius_px: 6 })).toMatch(
      /--accent-day:#2f7d6b;.*--radius:6px;--radius-small:4px/,
    );
    expect(themeVariables({ accent: 'red; background: url(x)', radius_px: 99 })).toBe(
      '--radius:24px;--radius-small:16px',
    );
    expect(themeVariables(null)).toBe('');
  });
});
