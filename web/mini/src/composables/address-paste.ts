// Reading a pasted address: the name, the phone and the rest, in whatever order people write them.
// What cannot be told apart stays in the detail line, where it can be corrected.

import type { Region } from '@/api/types';

export interface PastedAddress {
  name: string;
  phone: string;
  detail: string;
}

const PHONE = /(?:\+?86[-\s]?)?(1[3-9]\d)[-\s]?(\d{4})[-\s]?(\d{4})(?!\d)/;
const LABELS =
  /(收货人|收件人|姓名|联系人|联系电话|手机号码|手机号|手机|电话|所在地区|详细地址|收货地址|地址)[:：\s]*/g;
const PLACE = /[省市区县镇乡街道路号弄幢栋室村]/;

export function readAddress(text: string): PastedAddress | null {
  const plain = text.replace(LABELS, ' ').replace(/[\r\n\t,，;；、|]+/g, ' ');
  const phone = PHONE.exec(plain);
  const words = (phone ? plain.replace(phone[0], ' ') : plain).split(/\s+/).filter(Boolean);
  const nameAt = words.findIndex((word) => /^[\u4e00-\u9fa5·A-Za-z]{2,6}$/.test(word) && !PLACE.test(word.slice(1)));
  const name = nameAt >= 0 ? words[nameAt]! : '';
  const detail = words.filter((_, at) => at !== nameAt).join('');
  if (!phone && !name) return null;
  return { name, phone: phone ? phone[1]! + phone[2]! + phone[3]! : '', detail };
}

/** The part of an address after the regions that are chosen already, so that they are not said twice. */
export function withoutRegions(detail: string, regions: readonly string[]): string {
  return regions.reduce((rest, region) => (rest.startsWith(region) ? rest.slice(region.length) : rest), detail);
}

/** What people leave out when they write a division's name. */
const SUFFIX = /(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|省|市|区|县)$/;

function startsWithRegion(text: string, region: Region): number {
  if (text.startsWith(region.name)) return region.name.length;
  const short = region.name.replace(SUFFIX, '');
  return short.length >= 2 && text.startsWith(short) ? short.length : 0;
}

/**
 * Finds province, city and district at the start of a written address. `children` reads the divisions
 * below a code. Answers null when the province or the district is not there: guessing is worse than asking.
 */
export async function matchRegions(
  text: string,
  children: (parent?: string) => Promise<Region[]>,
): Promise<{ path: Region[]; rest: string } | null> {
  const path: Region[] = [];
  let rest = text;
  while (path.length < 3) {
    const list = await children(path[path.length - 1]?.code);
    const found = list.find((region) => startsWithRegion(rest, region) > 0);
    if (found) {
      rest = rest.slice(startsWithRegion(rest, found));
      path.push(found);
      continue;
    }
    // Beijing, Shanghai, Tianjin and Chongqing have a level that nobody writes: 市辖区.
    const unwritten = path.length === 1 ? list.find((region) => region.name === '市辖区') : undefined;
    if (!unwritten) return null;
    path.push(unwritten);
  }
  return { path, rest: rest.trim() };
}
