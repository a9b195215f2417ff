-- Money by day, counted once the day is over and nothing of it can come late any more. One row per day, measure and what
-- it is of; shop_id and store_id 0 and channel '' where that says nothing. Days are counted from 1970 on the mall's clock.

create table finance_day (
  mall_id bigint not null,
  day bigint not null,
  measure text not null,
  shop_id bigint not null,
  store_id bigint not null,
  channel text not null,
  part text not null,
  count bigint not null,
  amount_fen bigint not null,
  constraint finance_day_key primary key (mall_id, day, measure, shop_id, store_id, channel, part)
) @clustered@;
