// What an audit row is about: `order:123` becomes the word for it and, where there is a page, its address.

interface Noun {
  word: string;
  page?: (id: string) => string;
}

/** Nouns with their words, for filters. */
export const nounWords = (): { noun: string; word: string }[] =>
  Object.entries(NOUNS).map(([noun, { word }]) => ({ noun, word }));

const NOUNS: Readonly<Record<string, Noun>> = {
  order: { word: '订单', page: (id) => `/orders/${id}` },
  product: { word: '商品', page: (id) => `/products/${id}` },
  sku: { word: '库存' },
  category: { word: '分类', page: () => '/categories' },
  brand: { word: '品牌', page: () => '/brands' },
  freight_template: { word: '运费模板', page: (id) => `/freight/${id}` },
  review: { word: '评价', page: () => '/reviews' },
  store: { word: '门店', page: (id) => `/stores/${id}` },
  staff: { word: '员工', page: () => '/staff' },
  role: { word: '角色', page: () => '/roles' },
  mall: { word: '商城设置', page: () => '/settings' },
  webhook: { word: 'Webhook', page: (id) => `/webhooks/${id}` },
  api_key: { word: 'API 密钥', page: () => '/api-keys' },
  after_sale: { word: '售后', page: (id) => `/after-sales/${id}` },
  refund: { word: '退款', page: () => '/refunds?state=all' },
  member: { word: '会员', page: (id) => `/members/${id}` },
  saved_view: { word: '筛选' },
  task: { word: '任务', page: (id) => `/tasks/${id}` },
  file: { word: '素材', page: () => '/media' },
  account: { word: '外部账号', page: () => '/accounts' },
  template: { word: '开店模板', page: () => '/templates' },
  media_folder: { word: '素材文件夹', page: () => '/media' },
  page: { word: '页面', page: (id) => `/pages/${id}` },
};

export interface AuditTarget {
  word: string;
  id: string;
  to: string | null;
}

export function auditTarget(target: string): AuditTarget {
  const [noun = '', ...rest] = target.split(':');
  const id = rest.join(':');
  const known = Object.hasOwn(NOUNS, noun) ? NOUNS[noun] : undefined;
  return { word: known?.word ?? noun, id, to: (id && known?.page?.(id)) || null };
}
