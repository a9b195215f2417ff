-- Services that are booked by time: what is offered, who or what does it, and who comes when.

-- deposit_fen is paid when booking, the rest at the counter; both are for one person. free_hours before it begins a booking
-- can be changed or given up without losing the deposit; no_show says what becomes of it when nobody comes.
create table service (
  @id@,
  mall_id bigint not null,
  name text not null,
  picture_key text,
  description text not null default '',
  duration_minutes bigint not null,
  pause_minutes bigint not null,
  step_minutes bigint not null,
  price_fen bigint not null,
  deposit_fen bigint not null,
  max_people bigint not null,
  days_ahead bigint not null,
  lead_minutes bigint not null,
  free_hours bigint not null,
  grace_minutes bigint not null,
  no_show text not null,
  is_offered boolean not null,
  created_at bigint not null,
  updated_at bigint not null,
  @key@,
  constraint service_on_the_grid check (duration_minutes between 15 and 480 and duration_minutes % 15 = 0
    and pause_minutes between 0 and 120 and pause_minutes % 15 = 0 and step_minutes in (15, 30, 60)),
  constraint service_deposit_within_price check (price_fen between 0 and 10000000 and deposit_fen between 0 and price_fen),
  constraint service_rules_in_range check (max_people between 1 and 100 and days_ahead between 1 and 90
    and lead_minutes between 0 and 10080 and free_hours between 0 and 336 and grace_minutes between 5 and 240),
  constraint service_no_show_known check (no_show in ('kept', 'returned'))
);
create index service_offered on service (mall_id, id) where is_offered;

-- Somebody, or a room or a table of a store. hours is what its week looks like inside the store's hours; none: the same.
create table service_resource (
  @id@,
  mall_id bigint not null,
  store_id bigint not null,
  name text not null,
  kind text not null,
  picture_key text,
  capacity bigint not null,
  counts text not null,
  hours text not null default '[]',
  special_days text not null default '[]',
  is_active boolean not null,
  created_at bigint not null,
  updated_at bigint not null,
  @key@,
  constraint service_resource_store foreign key (mall_id, store_id) references store (mall_id, id),
  constraint service_resource_kind_known check (kind in ('person', 'room')),
  constraint service_resource_counts_known check (counts in ('bookings', 'people')),
  constraint service_resource_capacity check (capacity between 1 and 500 and (kind = 'room' or (capacity = 1 and counts = 'bookings')))
);
create index service_resource_by_store on service_resource (mall_id, store_id, id);

-- Who can do what.
create table service_skill (
  mall_id bigint not null,
  service_id bigint not null,
  resource_id bigint not null,
  constraint service_skill_key primary key (mall_id, service_id, resource_id),
  constraint service_skill_service foreign key (mall_id, service_id) references service (mall_id, id),
  constraint service_skill_resource foreign key (mall_id, resource_id) references service_resource (mall_id, id)
) @clustered@;
create index service_skill_by_resource on service_skill (mall_id, resource_id);

-- The grid: what is taken of a resource in each quarter of an hour. capacity is what it was when the last place was taken.
create table booking_tick (
  mall_id bigint not null,
  resource_id bigint not null,
  at bigint not null,
  taken bigint not null,
  capacity bigint not null,
  constraint booking_tick_key primary key (mall_id, resource_id, at),
  constraint booking_tick_within_capacity check (taken between 0 and capacity)
) @clustered@;
create index booking_tick_by_time on booking_tick (mall_id, at);

-- Who comes when. weight is what it takes of each quarter until busy_until. The rules it was booked under stay with it.
create table booking (
  @id@,
  mall_id bigint not null,
  order_id bigint not null,
  service_id bigint not null,
  store_id bigint not null,
  resource_id bigint not null,
  member_id bigint not null,
  service_name text not null,
  state text not null,
  starts_at bigint not null,
  ends_at bigint not null,
  busy_until bigint not null,
  people bigint not null,
  weight bigint not null,
  price_fen bigint not null,
  free_hours bigint not null,
  no_show_at bigint not null,
  no_show text not null,
  wants_resource boolean not null,
  by_store boolean not null,
  contact text,
  remark text,
  rest_order_id bigint,
  created_at bigint not null,
  reminded_at bigint,
  arrived_at bigint,
  started_at bigint,
  ended_at bigint,
  ended_reason text,
  @key@,
  constraint booking_order_once unique (mall_id, order_id),
  constraint booking_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint booking_service foreign key (mall_id, service_id) references service (mall_id, id),
  constraint booking_resource foreign key (mall_id, resource_id) references service_resource (mall_id, id),
  constraint booking_state_known check (state in
    ('held', 'booked', 'arrived', 'started', 'finished', 'no_show', 'cancelled', 'lapsed')),
  constraint booking_time_ordered check (starts_at < ends_at and ends_at <= busy_until),
  constraint booking_counts_positive check (people > 0 and weight > 0 and price_fen >= 0),
  constraint booking_no_show_known check (no_show in ('kept', 'returned'))
);
create index booking_at_store on booking (mall_id, store_id, starts_at, id);
create index booking_of_member on booking (mall_id, member_id, id);
create index booking_to_remind on booking (mall_id, starts_at) where state = 'booked' and reminded_at is null;
create index booking_to_miss on booking (mall_id, no_show_at) where state = 'booked';

-- An order whose line is a service: nothing of it lies on a shelf.
alter table trade_order add column is_service boolean not null default false;
