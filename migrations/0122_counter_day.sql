-- A day of a store's counter, from its first shift on: open until somebody closes it with the sums of that moment. Opening a shift
-- and closing the day take this row first, so that neither overlooks the other. day: days since 1970 in the mall's calendar.
create table counter_day (
  mall_id bigint not null,
  store_id bigint not null,
  day bigint not null,
  closed_at bigint,
  closed_by bigint,
  sales bigint,
  sold_fen bigint,
  returned_fen bigint,
  open_returns_fen bigint,
  counted_fen bigint,
  difference_fen bigint,
  banked_fen bigint,
  note text,
  constraint counter_day_key primary key (mall_id, store_id, day),
  constraint counter_day_closed_whole check ((closed_at is null) = (closed_by is null) and (closed_at is null) = (sales is null)
    and (closed_at is null) = (sold_fen is null) and (closed_at is null) = (returned_fen is null)
    and (closed_at is null) = (open_returns_fen is null) and (closed_at is null) = (counted_fen is null)
    and (closed_at is null) = (difference_fen is null) and (closed_at is null) = (banked_fen is null)),
  constraint counter_day_banked_was_counted check (banked_fen between 0 and counted_fen)
) @clustered@;
