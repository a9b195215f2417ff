-- Daily reconciliation: a channel's bill against our payments and refunds, both ways, and the differences that stay open
-- until they match or somebody settles them. Days are counted from 1970 on the channel's calendar.

-- Money that found nothing to pay and went back by itself.
alter table payment add column sent_back boolean not null default false;
create index payment_by_paid_at on payment (mall_id, paid_at) where paid_at is not null;
create index refund_by_finished_at on refund (mall_id, finished_at) where finished_at is not null;

create table bill_day (
  @id@,
  mall_id bigint not null,
  channel text not null,
  day bigint not null,
  state text not null,
  -- Names the comparison whose lines count; lines of an earlier one that are not in the bill any more are dropped.
  run bigint not null default 0,
  attempts bigint not null default 0,
  last_error text,
  ours_payments bigint not null default 0,
  ours_paid_fen bigint not null default 0,
  ours_refunds bigint not null default 0,
  ours_refunded_fen bigint not null default 0,
  theirs_payments bigint not null default 0,
  theirs_paid_fen bigint not null default 0,
  theirs_refunds bigint not null default 0,
  theirs_refunded_fen bigint not null default 0,
  fee_fen bigint not null default 0,
  checked_at bigint,
  created_at bigint not null,
  @key@,
  constraint bill_day_once unique (mall_id, channel, day),
  constraint bill_day_state_known check (state in ('waiting', 'done', 'failed'))
);
create index bill_day_newest on bill_day (mall_id, day, id);

-- What the channel says, one row a number.
create table bill_line (
  mall_id bigint not null,
  channel text not null,
  kind text not null,
  number text not null,
  day bigint not null,
  run bigint not null,
  channel_number text not null,
  amount_fen bigint not null,
  state text not null,
  at bigint,
  constraint bill_line_key primary key (mall_id, channel, kind, number),
  constraint bill_line_kind_known check (kind in ('payment', 'refund')),
  constraint bill_line_state_known check (state in ('done', 'processing', 'failed'))
) @clustered@;
create index bill_line_by_day on bill_line (mall_id, channel, day, run);

create table bill_difference (
  @id@,
  mall_id bigint not null,
  channel text not null,
  day bigint not null,
  kind text not null,
  number text not null,
  problem text not null,
  ours_fen bigint,
  theirs_fen bigint,
  ours_state text,
  theirs_state text,
  channel_number text,
  payment_id bigint,
  refund_id bigint,
  order_id bigint,
  status text not null default 'open',
  settled_by text,
  staff_id bigint,
  note text,
  found_at bigint not null,
  settled_at bigint,
  @key@,
  constraint bill_difference_once unique (mall_id, channel, kind, number),
  constraint bill_difference_kind_known check (kind in ('payment', 'refund')),
  constraint bill_difference_problem_known check (problem in ('ours_only', 'theirs_only', 'amount', 'state')),
  constraint bill_difference_status_known check (status in ('open', 'settled')),
  constraint bill_difference_settled_by_known check (settled_by in ('match', 'staff')),
  constraint bill_difference_settled check ((status = 'settled') = (settled_by is not null and settled_at is not null)),
  constraint bill_difference_staff_says_why check (settled_by <> 'staff' or (staff_id is not null and note is not null))
);
create index bill_difference_by_status on bill_difference (mall_id, status, id);
create index bill_difference_by_day on bill_difference (mall_id, channel, day, status);
