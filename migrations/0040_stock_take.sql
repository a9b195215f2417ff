-- Counting what lies at a place: a sheet with what should have lain there when it was opened, and what was counted.

create table stock_take (
  @id@,
  mall_id bigint not null,
  location_id bigint not null,
  title text not null,
  state text not null,
  -- Of its lines, kept up to date with every count.
  line_count bigint not null,
  counted_count bigint not null default 0,
  differing_count bigint not null default 0,
  surplus bigint not null default 0,
  missing bigint not null default 0,
  staff_id bigint,
  created_at bigint not null,
  ended_at bigint,
  @key@,
  constraint stock_take_state_known check (state in ('draft', 'counted', 'posted', 'cancelled')),
  constraint stock_take_location foreign key (mall_id, location_id) references location (mall_id, id)
);
create index stock_take_by_state on stock_take (mall_id, state, id);

-- expected is what lay there when the sheet, or this line anew, was opened; posted_delta what of the difference was
-- written down, null for a line that was left out.
create table stock_take_line (
  mall_id bigint not null,
  stock_take_id bigint not null,
  sku_id bigint not null,
  expected bigint not null,
  counted bigint,
  posted_delta bigint,
  constraint stock_take_line_key primary key (mall_id, stock_take_id, sku_id),
  constraint stock_take_line_counted_in_range check (counted between 0 and 1000000000)
) @clustered@;
