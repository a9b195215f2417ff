-- Promotions: rules of the quote's third lane, and what orders consumed of them.

create table promotion (
  @id@,
  mall_id bigint not null,
  name text not null,
  kind text not null,
  rule text not null,
  scope text not null,
  audience text not null,
  starts_at bigint not null,
  ends_at bigint,
  budget_fen bigint,
  spent_fen bigint not null default 0,
  used_count bigint not null default 0,
  per_member bigint,
  group_name text not null,
  priority bigint not null,
  status text not null,
  created_at bigint not null,
  updated_at bigint not null,
  published_at bigint,
  @key@,
  constraint promotion_status_known check (status in ('draft', 'published', 'stopped')),
  constraint promotion_kind_known check (kind in ('spend_save', 'spend_discount', 'n_for_price', 'nth_discount', 'gift')),
  constraint promotion_budget_kept check (spent_fen >= 0 and (budget_fen is null or spent_fen <= budget_fen)),
  constraint promotion_times_ordered check (ends_at is null or starts_at < ends_at)
);
create index promotion_by_status on promotion (mall_id, status, id);

-- Times a member had a promotion.
create table promotion_member (
  mall_id bigint not null,
  promotion_id bigint not null,
  member_id bigint not null,
  uses bigint not null,
  constraint promotion_member_key primary key (mall_id, promotion_id, member_id),
  constraint promotion_member_not_negative check (uses >= 0)
) @clustered@;

-- What an order consumed: the discount, or what its gifts cost. Returned when the order closes unpaid or is refunded whole.
create table promotion_use (
  mall_id bigint not null,
  order_id bigint not null,
  promotion_id bigint not null,
  member_id bigint not null,
  cost_fen bigint not null,
  used_at bigint not null,
  returned_at bigint,
  constraint promotion_use_key primary key (mall_id, order_id, promotion_id)
) @clustered@;
create index promotion_use_by_promotion on promotion_use (mall_id, promotion_id, order_id);
