// The kinds of blocks a page is made of: their words, what a new one holds, and how one is named in a list.

import {
  ChatLineSquare,
  Collection,
  Goods,
  Grid,
  Location,
  Minus,
  Picture,
  Pointer,
  Reading,
  Star,
  Ticket,
  Timer,
  VideoPlay,
} from '@element-plus/icons-vue';
import type { Component } from 'vue';
import type { BlockSource, PlacedBlock } from '@api/types';

export type Kind = BlockSource['kind'];
export type BlockOf<K extends Kind> = Extract<BlockSource, { kind: K }>;

export interface KindWord {
  kind: Kind;
  label: string;
  hint: string;
  icon: Component;
  make: () => BlockSource;
}

export const KINDS: readonly KindWord[] = [
  {
    kind: 'banner',
    label: '轮播图',
    hint: '大图，一次一张',
    icon: Picture,
    make: () => ({ kind: 'banner', items: [] }),
  },
  {
    kind: 'categories',
    label: '分类入口',
    hint: '圆形的分类图',
    icon: Collection,
    make: () => ({ kind: 'categories', category_ids: [] }),
  },
  {
    kind: 'products',
    label: '商品',
    hint: '按标签、分类、新品、热卖或自选',
    icon: Goods,
    make: () => ({
      kind: 'products',
      title: '新到店',
      subtitle: null,
      more: null,
      source: { kind: 'newest' },
      layout: 'grid',
      limit: 6,
    }),
  },
  {
    kind: 'text',
    label: '文字',
    hint: '标题和几句话',
    icon: Reading,
    make: () => ({ kind: 'text', title: '', text: '' }),
  },
  {
    kind: 'pictures',
    label: '图片组',
    hint: '一到四列',
    icon: Grid,
    make: () => ({ kind: 'pictures', columns: 2, items: [] }),
  },
  {
    kind: 'hotspot',
    label: '热区图',
    hint: '一张图，多处可点',
    icon: Pointer,
    make: () => ({ kind: 'hotspot', picture_key: '', title: '', spots: [] }),
  },
  {
    kind: 'video',
    label: '视频',
    hint: '点了才播放',
    icon: VideoPlay,
    make: () => ({ kind: 'video', title: '', video_key: '', poster_key: null }),
  },
  {
    kind: 'notice',
    label: '公告',
    hint: '一行消息',
    icon: ChatLineSquare,
    make: () => ({ kind: 'notice', text: '', link: null }),
  },
  {
    kind: 'stores',
    label: '门店',
    hint: '地址和营业时间',
    icon: Location,
    make: () => ({ kind: 'stores', title: '来店里坐坐', store_ids: [] }),
  },
  {
    kind: 'coupons',
    label: '优惠券',
    hint: '当场领取',
    icon: Ticket,
    make: () => ({ kind: 'coupons', title: '领券', template_ids: [] }),
  },
  {
    kind: 'limited',
    label: '限时购',
    hint: '正在进行的场次和倒计时',
    icon: Timer,
    make: () => ({ kind: 'limited', title: '限时购', limit: 6 }),
  },
  {
    kind: 'recommended',
    label: '猜你喜欢',
    hint: '按顾客看过的推荐，可由顾客关闭',
    icon: Star,
    make: () => ({ kind: 'recommended', title: '猜你喜欢', limit: 10 }),
  },
  { kind: 'spacer', label: '留白', hint: '拉开上下距离', icon: Minus, make: () => ({ kind: 'spacer', height: 24 }) },
];

export function wordOf(kind: Kind): KindWord {
  return KINDS.find((word) => word.kind === kind) ?? KINDS[0]!;
}

/** What tells this block from others of its kind. */
export function nameOf(block: BlockSource): string {
  switch (block.kind) {
    case 'banner':
    case 'pictures':
      return block.items.length ? block.items.map((item) => item.title || '图片').join('、') : '还没有图片';
    case 'products':
    case 'stores':
    case 'coupons':
    case 'limited':
    case 'recommended':
    case 'text':
    case 'hotspot':
    case 'video':
      return block.title || '没有标题';
    case 'notice':
      return block.text || '还没有内容';
    case 'spacer':
      return `${block.height} 像素`;
    case 'categories':
      return block.category_ids?.length ? `${block.category_ids.length} 个分类` : '全部一级分类';
  }
}

/** Why a block cannot be shown yet, or an empty text. */
export function missing(block: BlockSource): string {
  switch (block.kind) {
    case 'banner':
    case 'pictures':
      return block.items.length === 0 ? '还没有放图片' : '';
    case 'hotspot':
      return block.picture_key ? '' : '还没有放图片';
    case 'video':
      return block.video_key ? '' : '还没有放视频';
    case 'notice':
      return block.text.trim() ? '' : '还没有写内容';
    case 'products':
      return block.source.kind === 'tag' && !block.source.tag.trim() ? '还没有选标签' : '';
    default:
      return '';
  }
}

/** An id that no other block of the page has. */
export function freshId(blocks: readonly PlacedBlock[]): string {
  const taken = new Set(blocks.map((placed) => placed.id));
  let n = blocks.length + 1;
  while (taken.has(`b${n}`)) n += 1;
  return `b${n}`;
}
