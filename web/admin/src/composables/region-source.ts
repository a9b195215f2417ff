// Regions read from the server, each level once, and the names behind their codes.

import type { Region } from '@api/types';
import { listRegions } from '@/api/goods';
import { shortName } from './regions';

/** Not in the list of delivery regions, but they can be named as "no delivery". */
const OUTSIDE: readonly Region[] = [
  { code: '71', name: '台湾省', has_children: false },
  { code: '81', name: '香港特别行政区', has_children: false },
  { code: '82', name: '澳门特别行政区', has_children: false },
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
