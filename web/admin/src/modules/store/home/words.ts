// Words of homes, the same on every page.
import type { HomeHow, LeftHomes } from '@api/types';

const HOW: Record<HomeHow, string> = { invite: '扫码邀请', counter: '柜台消费', staff: '员工指定' };

export const howWord = (how: HomeHow): string => HOW[how];

/** `湖滨店 · 小满`. */
export const whoseWord = (home: { store_name: string; clerk_name?: string | null }): string =>
  home.clerk_name ? `${home.store_name} · ${home.clerk_name}` : home.store_name;

/** Why somebody's members need another clerk. */
export const leftWord = (left: LeftHomes): string => (left.is_active ? '已调走' : '已停用');

/** The page that moves these members, filled in. */
export const moveLink = (left: LeftHomes) => ({
  path: '/homes',
  query: { store_id: left.store_id, move: '1', from_store: left.store_id, from_clerk: left.clerk_id },
});
