// Provinces by part of the country, their short names, and which codes cover which.

import type { Region } from '@api/types';

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

/** `330106` lies in `3301` and `33`. */
export function ancestors(code: string): string[] {
  return [2, 4, 6].filter((length) => length < code.length).map((length) => code.slice(0, length));
}

/** Short names as people say them: `浙江`, `内蒙古`, `杭州市`. */
export function shortName(region: Region): string {
  if (region.code.length > 2) return region.name;
  return region.name.replace(/(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$/, '');
}

/** Adds or removes a region. A whole province swallows its cities; they are no longer named. */
export function toggleRegion(codes: readonly string[], code: string, on: boolean): string[] {
  const without = codes.filter((known) => known !== code && !(on && known.startsWith(code)));
  return on ? [...without, code].sort() : without;
}
