-- Limited-time purchase: prices of SKUs between two instants, with a stock of their own and a limit per member.

create table limited_sale (
  @id@,
  mall_id bigint not null,
  name text not null,
  starts_at bigint not null,
  ends_at bigint not null,
  with_promotions boolean not null default true,
  with_coupons boolean not null default true,
  status text not null,
  created_at bigint not null,
  updated_at bigint not null,
  published_at bigint,
  @key@,
  constraint limited_sale_status_known check (status in ('draft', 'published', 'stopped')),
  constraint limited_sale_times_ordered check (starts_at < ends_at)
);
create index limited_sale_by_status on limited_sale (mall_id, status, id);

create table limited_item (
  mall_id bigint not null,
  sale_id bigint not null,
  sku_id bigint not null,
  product_id bigint not null,
  price_fen bigint not null,
  cap bigint,
  per_member bigint,
  sold bigint not null default 0,
  constraint limited_item_key primary key (mall_id, sale_id, sku_id),
  constraint limited_item_sale foreign key (mall_id, sale_id) references limited_sale (mall_id, id),
  constraint limited_item_cap_kept check (sold >= 0 and (cap is null or sold <= cap)),
  constraint limited_item_price_not_negative check (price_fen >= 0)
) @clustered@;

create table limited_member (
  mall_id bigint not null,
  sale_id bigint not null,
  sku_id bigint not null,
  member_id bigint not null,
  pieces bigint not null,
  constraint limited_member_key primary key (mall_id, sale_id, sku_id, member_id),
  constraint limited_member_not_negative check (pieces >= 0)
) @clustered@;

-- Pieces an order bought at the limited price; returned when it closes unpaid or is refunded whole.
create table limited_use (
  mall_id bigint not null,
  order_id bigint not null,
  sale_id bigint not null,
  sku_id bigint not null,
  member_id bigint not null,
  pieces bigint not null,
  returned_at bigint,
  constraint limited_use_key primary key (mall_id, order_id, sale_id, sku_id)
) @clustered@;
