-- Handing over at a counter, by line and quantity: who gave what for which proof, and what was taken back.

-- kind names what is redeemed, subject_id which one: the order of a pickup; coupons, tickets and services have the same life.
-- request_key is made by the clerk's page for each hand-over, so that a repeated request is told what the first one did.
-- handed_at is when it happened at the counter, redeemed_at when the mall learnt of it; they differ after a bad network.
create table redemption (
  @id@,
  mall_id bigint not null,
  kind text not null,
  subject_id bigint not null,
  store_id bigint not null,
  request_key text not null,
  proof text not null,
  quantity bigint not null,
  handed_at bigint not null,
  redeemed_at bigint not null,
  redeemed_by bigint not null,
  undone_at bigint,
  undone_by bigint,
  undo_reason text,
  @key@,
  constraint redemption_kind_known check (kind in ('pickup', 'coupon', 'ticket', 'service')),
  constraint redemption_proof_known check (proof in ('typed', 'scanned', 'offline')),
  constraint redemption_quantity_positive check (quantity > 0),
  constraint redemption_undone_whole check ((undone_at is null) = (undo_reason is null)),
  constraint redemption_request_once unique (mall_id, request_key)
);
create index redemption_by_subject on redemption (mall_id, kind, subject_id, id);
create index redemption_by_store on redemption (mall_id, store_id, id);

create table redemption_line (
  mall_id bigint not null,
  redemption_id bigint not null,
  line_id bigint not null,
  quantity bigint not null,
  constraint redemption_line_key primary key (mall_id, redemption_id, line_id),
  constraint redemption_line_redemption foreign key (mall_id, redemption_id) references redemption (mall_id, id),
  constraint redemption_line_quantity_positive check (quantity > 0)
) @clustered@;

-- Pieces of a pickup that are with the member; the update that raises it names what it was, so two clerks take turns.
alter table pickup add column handed_quantity bigint not null default 0
  constraint pickup_handed_not_negative check (handed_quantity >= 0);
-- When the member wants it: the beginning of the slot, else when it was paid. The order of the list at the counter.
alter table pickup add column wanted_at bigint not null default 0;

update order_line
set shipped_quantity = quantity - unsent_quantity - withheld_quantity
where exists (select 1 from pickup p
  where p.mall_id = order_line.mall_id and p.order_id = order_line.order_id and p.redeemed_at is not null);
update pickup
set handed_quantity = (select coalesce(cast(sum(l.shipped_quantity) as bigint), 0) from order_line l
  where l.mall_id = pickup.mall_id and l.order_id = pickup.order_id)
where redeemed_at is not null;
update pickup
set wanted_at = (select coalesce(o.paid_at, o.created_at) from trade_order o
  where o.mall_id = pickup.mall_id and o.id = pickup.order_id);

create index pickup_waiting on pickup (mall_id, store_id, wanted_at, order_id) where redeemed_at is null;
