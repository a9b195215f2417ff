// How sizes and places of files are said.

import type { FileUse } from '@api/types';

export function sizeText(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  const tenths = Math.round((bytes * 10) / (1024 * 1024));
  return `${Math.floor(tenths / 10)}.${tenths % 10} MB`;
}

const PLACES: Record<string, { word: string; to: (id: string) => string | null }> = {
  product: { word: '商品', to: (id) => `/products/${id}` },
  category: { word: '分类', to: () => '/categories' },
  brand: { word: '品牌', to: () => '/brands' },
  store: { word: '门店', to: (id) => `/stores/${id}` },
  page: { word: '页面', to: (id) => `/pages/${id}` },
  review: { word: '评价', to: () => '/reviews' },
  mall: { word: '商城设置', to: () => '/settings' },
};

export function useTarget(use: FileUse): { word: string; to: string | null } {
  const place = PLACES[use.kind];
  return { word: place?.word ?? use.kind, to: place?.to(use.id) ?? null };
}
