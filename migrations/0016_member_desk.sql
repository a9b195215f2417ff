-- What members bought, counted as it happens; what happened to a member; why one is blocked; reviews by age and by writer.

create table member_purchase (
  mall_id bigint not null,
  member_id bigint not null,
  orders bigint not null default 0,
  paid_fen bigint not null default 0,
  last_paid_at bigint,
  constraint member_purchase_key primary key (mall_id, member_id)
) @clustered@;
create index member_purchase_by_paid on member_purchase (mall_id, paid_fen);
create index member_purchase_by_orders on member_purchase (mall_id, orders);

insert into member_purchase (mall_id, member_id, orders, paid_fen, last_paid_at)
select mall_id, member_id, count(*), cast(sum(paid_fen - refunded_fen) as bigint), max(paid_at)
from trade_order
where paid_at is not null
group by mall_id, member_id;

create table member_event (
  mall_id bigint not null,
  member_id bigint not null,
  id bigint not null,
  kind text not null,
  actor_kind text not null,
  actor_id bigint,
  text text not null,
  at bigint not null,
  constraint member_event_key primary key (mall_id, member_id, id)
) @clustered@;

alter table member add column blocked_reason text;
create index member_blocked on member (mall_id, id) where status = 'blocked';
create index review_by_age on review (mall_id, created_at, id);
create index review_by_member on review (mall_id, member_id, id);
