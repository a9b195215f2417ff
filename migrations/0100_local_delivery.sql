-- Local delivery: what each store delivers for and when, what an order was promised, and who carries it.

alter table trade_order drop constraint trade_order_delivery_known;
alter table trade_order add constraint trade_order_delivery_known check (delivery_kind in ('express', 'pickup', 'local'));

-- Where the door of an address is: latitude, longitude and their system, sealed.
alter table address add column place_sealed text;

-- How a store delivers; where to is its delivery area. Fees in fen, distances in metres, weights in grams.
create table delivery_rule (
  mall_id bigint not null,
  store_id bigint not null,
  is_on boolean not null,
  carried_by text not null,
  courier_store text,
  base_fen bigint not null,
  base_metres bigint not null,
  further_km_fen bigint not null,
  base_weight_g bigint not null,
  further_kg_fen bigint not null,
  least_fen bigint not null,
  free_from_fen bigint,
  prepare_minutes bigint not null,
  asap boolean not null,
  slot_minutes bigint not null,
  capacity bigint not null,
  days_ahead bigint not null,
  updated_at bigint not null,
  constraint delivery_rule_key primary key (mall_id, store_id),
  constraint delivery_rule_store foreign key (mall_id, store_id) references store (mall_id, id),
  constraint delivery_rule_carried_by_known check (carried_by in ('riders', 'courier')),
  constraint delivery_rule_courier_named check (carried_by = 'riders' or courier_store is not null),
  constraint delivery_rule_fees check (base_fen between 0 and 100000 and further_km_fen between 0 and 100000
    and further_kg_fen between 0 and 100000),
  constraint delivery_rule_sizes check (base_metres between 0 and 50000 and base_weight_g between 0 and 1000000),
  constraint delivery_rule_amounts check (least_fen between 0 and 100000000
    and (free_from_fen is null or free_from_fen between 0 and 100000000)),
  constraint delivery_rule_times check (prepare_minutes between 0 and 1440 and slot_minutes between 15 and 480
    and capacity between 1 and 10000 and days_ahead between 1 and 14)
) @clustered@;

-- Taken places of a slot; capacity is what the rule said when the last place was taken.
create table delivery_slot (
  mall_id bigint not null,
  store_id bigint not null,
  starts_at bigint not null,
  taken bigint not null,
  capacity bigint not null,
  constraint delivery_slot_key primary key (mall_id, store_id, starts_at),
  constraint delivery_slot_within_capacity check (taken between 0 and capacity)
) @clustered@;

-- What an order to be delivered was promised when it was placed. wanted_until is null for "as soon as you can";
-- released_at: its place in the slot went back.
create table local_order (
  mall_id bigint not null,
  order_id bigint not null,
  store_id bigint not null,
  carried_by text not null,
  courier_store text,
  distance_m bigint not null,
  weight_g bigint not null,
  fee_fen bigint not null,
  place_sealed text,
  code text not null,
  wanted_from bigint not null,
  wanted_until bigint,
  released_at bigint,
  constraint local_order_key primary key (mall_id, order_id),
  constraint local_order_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint local_order_carried_by_known check (carried_by in ('riders', 'courier')),
  constraint local_order_not_negative check (distance_m >= 0 and weight_g >= 0 and fee_fen >= 0)
) @clustered@;

-- One try to bring an order to its door. An order has one unfinished delivery at most; what failed is carried again, or
-- brought back to the store, after which another may begin.
create table delivery (
  @id@,
  mall_id bigint not null,
  order_id bigint not null,
  store_id bigint not null,
  carried_by text not null,
  courier_store text,
  state text not null,
  wanted_at bigint not null,
  rider_id bigint,
  rider_name text,
  rider_phone_sealed text,
  accepted_at bigint,
  fetched_at bigint,
  ended_at bigint,
  proof text,
  note text,
  wrong_codes bigint not null default 0,
  courier_number text,
  courier_service text,
  courier_fee_fen bigint,
  courier_stage bigint not null default 0,
  courier_at bigint not null default 0,
  courier_asked_at bigint not null default 0,
  last_error text,
  created_at bigint not null,
  @key@,
  constraint delivery_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint delivery_state_known check (state in ('waiting', 'accepted', 'fetched', 'failed', 'delivered', 'returned', 'cancelled')),
  constraint delivery_carried_by_known check (carried_by in ('riders', 'courier')),
  constraint delivery_proof_known check (proof in ('code', 'note', 'member', 'courier')),
  constraint delivery_ended_whole check ((ended_at is null) = (state in ('waiting', 'accepted', 'fetched', 'failed'))),
  constraint delivery_delivered_proven check ((proof is not null) = (state = 'delivered')),
  constraint delivery_rider_named check (carried_by = 'courier' or state in ('waiting', 'cancelled') or rider_id is not null),
  constraint delivery_wrong_codes_bounded check (wrong_codes between 0 and 5)
);
create unique index delivery_unfinished_once on delivery (mall_id, order_id) where ended_at is null;
create index delivery_by_order on delivery (mall_id, order_id, id);
create index delivery_open on delivery (mall_id, wanted_at, id) where ended_at is null;
create index delivery_open_at_store on delivery (mall_id, store_id, wanted_at, id) where ended_at is null;
create index delivery_ended on delivery (mall_id, ended_at, id) where ended_at is not null;
create index delivery_ended_at_store on delivery (mall_id, store_id, ended_at, id) where ended_at is not null;
create index delivery_with_courier on delivery (mall_id, courier_asked_at) where ended_at is null and courier_number is not null;

-- The phone a rider is called on by members.
create table delivery_rider (
  mall_id bigint not null,
  staff_id bigint not null,
  phone_sealed text not null,
  updated_at bigint not null,
  constraint delivery_rider_key primary key (mall_id, staff_id)
) @clustered@;
