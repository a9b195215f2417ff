-- Goods on their way from one place to another: off the sender's shelf, not yet on the receiver's. And what each shelf
-- sold of late, from which a shop sees what to send where.

create table stock_transfer (
  @id@,
  mall_id bigint not null,
  from_location_id bigint not null,
  to_location_id bigint not null,
  state text not null,
  note text,
  -- Of its lines, kept up to date with every change.
  line_count bigint not null default 0,
  quantity bigint not null default 0,
  received bigint not null default 0,
  returned bigint not null default 0,
  lost bigint not null default 0,
  staff_id bigint,
  created_at bigint not null,
  sent_at bigint,
  ended_at bigint,
  @key@,
  constraint stock_transfer_state_known check (state in ('draft', 'sent', 'received', 'cancelled')),
  constraint stock_transfer_two_places check (from_location_id <> to_location_id),
  constraint stock_transfer_from foreign key (mall_id, from_location_id) references location (mall_id, id),
  constraint stock_transfer_to foreign key (mall_id, to_location_id) references location (mall_id, id)
);
create index stock_transfer_by_state on stock_transfer (mall_id, state, id);

-- underway is what left the sender and was not told of since; once sent, the four sum to quantity.
create table stock_transfer_line (
  mall_id bigint not null,
  stock_transfer_id bigint not null,
  sku_id bigint not null,
  to_location_id bigint not null,
  quantity bigint not null,
  underway bigint not null default 0,
  received bigint not null default 0,
  returned bigint not null default 0,
  lost bigint not null default 0,
  reason text,
  note text,
  constraint stock_transfer_line_key primary key (mall_id, stock_transfer_id, sku_id),
  constraint stock_transfer_line_in_range check (quantity between 1 and 1000000),
  constraint stock_transfer_line_adds_up check (underway >= 0 and received >= 0 and returned >= 0 and lost >= 0
    and underway + received + returned + lost in (0, quantity)),
  constraint stock_transfer_line_reason_known check (reason in ('not_sent', 'lost', 'damaged'))
) @clustered@;
create index stock_transfer_underway on stock_transfer_line (mall_id, sku_id, to_location_id, underway) where underway > 0;

-- Pieces sold from a place in the last four weeks, less those that came back; counted anew from time to time.
create table stock_pace (
  mall_id bigint not null,
  location_id bigint not null,
  sku_id bigint not null,
  sold bigint not null,
  counted_at bigint not null,
  constraint stock_pace_key primary key (mall_id, location_id, sku_id)
) @clustered@;
create index stock_pace_best on stock_pace (mall_id, location_id, sold, sku_id);
create index stock_movement_sold on stock_movement (mall_id, at, location_id, sku_id, on_hand_delta)
  where holder_kind = 'order' and on_hand_delta <> 0;

-- The newest of what fell low.
create index stock_low_told_newest on stock_low_told (mall_id, told_at, sku_id, location_id);
