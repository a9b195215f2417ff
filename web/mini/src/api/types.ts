// The shapes of the shop API, named as the server names them. Ids are strings, money is integer fen,
// instants are ISO 8601 in UTC, and an absent optional may come as null.

export type Maybe<T> = T | null;

export interface Page<T> {
  items: T[];
  next_cursor?: Maybe<string>;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  field?: Maybe<string>;
  request_id?: Maybe<string>;
  details?: Maybe<Record<string, unknown>>;
}

// ---- people ----
export interface Badges {
  unpaid: number;
  to_ship: number;
  to_pick_up: number;
  shipped: number;
  to_review: number;
  cart: number;
  favourites: number;
}
export interface Me {
  id: string;
  kind: 'guest' | 'member';
  nickname: string;
  avatar_url?: Maybe<string>;
  phone_masked?: Maybe<string>;
  created_at: string;
  badges: Badges;
}
export interface MeInput {
  nickname?: Maybe<string>;
  avatar_key?: Maybe<string>;
}
export interface SessionGranted {
  token: string;
  expires_at: string;
  me: Me;
}
export interface SmsCodeRequest {
  phone: string;
}
export interface PhoneSignIn {
  phone: string;
  code: string;
}
export interface WechatSignIn {
  code: string;
}
export interface WechatPhone {
  code: string;
}
export interface Region {
  code: string;
  name: string;
  has_children: boolean;
}
export interface Address {
  id: string;
  name: string;
  phone: string;
  province_code: string;
  city_code: string;
  district_code: string;
  street_code?: Maybe<string>;
  province: string;
  city: string;
  district: string;
  street?: Maybe<string>;
  detail: string;
  tag?: Maybe<string>;
  is_default: boolean;
}
export interface AddressInput {
  name: string;
  phone: string;
  district_code: string;
  street_code?: Maybe<string>;
  detail: string;
  tag?: Maybe<string>;
  is_default: boolean;
}

// ---- goods ----
export interface Picture {
  url: string;
  medium_url: string;
  small_url: string;
  width: number;
  height: number;
  alt: string;
}
export interface Link {
  kind: 'product' | 'category' | 'search' | 'page';
  target: string;
}
export interface MallBrief {
  code: string;
  name: string;
  logo_url?: Maybe<string>;
  accent: string;
}
export interface CategoryBrief {
  id: string;
  name: string;
  picture_url?: Maybe<string>;
}
export interface CategoryNode extends CategoryBrief {
  children: CategoryNode[];
}
export interface BrandBrief {
  id: string;
  name: string;
  logo_url?: Maybe<string>;
}
export interface ProductCard {
  id: string;
  name: string;
  subtitle?: Maybe<string>;
  picture: Picture;
  price_fen: number;
  list_price_fen?: Maybe<number>;
  sales_count: number;
  review_count: number;
  in_stock: boolean;
  tags: string[];
}
export interface BannerItem {
  picture: Picture;
  title: string;
  subtitle?: Maybe<string>;
  link: Link;
}
export type Block =
  | { kind: 'banner'; items: BannerItem[] }
  | { kind: 'categories'; items: CategoryBrief[] }
  | { kind: 'products'; title: string; subtitle?: Maybe<string>; more?: Maybe<Link>; items: ProductCard[] }
  | { kind: 'text'; title: string; text: string };
export interface HomePage {
  mall: MallBrief;
  blocks: Block[];
}
export interface Facets {
  brands: { id: string; name: string; count: number }[];
  attributes: { name: string; values: { value: string; count: number }[] }[];
  min_price_fen: number;
  max_price_fen: number;
  total: number;
}
export interface ProductList {
  items: ProductCard[];
  next_cursor?: Maybe<string>;
  facets?: Maybe<Facets>;
}
export interface SkuView {
  id: string;
  code: string;
  option_values: string[];
  price_fen: number;
  list_price_fen?: Maybe<number>;
  available: number;
  picture_url?: Maybe<string>;
  weight_g: number;
}
export interface ProductDetail {
  id: string;
  name: string;
  subtitle?: Maybe<string>;
  status: 'on_sale' | 'off_sale' | 'scheduled';
  on_sale_at?: Maybe<string>;
  gallery: Picture[];
  video_url?: Maybe<string>;
  description_html: string;
  brand?: Maybe<BrandBrief>;
  categories: CategoryBrief[];
  attributes: { name: string; value: string }[];
  options: { name: string; values: string[] }[];
  skus: SkuView[];
  price_fen: number;
  max_price_fen: number;
  list_price_fen?: Maybe<number>;
  sales_count: number;
  reviews: { count: number; rating_x10: number; with_pictures: number; positive_percent: number };
  tags: string[];
  return_7d: boolean;
  freight_note: string;
  purchase_limit?: Maybe<number>;
}
export interface ReviewView {
  id: string;
  nickname: string;
  avatar_url?: Maybe<string>;
  rating: number;
  text: string;
  pictures: Picture[];
  option_text: string;
  created_at: string;
  reply?: Maybe<string>;
}
export interface Suggestions {
  words: string[];
}
export interface HotWords {
  words: string[];
}
export interface SearchHistory {
  words: string[];
}
export interface Favourite {
  is_favourite: boolean;
}
export interface StoreHours {
  weekday: number;
  open: string;
  close: string;
}
export interface StoreView {
  id: string;
  name: string;
  picture?: Maybe<Picture>;
  province: string;
  city: string;
  district: string;
  address: string;
  phone: string;
  lat: number;
  lng: number;
  hours: StoreHours[];
  open_now: boolean;
  notice?: Maybe<string>;
  distance_m?: Maybe<number>;
}

// ---- trade ----
export interface LineProblem {
  code: string;
  message: string;
}
export interface CartLine {
  sku_id: string;
  product_id: string;
  name: string;
  option_text: string;
  picture: Picture;
  unit_price_fen: number;
  list_price_fen?: Maybe<number>;
  quantity: number;
  selected: boolean;
  available: number;
  max_quantity: number;
  problem?: Maybe<LineProblem>;
}
export interface CartView {
  lines: CartLine[];
  count: number;
  selected_count: number;
  selected_total_fen: number;
}
export interface CartAdd {
  sku_id: string;
  quantity: number;
}
export interface CartChange {
  quantity?: Maybe<number>;
  selected?: Maybe<boolean>;
  new_sku_id?: Maybe<string>;
}
export interface CartSelect {
  sku_ids?: Maybe<string[]>;
  selected: boolean;
}
export interface CartRemove {
  sku_ids: string[];
}
export interface OrderItem {
  sku_id: string;
  quantity: number;
}
export type Delivery = { kind: 'express'; address_id?: Maybe<string> } | { kind: 'pickup'; store_id?: Maybe<string> };
export interface QuoteRequest {
  source: 'cart' | 'now';
  items?: Maybe<OrderItem[]>;
  delivery: Delivery;
}
export interface QuoteLine {
  sku_id: string;
  product_id: string;
  name: string;
  option_text: string;
  picture: Picture;
  quantity: number;
  unit_price_fen: number;
  amount_fen: number;
  discount_fen: number;
  payable_fen: number;
}
export interface Explanation {
  lane: 'activity' | 'best_price' | 'promotion' | 'coupon' | 'points' | 'freight' | 'reward';
  label: string;
  amount_fen: number;
  applied: boolean;
  reason?: Maybe<string>;
}
export interface QuoteProblem {
  sku_id?: Maybe<string>;
  code: string;
  message: string;
}
export interface Quote {
  lines: QuoteLine[];
  explanation: Explanation[];
  goods_fen: number;
  discount_fen: number;
  freight_fen: number;
  total_fen: number;
  problems: QuoteProblem[];
  placeable: boolean;
}
export interface PlaceOrder {
  source: 'cart' | 'now';
  items?: Maybe<OrderItem[]>;
  delivery: Delivery;
  remark?: Maybe<string>;
  expected_total_fen: number;
}
export interface PlacedOrder {
  payment_id: string;
  orders: { id: string; number: string }[];
  total_fen: number;
  expires_at: string;
  status: OrderStatus;
}
export type OrderStatus = 'unpaid' | 'paid_waiting' | 'to_ship' | 'to_pick_up' | 'shipped' | 'completed' | 'closed';
export type Action = 'pay' | 'cancel' | 'confirm' | 'track' | 'review' | 'refund_ask' | 'buy_again';
export interface OrderLineView {
  id: string;
  product_id: string;
  sku_id: string;
  name: string;
  option_text: string;
  picture: Picture;
  quantity: number;
  unit_price_fen: number;
  payable_fen: number;
  shipped_quantity: number;
  reviewed: boolean;
}
export interface OrderCard {
  id: string;
  number: string;
  status: OrderStatus;
  total_fen: number;
  quantity: number;
  created_at: string;
  expires_at?: Maybe<string>;
  lines: OrderLineView[];
  allowed_actions: Action[];
}
export interface ParcelView {
  id: string;
  carrier_code: string;
  carrier_name: string;
  tracking_number: string;
  shipped_at: string;
  state?: Maybe<string>;
  lines: { line_id: string; quantity: number }[];
}
export interface PaymentView {
  id: string;
  channel: string;
  status: 'pending' | 'paid' | 'closed' | 'failed' | 'refunding' | 'refunded';
  amount_fen: number;
  paid_at?: Maybe<string>;
  order_ids: string[];
  transaction_id?: Maybe<string>;
}
export interface RefundView {
  id: string;
  amount_fen: number;
  status: string;
  reason: string;
  created_at: string;
  finished_at?: Maybe<string>;
}
export interface OrderDetail {
  id: string;
  number: string;
  status: OrderStatus;
  allowed_actions: Action[];
  created_at: string;
  expires_at?: Maybe<string>;
  paid_at?: Maybe<string>;
  completed_at?: Maybe<string>;
  closed_reason?: Maybe<string>;
  delivery_kind: 'express' | 'pickup';
  receiver?: Maybe<{ name: string; phone_masked: string; phone: string; region: string; detail: string }>;
  pickup?: Maybe<{ store: StoreView; code?: Maybe<string>; ready: boolean; redeemed_at?: Maybe<string> }>;
  lines: OrderLineView[];
  goods_fen: number;
  discount_fen: number;
  freight_fen: number;
  total_fen: number;
  explanation: Explanation[];
  remark?: Maybe<string>;
  parcels: ParcelView[];
  events: { at: string; kind: string; text: string }[];
  payments: PaymentView[];
  refunds: RefundView[];
}
export interface CancelOrder {
  reason?: Maybe<string>;
}
export interface PayRequest {
  channel: 'wechat';
  scene: 'mini_program' | 'native' | 'h5';
  return_url?: Maybe<string>;
}
export type PayInstruction =
  | {
      kind: 'mini_program';
      app_id: string;
      time_stamp: string;
      nonce_str: string;
      package: string;
      sign_type: string;
      pay_sign: string;
    }
  | { kind: 'native'; code_url: string }
  | { kind: 'h5'; h5_url: string };
export interface PayIntent {
  payment_id: string;
  status: PaymentView['status'];
  amount_fen: number;
  expires_at: string;
  instruction?: Maybe<PayInstruction>;
}
export interface TrackView {
  carrier_name: string;
  tracking_number: string;
  state?: Maybe<string>;
  events: { at: string; text: string }[];
}
export interface ReviewInput {
  line_id: string;
  rating: number;
  text: string;
  picture_keys?: Maybe<string[]>;
  anonymous?: Maybe<boolean>;
}
export interface ReviewsInput {
  reviews: ReviewInput[];
}
export interface Upload {
  key: string;
  picture: Picture;
}
