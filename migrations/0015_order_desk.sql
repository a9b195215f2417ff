-- The order desk: what staff look orders up by, views they keep, price changes before payment, refunds that failed.

alter table trade_order add column receiver_name_search text;
create index trade_order_by_receiver_name on trade_order (mall_id, receiver_name_search) where receiver_name_search is not null;
create index trade_order_by_store on trade_order (mall_id, store_id, id) where store_id is not null;
create index trade_order_remarked on trade_order (mall_id, id) where remark is not null or staff_remark is not null;
create index order_line_by_product on order_line (mall_id, product_id, order_id);
create index order_line_by_sku on order_line (mall_id, sku_id, order_id);
create index member_by_nickname on member (mall_id, nickname);
create index member_by_phone_tail on member (mall_id, phone_tail) where phone_tail is not null;

-- A filtered list that a staff member kept under a name; query is the text behind the question mark.
create table saved_view (
  @id@,
  mall_id bigint not null,
  staff_id bigint not null,
  list text not null,
  name text not null,
  query text not null,
  created_at bigint not null,
  @key@,
  constraint saved_view_name_taken unique (mall_id, staff_id, list, name)
);

-- What staff changed in the price of an unpaid order; lines as [[line, before, after], …].
create table order_price_change (
  mall_id bigint not null,
  order_id bigint not null,
  id bigint not null,
  staff_id bigint,
  reason text not null,
  before_fen bigint not null,
  after_fen bigint not null,
  freight_before_fen bigint not null,
  freight_after_fen bigint not null,
  lines text not null,
  at bigint not null,
  constraint order_price_change_key primary key (mall_id, order_id, id),
  constraint order_price_change_order foreign key (mall_id, order_id) references trade_order (mall_id, id)
) @clustered@;

-- generation: a refund that the channel closed is asked for again under a new number; channel_state: its last word.
alter table refund add column generation bigint not null default 1;
alter table refund add column channel_state text;
create index refund_by_status on refund (mall_id, status, id);

-- A failed refund whose money staff gave back by hand.
create table refund_settlement (
  mall_id bigint not null,
  refund_id bigint not null,
  method text not null,
  note text not null,
  staff_id bigint not null,
  at bigint not null,
  constraint refund_settled_once primary key (mall_id, refund_id),
  constraint refund_settlement_refund foreign key (mall_id, refund_id) references refund (mall_id, id),
  constraint refund_settlement_method_known check (method in ('bank', 'cash', 'wechat', 'alipay', 'platform', 'other'))
);

create index shipping_upload_by_status on shipping_upload (mall_id, status, updated_at);
