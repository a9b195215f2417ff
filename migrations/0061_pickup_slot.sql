-- Time slots for fetching, the end of a pickup that was never fetched, and what its member was told.

-- How a store deals out time; without a row its goods are fetched whenever it is open.
create table pickup_rule (
  mall_id bigint not null,
  store_id bigint not null,
  slot_minutes bigint not null,
  capacity bigint not null,
  days_ahead bigint not null,
  lead_minutes bigint not null,
  updated_at bigint not null,
  constraint pickup_rule_key primary key (mall_id, store_id),
  constraint pickup_rule_store foreign key (mall_id, store_id) references store (mall_id, id),
  constraint pickup_rule_in_range check (slot_minutes between 15 and 480 and capacity between 1 and 10000
    and days_ahead between 1 and 30 and lead_minutes between 0 and 10080)
) @clustered@;

-- Taken places of a slot; capacity is what the rule said when the last place was taken.
create table pickup_slot (
  mall_id bigint not null,
  store_id bigint not null,
  starts_at bigint not null,
  taken bigint not null,
  capacity bigint not null,
  constraint pickup_slot_key primary key (mall_id, store_id, starts_at),
  constraint pickup_slot_within_capacity check (taken between 0 and capacity)
) @clustered@;

-- The place an order holds, from being placed until it is closed.
create table pickup_booking (
  mall_id bigint not null,
  order_id bigint not null,
  store_id bigint not null,
  starts_at bigint not null,
  ends_at bigint not null,
  released_at bigint,
  constraint pickup_booking_key primary key (mall_id, order_id),
  constraint pickup_booking_order foreign key (mall_id, order_id) references trade_order (mall_id, id)
) @clustered@;

-- closed_at: nothing waits any more, though not everything was fetched. reminded_at, called_at: what the member was told.
alter table pickup add column closed_at bigint;
alter table pickup add column reminded_at bigint;
alter table pickup add column called_at bigint;
update pickup
set closed_at = (select o.closed_at from trade_order o where o.mall_id = pickup.mall_id and o.id = pickup.order_id)
where redeemed_at is null;

drop index pickup_waiting;
create index pickup_waiting on pickup (mall_id, wanted_at, order_id) where redeemed_at is null and closed_at is null;
create index pickup_waiting_at_store on pickup (mall_id, store_id, wanted_at, order_id)
  where redeemed_at is null and closed_at is null;
create index pickup_ready on pickup (mall_id, ready_at)
  where redeemed_at is null and closed_at is null and ready_at is not null;
