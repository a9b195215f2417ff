// Words of homes, the same on every page.
import type { HomeHow } from '@api/types';

const HOW: Record<HomeHow, string> = { invite: '扫码邀请', counter: '柜台消费', staff: '员工指定' };

export const howWord = (how: HomeHow): string => HOW[how];

/** `湖滨店 · 小满`. */
export const whoseWord = (home: { store_name: string; clerk_name?: string | null }): string =>
  home.clerk_name ? `${home.store_name} · ${home.clerk_name}` : home.store_name;
