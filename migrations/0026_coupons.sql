-- Coupons: templates, the pieces in members' hands, code batches, and the counters that bound giving out.

create table coupon_template (
  @id@,
  mall_id bigint not null,
  shop_id bigint,
  name text not null,
  kind text not null,
  rule text not null,
  scope text not null,
  audience text not null,
  validity text not null,
  sources text not null,
  takes_from bigint not null,
  takes_until bigint,
  stock bigint,
  taken bigint not null default 0,
  per_member bigint not null,
  daily_quota bigint,
  with_coupons boolean not null default true,
  with_promotions boolean not null default true,
  transferable boolean not null default false,
  min_order_fen bigint,
  status text not null,
  created_at bigint not null,
  updated_at bigint not null,
  published_at bigint,
  @key@,
  constraint coupon_template_status_known check (status in ('draft', 'published', 'stopped')),
  constraint coupon_template_kind_known check (kind in ('amount', 'percent', 'exchange', 'freight')),
  constraint coupon_template_stock_kept check (taken >= 0 and (stock is null or taken <= stock))
);
create index coupon_template_by_status on coupon_template (mall_id, status, id);

-- How many a member took of a template, by whatever way that is limited.
create table coupon_member (
  mall_id bigint not null,
  template_id bigint not null,
  member_id bigint not null,
  taken bigint not null,
  constraint coupon_member_key primary key (mall_id, template_id, member_id)
) @clustered@;

-- How many were given out on a day of the mall.
create table coupon_day (
  mall_id bigint not null,
  template_id bigint not null,
  day bigint not null,
  taken bigint not null,
  constraint coupon_day_key primary key (mall_id, template_id, day)
) @clustered@;

-- source_key names what it was given for, once: `order:1`, `code:2`, `birthday:2026`.
create table coupon (
  @id@,
  mall_id bigint not null,
  template_id bigint not null,
  member_id bigint not null,
  status text not null,
  source text not null,
  source_key text,
  valid_from bigint not null,
  valid_until bigint not null,
  taken_at bigint not null,
  order_id bigint,
  used_at bigint,
  reminded_at bigint,
  transfer_code text,
  transfer_until bigint,
  given_by bigint,
  @key@,
  constraint coupon_status_known check (status in ('unused', 'used', 'giving', 'void')),
  constraint coupon_used_by_an_order check ((status = 'used') = (order_id is not null)),
  constraint coupon_template_of foreign key (mall_id, template_id) references coupon_template (mall_id, id),
  constraint coupon_given_once unique (mall_id, template_id, member_id, source_key),
  constraint coupon_transfer_code_taken unique (mall_id, transfer_code)
);
create index coupon_by_member on coupon (mall_id, member_id, status, valid_until);
create index coupon_by_order on coupon (mall_id, order_id) where order_id is not null;
create index coupon_by_template on coupon (mall_id, template_id, status);
create index coupon_expiring on coupon (mall_id, valid_until) where status = 'unused' and reminded_at is null;

create table coupon_batch (
  @id@,
  mall_id bigint not null,
  template_id bigint not null,
  name text not null,
  count bigint not null,
  created_by bigint,
  created_at bigint not null,
  @key@,
  constraint coupon_batch_template foreign key (mall_id, template_id) references coupon_template (mall_id, id)
);
create index coupon_batch_by_template on coupon_batch (mall_id, template_id, id);

create table coupon_code (
  mall_id bigint not null,
  code text not null,
  batch_id bigint not null,
  position bigint not null,
  status text not null default 'new',
  member_id bigint,
  redeemed_at bigint,
  constraint coupon_code_key primary key (mall_id, code),
  constraint coupon_code_status_known check (status in ('new', 'redeemed', 'void'))
) @clustered@;
create index coupon_code_by_batch on coupon_code (mall_id, batch_id, position);
