-- What shoppers do, and the figures made of it. Raw rows are kept for a time only; the overview reads the rollups.

create table behaviour_event (
  @id@,
  mall_id bigint not null,
  kind text not null,
  visitor text not null,
  member_id bigint,
  product_id bigint,
  word text,
  platform text not null,
  @key@,
  constraint behaviour_event_kind_known check (kind in ('visit', 'product_view', 'category_view', 'search', 'add_to_cart', 'checkout_start', 'share'))
);

create index behaviour_event_by_member on behaviour_event (mall_id, member_id) where member_id is not null;

-- How far a rollup has come, as an instant.
create table rollup_mark (
  mall_id bigint not null,
  name text not null,
  at bigint not null,
  constraint rollup_mark_key primary key (mall_id, name)
) @clustered@;

-- Hours and days are counted from 1970 on the mall's own clock.
create table traffic_day (
  mall_id bigint not null,
  day bigint not null,
  kind text not null,
  events bigint not null,
  visitors bigint not null,
  constraint traffic_day_key primary key (mall_id, day, kind)
) @clustered@;

create table sales_hour (
  mall_id bigint not null,
  hour bigint not null,
  orders_paid bigint not null,
  paid_fen bigint not null,
  constraint sales_hour_key primary key (mall_id, hour)
) @clustered@;

create table product_sales_day (
  mall_id bigint not null,
  day bigint not null,
  product_id bigint not null,
  quantity bigint not null,
  amount_fen bigint not null,
  constraint product_sales_day_key primary key (mall_id, day, product_id)
) @clustered@;
create index product_sales_day_best on product_sales_day (mall_id, day, amount_fen);

-- What the overview counts, each from an index of its own.
create index trade_order_paid_sum on trade_order (mall_id, paid_at, paid_fen) where paid_at is not null;
drop index trade_order_by_paid_at;
create index review_unanswered on review (mall_id, id) where reply is null and hidden_reason is null;
