// The product as it is edited: one flat object for the form, and its way to and from the server.

import type {
  AdminProduct,
  KeyedPicture,
  NameValue,
  NoReturnReason,
  ProductOption,
  ProductInput,
  ProductStatus,
} from '@api/types';
import { storedPicture } from '@/composables/stored-picture';
import { emptyRow, fromServer, matrix, settledOptions, toInput, type SkuRow } from './sku-matrix';

export interface ProductDraft {
  code: string;
  name: string;
  subtitle: string;
  category_id: string | null;
  brand_id: string | null;
  /** Whose it is; the mall's own shop when null. It stays there. */
  shop_id: string | null;
  freight_template_id: string | null;
  pictures: KeyedPicture[];
  video: KeyedPicture | null;
  description_html: string;
  attributes: NameValue[];
  options: ProductOption[];
  skus: SkuRow[];
  tags: string[];
  keywords: string;
  return_7d: boolean;
  no_return_reason: NoReturnReason;
  purchase_limit: number | null;
  status: ProductStatus;
  on_sale_at: string | null;
  off_sale_at: string | null;
}

export function emptyDraft(): ProductDraft {
  return {
    code: '',
    name: '',
    subtitle: '',
    category_id: null,
    brand_id: null,
    shop_id: null,
    freight_template_id: null,
    pictures: [],
    video: null,
    description_html: '',
    attributes: [],
    options: [],
    skus: [emptyRow([])],
    tags: [],
    keywords: '',
    return_7d: true,
    no_return_reason: 'confirmed',
    purchase_limit: null,
    status: 'off_sale',
    on_sale_at: null,
    off_sale_at: null,
  };
}

export function draftOf(product: AdminProduct): ProductDraft {
  return {
    code: product.code ?? '',
    name: product.name,
    subtitle: product.subtitle ?? '',
    category_id: product.category_id,
    brand_id: product.brand_id ?? null,
    shop_id: product.shop_id,
    freight_template_id: product.freight_template_id ?? null,
    pictures: [...product.pictures],
    video: storedPicture(product.video_key, product.video_url)[0] ?? null,
    description_html: product.description_html,
    attributes: product.attributes.map((attribute) => ({ ...attribute })),
    options: product.options.map(({ name, values }) => ({ name, values: [...values] })),
    skus: fromServer(product.skus),
    tags: [...product.tags],
    keywords: product.keywords ?? '',
    return_7d: product.return_7d,
    no_return_reason: product.no_return_reason ?? 'confirmed',
    purchase_limit: product.purchase_limit ?? null,
    // A product in the bin is shown as off sale; only restoring it brings it back.
    status: product.status === 'deleted' ? 'off_sale' : product.status,
    on_sale_at: product.on_sale_at ?? null,
    off_sale_at: product.off_sale_at ?? null,
  };
}

export function inputOf(draft: ProductDraft): ProductInput {
  return {
    code: draft.code.trim() || null,
    name: draft.name.trim(),
    subtitle: draft.subtitle.trim() || null,
    category_id: draft.category_id ?? '',
    brand_id: draft.brand_id,
    shop_id: draft.shop_id,
    freight_template_id: draft.freight_template_id,
    picture_keys: draft.pictures.map(({ key }) => key),
    video_key: draft.video?.key ?? null,
    description_html: draft.description_html,
    attributes: draft.attributes
      .map(({ name, value }) => ({ name: name.trim(), value: value.trim() }))
      .filter(({ name, value }) => name && value),
    options: settledOptions(draft.options),
    skus: toInput(matrix(draft.options, draft.skus)),
    tags: draft.tags,
    keywords: draft.keywords.trim() || null,
    return_7d: draft.return_7d,
    no_return_reason: draft.return_7d ? null : draft.no_return_reason,
    purchase_limit: draft.purchase_limit || null,
    status: draft.status,
    on_sale_at: draft.status === 'scheduled' ? draft.on_sale_at : null,
    off_sale_at: draft.off_sale_at,
  };
}

/** What stops the draft from being saved, in the order of the page. */
export function draftProblems(draft: ProductDraft, now_ms: number): string[] {
  const problems: string[] = [];
  if (!draft.name.trim()) problems.push('商品还没有名称');
  if (!draft.category_id) problems.push('还没有选分类');
  if (draft.status !== 'off_sale' && draft.pictures.length === 0) problems.push('上架前至少要有一张图片');
  if (draft.status === 'scheduled' && !draft.on_sale_at) problems.push('还没有选上架时间');
  if (draft.status === 'scheduled' && draft.on_sale_at && Date.parse(draft.on_sale_at) <= now_ms)
    problems.push('上架时间已经过去');
  if (draft.off_sale_at && draft.on_sale_at && draft.off_sale_at <= draft.on_sale_at)
    problems.push('下架时间应晚于上架时间');
  return problems;
}
