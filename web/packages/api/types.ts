// The names of the API contract, for the pages of both apps. Ids are strings, money is integer fen,
// instants are ISO 8601 in UTC, and an optional field is absent or null.

type Opt<T> = T | null;

export interface Page<T> {
  items: T[];
  next_cursor?: Opt<string>;
}

// ---- shared by shop and admin

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  field?: Opt<string>;
  request_id?: string;
  details?: unknown;
}

export interface Picture {
  url: string;
  medium_url: string;
  small_url: string;
  width: number;
  height: number;
  alt: string;
}

export interface Upload {
  key: string;
  picture: Picture;
}

export interface MallBrief {
  code: string;
  name: string;
  logo_url?: Opt<string>;
  accent: string;
}

export interface Region {
  code: string;
  name: string;
  has_children: boolean;
}

export interface CategoryNode {
  id: string;
  name: string;
  picture_url?: Opt<string>;
  children: CategoryNode[];
}

export interface BrandBrief {
  id: string;
  name: string;
  logo_url?: Opt<string>;
}

export interface NameValue {
  name: string;
  value: string;
}

export interface OptionAxis {
  name: string;
  values: string[];
}

export interface OpeningHours {
  /** 1 is Monday, 7 is Sunday. */
  weekday: number;
  open: string;
  close: string;
}

export interface StoreView {
  id: string;
  name: string;
  picture?: Opt<Picture>;
  province: string;
  city: string;
  district: string;
  address: string;
  phone: string;
  lat: number;
  lng: number;
  hours: OpeningHours[];
  open_now: boolean;
  notice?: Opt<string>;
  distance_m?: Opt<number>;
}

// ---- orders

export interface Explanation {
  lane: string;
  label: string;
  amount_fen: number;
  applied: boolean;
  reason?: Opt<string>;
}

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

export interface LineQuantity {
  line_id: string;
  quantity: number;
}

export interface ParcelView {
  id: string;
  carrier_code: string;
  carrier_name: string;
  tracking_number: string;
  shipped_at: string;
  state?: Opt<string>;
  lines: LineQuantity[];
}

export interface PaymentView {
  id: string;
  channel: string;
  status: string;
  amount_fen: number;
  paid_at?: Opt<string>;
  order_ids: string[];
  transaction_id?: Opt<string>;
}

export interface RefundView {
  id: string;
  amount_fen: number;
  status: string;
  reason: string;
  created_at: string;
  finished_at?: Opt<string>;
}

export interface OrderEvent {
  at: string;
  kind: string;
  text: string;
}

export interface Receiver {
  name: string;
  phone_masked: string;
  phone: string;
  region: string;
  detail: string;
}

export interface PickupView {
  store: StoreView;
  code?: Opt<string>;
  ready: boolean;
  redeemed_at?: Opt<string>;
}

export interface OrderDetail {
  id: string;
  number: string;
  status: string;
  allowed_actions: string[];
  created_at: string;
  expires_at?: Opt<string>;
  paid_at?: Opt<string>;
  completed_at?: Opt<string>;
  closed_reason?: Opt<string>;
  delivery_kind: string;
  receiver?: Opt<Receiver>;
  pickup?: Opt<PickupView>;
  lines: OrderLineView[];
  goods_fen: number;
  discount_fen: number;
  freight_fen: number;
  total_fen: number;
  explanation: Explanation[];
  remark?: Opt<string>;
  parcels: ParcelView[];
  events: OrderEvent[];
  payments: PaymentView[];
  refunds: RefundView[];
}

export interface MemberBrief {
  id: string;
  nickname: string;
  phone_masked?: Opt<string>;
}

export interface ShippingUpload {
  status: string;
  attempts: number;
  last_error?: Opt<string>;
}

export interface AdminOrderDetail extends OrderDetail {
  member: MemberBrief;
  staff_remark?: Opt<string>;
  shipping_upload?: Opt<ShippingUpload>;
}

export interface AdminOrderRow {
  id: string;
  number: string;
  status: string;
  member: MemberBrief;
  receiver_name?: Opt<string>;
  phone_masked?: Opt<string>;
  total_fen: number;
  quantity: number;
  delivery_kind: string;
  store_name?: Opt<string>;
  created_at: string;
  paid_at?: Opt<string>;
  lines: OrderLineView[];
  allowed_actions: string[];
}

export interface ShipRequest {
  carrier_code: string;
  tracking_number: string;
  lines?: LineQuantity[];
}

export interface Carrier {
  code: string;
  name: string;
}

export interface RedeemPreview {
  order_id: string;
  number: string;
  member_nickname: string;
  store_name: string;
  lines: OrderLineView[];
  status: string;
  problem?: Opt<string>;
}

// ---- staff

export interface StaffSignIn {
  username: string;
  password: string;
  totp?: string;
}

export interface IdName {
  id: string;
  name: string;
}

export interface StaffMe {
  id: string;
  username: string;
  name: string;
  role_name: string;
  permissions: string[];
  store?: Opt<IdName>;
  totp_enabled: boolean;
  mall: MallBrief;
}

export interface StaffSession {
  token: string;
  expires_at: string;
  me: StaffMe;
}

export interface TotpStart {
  secret: string;
  otpauth_url: string;
}

export interface StaffRow {
  id: string;
  username: string;
  name: string;
  role: IdName;
  store?: Opt<IdName>;
  status: string;
  totp_enabled: boolean;
  last_sign_in_at?: Opt<string>;
}

export interface StaffInput {
  username: string;
  name: string;
  role_id: string;
  store_id?: Opt<string>;
  password: string;
}

export interface StaffChange {
  name: string;
  role_id: string;
  store_id?: Opt<string>;
  status: string;
}

export interface Role {
  id: string;
  name: string;
  permissions: string[];
  is_owner: boolean;
}

export interface RoleInput {
  name: string;
  permissions: string[];
}

export interface PermissionGroup {
  group: string;
  label: string;
  permissions: { code: string; label: string }[];
}

export interface AuditRow {
  id: string;
  at: string;
  staff_name: string;
  action: string;
  target: string;
  summary: string;
  ip: string;
}

// ---- dashboard

export interface DaySales {
  paid_fen: number;
  orders_paid: number;
  orders_placed: number;
  new_members: number;
  refunded_fen: number;
}

export interface TodoCounts {
  to_ship: number;
  to_pick_up: number;
  unpaid: number;
  low_stock: number;
  refund_problems: number;
  reviews_unanswered: number;
}

export interface TopProduct {
  product_id: string;
  name: string;
  picture: Picture;
  quantity: number;
  amount_fen: number;
}

export interface HourSales {
  hour: number;
  today_fen: number;
  yesterday_fen: number;
}

export interface Dashboard {
  today: DaySales;
  yesterday: DaySales;
  last_week: DaySales;
  todo: TodoCounts;
  curve: HourSales[];
  top_products: TopProduct[];
  as_of: string;
}

// ---- goods

export interface AdminProductRow {
  id: string;
  name: string;
  picture?: Opt<Picture>;
  status: string;
  price_fen: number;
  max_price_fen: number;
  stock: number;
  reserved: number;
  sales_count: number;
  category_name: string;
  updated_at: string;
}

export interface SkuInput {
  id?: Opt<string>;
  code: string;
  barcode?: Opt<string>;
  option_values: string[];
  price_fen: number;
  list_price_fen?: Opt<number>;
  cost_fen?: Opt<number>;
  weight_g: number;
  volume_cm3: number;
  picture_key?: Opt<string>;
  initial_stock?: Opt<number>;
}

export interface ProductInput {
  name: string;
  subtitle?: Opt<string>;
  category_id: string;
  brand_id?: Opt<string>;
  freight_template_id?: Opt<string>;
  picture_keys: string[];
  video_key?: Opt<string>;
  description_html: string;
  attributes: NameValue[];
  options: OptionAxis[];
  skus: SkuInput[];
  tags: string[];
  keywords?: Opt<string>;
  return_7d: boolean;
  purchase_limit?: Opt<number>;
  status: string;
  on_sale_at?: Opt<string>;
  off_sale_at?: Opt<string>;
}

export interface AdminSku extends SkuInput {
  id: string;
  on_hand: number;
  reserved: number;
}

export interface KeyedPicture {
  key: string;
  picture: Picture;
}

export interface AdminProduct extends Omit<ProductInput, 'skus'> {
  id: string;
  version: number;
  updated_at: string;
  skus: AdminSku[];
  pictures: KeyedPicture[];
}

export interface AdminCategory {
  id: string;
  name: string;
  parent_id?: Opt<string>;
  picture_key?: Opt<string>;
  picture_url?: Opt<string>;
  position: number;
  product_count: number;
  children: AdminCategory[];
}

export interface AdminBrand {
  id: string;
  name: string;
  logo_key?: Opt<string>;
  logo_url?: Opt<string>;
  story: string;
  position: number;
}

export interface CategoryInput {
  name: string;
  parent_id?: Opt<string>;
  picture_key?: Opt<string>;
  position: number;
}

export interface BrandInput {
  name: string;
  logo_key?: Opt<string>;
  story?: Opt<string>;
  position: number;
}

export interface Location {
  id: string;
  name: string;
  kind: string;
  store_id?: Opt<string>;
}

export interface StockRow {
  sku_id: string;
  product_id: string;
  product_name: string;
  picture?: Opt<Picture>;
  option_text: string;
  code: string;
  location_id: string;
  location_name: string;
  on_hand: number;
  reserved: number;
  available: number;
}

export interface StockChange {
  sku_id: string;
  location_id: string;
  kind: string;
  quantity: number;
  note?: Opt<string>;
}

export interface Movement {
  id: string;
  at: string;
  kind: string;
  sku_id: string;
  location_name: string;
  delta_on_hand: number;
  delta_reserved: number;
  holder_kind?: Opt<string>;
  holder_id?: Opt<string>;
  actor_kind: string;
  actor_name?: Opt<string>;
  note?: Opt<string>;
}

export interface FreightRule {
  /** Empty for the rule of everywhere else. */
  region_codes: string[];
  first: number;
  first_fee_fen: number;
  next: number;
  next_fee_fen: number;
}

export interface FreightFreeRule {
  region_codes: string[];
  min_amount_fen?: Opt<number>;
  min_quantity?: Opt<number>;
}

export interface FreightTemplateInput {
  name: string;
  unit: string;
  rules: FreightRule[];
  free_rules: FreightFreeRule[];
  no_delivery_codes: string[];
  is_default: boolean;
}

export interface FreightTemplate extends FreightTemplateInput {
  id: string;
}

// ---- people, stores, reviews, settings

export interface MemberRow {
  id: string;
  nickname: string;
  phone_masked?: Opt<string>;
  created_at: string;
  orders: number;
  paid_fen: number;
}

export interface AdminReview {
  id: string;
  nickname: string;
  avatar_url?: Opt<string>;
  rating: number;
  text: string;
  pictures: Picture[];
  option_text: string;
  created_at: string;
  reply?: Opt<string>;
  product: IdName;
  order_id?: Opt<string>;
  hidden_reason?: Opt<string>;
}

export interface AdminStore extends StoreView {
  status: string;
  staff_count: number;
  district_code?: Opt<string>;
  picture_key?: Opt<string>;
}

export interface StoreInput {
  name: string;
  district_code: string;
  address: string;
  lat: number;
  lng: number;
  phone: string;
  hours: OpeningHours[];
  notice?: Opt<string>;
  picture_key?: Opt<string>;
  status: string;
}

export interface MallSettings {
  name: string;
  logo_key?: Opt<string>;
  accent: string;
  order_expiry_minutes: number;
  auto_confirm_days: number;
  service_phone?: Opt<string>;
  icp_number?: Opt<string>;
}
