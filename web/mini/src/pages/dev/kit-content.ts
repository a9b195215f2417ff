// What the components of the kit show. Development builds only.
import type { Explanation, OrderLineView, ProductCard, ProductDetail, ReviewView, StoreView } from '@/api/types';

const picture = { url: '', medium_url: '', small_url: '', width: 600, height: 600, alt: '' };
const card: ProductCard = {
  id: '1',
  name: '狮峰龙井 明前特级 手工炒制',
  subtitle: '豆花香，回甘快',
  picture,
  price_fen: 19_900,
  list_price_fen: 25_900,
  tags: ['店主推荐'],
  sales_count: 12_800,
  review_count: 96,
  in_stock: true,
};
const sku = (id: string, option_values: string[], available: number) => ({
  id,
  code: id,
  option_values,
  price_fen: 19_900,
  available,
  weight_g: 100,
});
const detail: ProductDetail = {
  ...card,
  status: 'on_sale',
  gallery: [picture],
  description_html: '',
  categories: [],
  attributes: [],
  options: [
    { name: '净含量', values: ['100g', '250g', '500g'] },
    { name: '包装', values: ['袋装', '礼盒'] },
  ],
  // 500g comes in a bag only, and 250g in a box is sold out.
  skus: [
    sku('1', ['100g', '袋装'], 9),
    sku('2', ['100g', '礼盒'], 40),
    sku('3', ['250g', '袋装'], 12),
    sku('4', ['250g', '礼盒'], 0),
    sku('5', ['500g', '袋装'], 3),
  ],
  max_price_fen: 19_900,
  reviews: { count: 96, rating_x10: 48, positive_percent: 97, with_pictures: 12 },
  return_7d: true,
  freight_note: '满 99 免运费',
  shop_open: true,
};
export const product = { ...card, detail };

export const line: OrderLineView = {
  id: '1',
  sku_id: '1',
  product_id: '1',
  name: card.name,
  option_text: '100g / 袋装',
  picture,
  unit_price_fen: 19_900,
  quantity: 2,
  payable_fen: 39_800,
  shipped_quantity: 1,
  to_ship_quantity: 0,
  refunded_quantity: 0,
  claimed_quantity: 0,
  reviewed: false,
  gift: false,
};

export const explanation: Explanation[] = [
  { lane: 'promotion', label: '满 300 减 30', amount_fen: -3_000, applied: true },
  { lane: 'coupon', label: '新客券', amount_fen: 0, applied: false, reason: '与满减不能同用' },
  { lane: 'freight', label: '运费', amount_fen: 0, applied: true, reason: '满 99 免运费' },
];

export const review: ReviewView = {
  id: '1',
  nickname: '林**',
  rating: 5,
  text: '豆花香很足，第三泡还有回甘。',
  option_text: '100g / 袋装',
  pictures: [],
  reply: '谢谢您，明年也给您留着。',
  created_at: '2026-11-20T06:00:00Z',
};

export const store: StoreView = {
  id: '1',
  name: '湖滨店',
  province: '浙江省',
  city: '杭州市',
  district: '上城区',
  address: '东坡路 8 号',
  phone: '0571-87010418',
  lat: 30.2537,
  lng: 120.1648,
  hours: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, open: '10:00', close: '21:30' })),
  services: ['wifi', 'fitting'],
  special_days: [{ date: '2027-02-06', note: '春节', spans: [] }],
  open_now: true,
  notice: '周末人多，可先下单自提',
  distance_m: 1_380,
};
