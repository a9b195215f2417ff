-- Cart, orders, payments, parcels, pickup. The order table is trade_order because `order` is a word of SQL.

create table cart_line (
  mall_id bigint not null,
  member_id bigint not null,
  sku_id bigint not null,
  quantity bigint not null,
  selected boolean not null default true,
  added_at bigint not null,
  constraint cart_line_key primary key (mall_id, member_id, sku_id),
  constraint cart_line_quantity_in_range check (quantity between 1 and 999)
) @clustered@;

-- One order per shop; orders placed together share group_id (the id of the first) and are paid by one payment.
-- The order's number is its id in decimal.
create table trade_order (
  @id@,
  mall_id bigint not null,
  shop_id bigint not null,
  member_id bigint not null,
  group_id bigint not null,
  status text not null,
  delivery_kind text not null,
  location_id bigint not null,
  store_id bigint,
  goods_fen bigint not null,
  discount_fen bigint not null,
  freight_fen bigint not null,
  total_fen bigint not null,
  paid_fen bigint not null default 0,
  refunded_fen bigint not null default 0,
  quantity bigint not null,
  receiver text,
  receiver_search text,
  explanation text not null default '[]',
  remark text,
  staff_remark text,
  closed_reason text,
  created_at bigint not null,
  expires_at bigint,
  paid_at bigint,
  shipped_at bigint,
  completed_at bigint,
  closed_at bigint,
  @key@,
  constraint trade_order_status_known check (status in ('unpaid', 'paid_waiting', 'to_ship', 'to_pick_up', 'shipped', 'completed', 'closed')),
  constraint trade_order_delivery_known check (delivery_kind in ('express', 'pickup')),
  constraint trade_order_sums check (total_fen = goods_fen + discount_fen + freight_fen),
  constraint trade_order_not_negative check (goods_fen >= 0 and discount_fen <= 0 and freight_fen >= 0 and total_fen >= 0),
  constraint trade_order_refund_within_paid check (refunded_fen between 0 and paid_fen)
);
create index trade_order_by_member on trade_order (mall_id, member_id, id);
create index trade_order_by_status on trade_order (mall_id, status, id);
create index trade_order_unpaid on trade_order (mall_id, expires_at) where status = 'unpaid';
create index trade_order_shipped on trade_order (mall_id, shipped_at) where status = 'shipped';
create index trade_order_by_receiver on trade_order (mall_id, receiver_search) where receiver_search is not null;
create index trade_order_by_paid_at on trade_order (mall_id, paid_at) where paid_at is not null;

-- unit_shares: what each unit of the line cost, as [[fen, units], …]; the parts sum to payable_fen.
create table order_line (
  mall_id bigint not null,
  order_id bigint not null,
  id bigint not null,
  product_id bigint not null,
  sku_id bigint not null,
  name text not null,
  option_text text not null,
  picture_key text,
  quantity bigint not null,
  unit_price_fen bigint not null,
  amount_fen bigint not null,
  discount_fen bigint not null,
  payable_fen bigint not null,
  unit_shares text not null,
  return_7d boolean not null default true,
  shipped_quantity bigint not null default 0,
  refunded_quantity bigint not null default 0,
  reviewed_at bigint,
  constraint order_line_key primary key (mall_id, order_id, id),
  constraint order_line_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint order_line_quantity_positive check (quantity > 0),
  constraint order_line_shipped_within_quantity check (shipped_quantity between 0 and quantity),
  constraint order_line_refunded_within_quantity check (refunded_quantity between 0 and quantity),
  constraint order_line_sums check (payable_fen = amount_fen + discount_fen and discount_fen <= 0 and payable_fen >= 0)
) @clustered@;

-- One row per discount, fee or gift that applied; unit_shares as in order_line, line_id 0 for the order as a whole.
create table order_discount (
  mall_id bigint not null,
  order_id bigint not null,
  position bigint not null,
  line_id bigint not null default 0,
  kind text not null,
  source_kind text not null,
  source_id bigint not null,
  label text not null,
  amount_fen bigint not null,
  unit_shares text not null default '[]',
  constraint order_discount_key primary key (mall_id, order_id, position),
  constraint order_discount_sign check ((kind = 'discount' and amount_fen <= 0) or (kind = 'fee' and amount_fen >= 0) or (kind = 'gift' and amount_fen = 0))
) @clustered@;

create table order_event (
  mall_id bigint not null,
  order_id bigint not null,
  id bigint not null,
  kind text not null,
  actor_kind text not null,
  actor_id bigint,
  text text not null,
  at bigint not null,
  constraint order_event_key primary key (mall_id, order_id, id)
) @clustered@;

-- One attempt to collect, through one channel. payable_kind is 'order_group'.
create table payment (
  @id@,
  mall_id bigint not null,
  payable_kind text not null,
  payable_id bigint not null,
  member_id bigint not null,
  channel text not null,
  scene text not null,
  status text not null,
  amount_fen bigint not null,
  currency text not null default 'CNY',
  instruction text,
  transaction_id text,
  payer text,
  created_at bigint not null,
  expires_at bigint not null,
  checked_at bigint not null default 0,
  paid_at bigint,
  refunded_fen bigint not null default 0,
  @key@,
  constraint payment_status_known check (status in ('pending', 'paid', 'closed', 'failed', 'refunding', 'refunded')),
  constraint payment_amount_positive check (amount_fen >= 0),
  constraint payment_refund_within_amount check (refunded_fen between 0 and amount_fen),
  constraint payment_transaction_once unique (mall_id, channel, transaction_id)
);
create index payment_by_payable on payment (mall_id, payable_kind, payable_id);
create index payment_pending on payment (mall_id, expires_at) where status = 'pending';

create table refund (
  @id@,
  mall_id bigint not null,
  payment_id bigint not null,
  order_id bigint,
  amount_fen bigint not null,
  reason text not null,
  status text not null,
  channel_refund_id text,
  actor_kind text not null,
  actor_id bigint,
  last_error text,
  created_at bigint not null,
  finished_at bigint,
  @key@,
  constraint refund_status_known check (status in ('requested', 'processing', 'done', 'failed')),
  constraint refund_amount_positive check (amount_fen > 0),
  constraint refund_payment foreign key (mall_id, payment_id) references payment (mall_id, id)
);
create index refund_by_payment on refund (mall_id, payment_id);
create index refund_by_order on refund (mall_id, order_id);

-- Every callback that passed verification, once.
create table payment_notice (
  @id@,
  mall_id bigint not null,
  channel text not null,
  notice_id text not null,
  outcome text not null,
  body text not null,
  received_at bigint not null,
  @key@,
  constraint payment_notice_once unique (mall_id, channel, notice_id)
);

create table parcel (
  @id@,
  mall_id bigint not null,
  order_id bigint not null,
  carrier_code text not null,
  tracking_number text not null,
  lines text not null,
  state text,
  track text,
  tracked_at bigint not null default 0,
  shipped_at bigint not null,
  @key@,
  constraint parcel_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint parcel_tracking_once unique (mall_id, order_id, carrier_code, tracking_number)
);
create index parcel_by_tracking on parcel (mall_id, tracking_number);

create table pickup (
  mall_id bigint not null,
  order_id bigint not null,
  store_id bigint not null,
  code text not null,
  ready_at bigint,
  redeemed_at bigint,
  redeemed_by bigint,
  constraint pickup_key primary key (mall_id, order_id),
  constraint pickup_code_taken unique (mall_id, code),
  constraint pickup_order foreign key (mall_id, order_id) references trade_order (mall_id, id)
);

-- What WeChat's shipping management was told of an order; retried by a job until it is taken.
create table shipping_upload (
  mall_id bigint not null,
  order_id bigint not null,
  status text not null,
  attempts bigint not null default 0,
  last_error text,
  updated_at bigint not null,
  constraint shipping_upload_key primary key (mall_id, order_id),
  constraint shipping_upload_status_known check (status in ('waiting', 'done', 'failed'))
) @clustered@;
