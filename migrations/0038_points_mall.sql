-- The points mall: goods for points (and money) and coupons for points, and what members took of it.

create table points_item (
  @id@,
  mall_id bigint not null,
  kind text not null,
  sku_id bigint,
  product_id bigint,
  template_id bigint,
  points bigint not null,
  price_fen bigint not null default 0,
  stock bigint,
  taken bigint not null default 0,
  per_member bigint,
  on_sale boolean not null default true,
  created_at bigint not null,
  updated_at bigint not null,
  @key@,
  constraint points_item_kind_known check (kind in ('goods', 'coupon')),
  constraint points_item_is_one_thing check ((kind = 'goods') = (sku_id is not null) and (kind = 'coupon') = (template_id is not null)),
  constraint points_item_costs_points check (points > 0 and price_fen >= 0),
  constraint points_item_stock_kept check (taken >= 0 and (stock is null or taken <= stock)),
  constraint points_item_sku_taken unique (mall_id, sku_id),
  constraint points_item_template_taken unique (mall_id, template_id)
);
create index points_item_on_sale on points_item (mall_id, on_sale, id);

-- Pieces a member took of an item.
create table points_item_member (
  mall_id bigint not null,
  item_id bigint not null,
  member_id bigint not null,
  pieces bigint not null,
  constraint points_item_member_key primary key (mall_id, item_id, member_id),
  constraint points_item_member_not_negative check (pieces >= 0)
) @clustered@;

-- One exchange: an order's, or a coupon's. points is for all pieces; what went back with closed or refunded orders.
create table points_exchange (
  @id@,
  mall_id bigint not null,
  item_id bigint not null,
  member_id bigint not null,
  order_id bigint,
  coupon_id bigint,
  pieces bigint not null,
  points bigint not null,
  pieces_back bigint not null default 0,
  points_back bigint not null default 0,
  created_at bigint not null,
  @key@,
  constraint points_exchange_for_one_thing check ((order_id is null) <> (coupon_id is null)),
  constraint points_exchange_back_within check (pieces_back between 0 and pieces and points_back between 0 and points),
  constraint points_exchange_once_an_order unique (mall_id, order_id)
);
create index points_exchange_by_item on points_exchange (mall_id, item_id, id);
create index points_exchange_by_member on points_exchange (mall_id, member_id, id);
