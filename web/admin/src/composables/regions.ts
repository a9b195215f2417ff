// Provinces by part of the country, the names behind region codes, and which codes cover which.

import type { Region } from '@api/types';
import { listRegions } from '@/api/goods';

/** Not in the list of delivery regions, but they can be named as "no delivery". */
const OUTSIDE: readonly Region[] = [
  { code: '71', name: '台湾省', has_children: false },
  { code: '81', name: '香港特别行政区', has_children: false },
  { code: '82', name: '澳门特别行政区', has_children: false },
];

export const PARTS: readonly { name: string; codes: readonly string[] }[] = [
  { name: '华东', codes: ['31', '32', '33', '34', '35', '36', '37'] },
  { name: '华北', codes: ['11', '12', '13', '14', '15'] },
  { name: '华中', codes: ['41', '42', '43'] },
  { name: '华南', codes: ['44', '45', '46'] },
  { name: '西南', codes: ['50', '51', '52', '53', '54'] },
  { name: '西北', codes: ['61', '62', '63', '64', '65'] },
  { name: '东北', codes: ['21', '22', '23'] },
  { name: '港澳台', codes: ['71', '81', '82'] },
];

const children = new Map<string, Promise<Region[]>>();

/** The regions below one, or the provinces; each is asked for once. */
export function regionsBelow(parent: string): Promise<Region[]> {
  let asked = children.get(parent);
  if (!asked) {
    asked = listRegions(parent || undefined);
    asked.catch(() => children.delete(parent));
    children.set(parent, asked);
  }
  return asked;
}

export async function provinces(): Promise<Region[]> {
  const known = await regionsBelow('');
  return [...known, ...OUTSIDE.filter(({ code }) => !known.some((region) => region.code === code))];
}

/** `330106` lies in `3301` and `33`. */
export function ancestors(code: string): string[] {
  return [2, 4, 6].filter((length) => length < code.length).map((length) => code.slice(0, length));
}

/** Short names as people say them: `浙江`, `内蒙古`, `杭州市`. */
export function shortName(region: Region): string {
  if (region.code.length > 2) return region.name;
  return region.name.replace(/(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$/, '');
}

/** The names of codes of provinces, cities and districts, in the order given. */
export async function namesOf(codes: readonly string[]): Promise<string[]> {
  return Promise.all(
    codes.map(async (code) => {
      const level = code.length === 2 ? await provinces() : await regionsBelow(code.slice(0, code.length - 2));
      const region = level.find((known) => known.code === code);
      return region ? shortName(region) : code;
    }),
  );
}

/** Adds or removes a region. A whole province swallows its cities; they are no longer named. */
export function toggleRegion(codes: readonly string[], code: string, on: boolean): string[] {
  const without = codes.filter((known) => known !== code && !(on && known.startsWith(code)));
  return on ? [...without, code].sort() : without;
}
