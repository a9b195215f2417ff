// What the quick jump offers for a text: pages and settings by their words, then what the server finds.

import { memberStatus, orderStatus, productStatus, type StatusWord } from '@shared/status';
import type { SearchHit } from '@api/types';
import { searchEverything } from '@/api/mall';
import { ALL_PAGES } from '@/app/navigation';

export interface Place {
  key: string;
  group: string;
  title: string;
  note: string;
  to: string;
}

type Can = (permission: string) => boolean;

/** Settings are places too: what a person may look for, and where it is. */
const SETTINGS: readonly { title: string; words: string; permission: string; to: string }[] = [
  { title: '商城名称与标志', words: '店名 logo 品牌色', permission: 'settings.edit', to: '/settings' },
  { title: '备案号与公司信息', words: 'ICP 营业执照', permission: 'settings.edit', to: '/settings' },
  { title: '自动关闭与自动收货', words: '超时 30 分钟 天数', permission: 'settings.edit', to: '/settings' },
  { title: '批量发货', words: '导入运单号 表格', permission: 'order.ship', to: '/ship-file' },
  { title: '运费与包邮', words: '邮费 快递费', permission: 'freight.view', to: '/freight' },
  { title: '员工账号与密码', words: '新增员工 停用', permission: 'staff.view', to: '/staff' },
];

const KINDS: Record<
  SearchHit['kind'],
  { group: string; to: (id: string) => string; status?: (s: string) => StatusWord }
> = {
  order: { group: '订单', to: (id) => `/orders/${id}`, status: orderStatus },
  product: { group: '商品', to: (id) => `/products/${id}`, status: productStatus },
  member: { group: '会员', to: (id) => `/members/${id}`, status: memberStatus },
  store: { group: '门店', to: (id) => `/stores/${id}` },
  page: { group: '店铺页面', to: () => '/pages' },
};

export function pagesMatching(text: string, can: Can): Place[] {
  const wanted = text.trim().toLowerCase();
  const pages = ALL_PAGES.filter((page) => can(page.permission))
    .filter((page) => !wanted || `${page.title} ${page.words} ${page.path}`.toLowerCase().includes(wanted))
    .map((page) => ({ key: page.path, group: '页面', title: page.title, note: '', to: page.path }));
  if (!wanted) return pages;
  const settings = SETTINGS.filter(({ permission }) => can(permission))
    .filter(({ title, words }) => `${title} ${words}`.toLowerCase().includes(wanted))
    .map(({ title, to }) => ({ key: `setting-${title}`, group: '设置', title, note: '', to }));
  return [...pages, ...settings];
}

/** One hit as a place; a kind that this page does not know (a newer server) is left out. */
export function placeOf(hit: SearchHit): Place | null {
  const kind = KINDS[hit.kind];
  if (!kind || (hit.kind === 'page' && !ALL_PAGES.some(({ path }) => path === '/pages'))) return null;
  const status = hit.status && kind.status ? `${kind.status(hit.status).label} · ` : '';
  return {
    key: `${hit.kind}-${hit.id}`,
    group: kind.group,
    title: hit.title,
    note: `${status}${hit.note}`,
    to: kind.to(hit.id),
  };
}

/** What the server finds of what the reader may see. Throws when it did not answer. */
export async function findPlaces(q: string): Promise<Place[]> {
  const hits = await searchEverything(q);
  return hits.map(placeOf).filter((place) => place !== null);
}
