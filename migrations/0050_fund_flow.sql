-- The flow of funds on the merchant's account: a book of its own (`wechat_funds`) beside the bill of trades. Its lines are also
-- transfers, fees by the number of the payment or refund they belong to, and movements the mall has no part in.

-- The channel's fee for a line as its bill of trades tells it; negative when it came back with a refund.
alter table bill_line add column fee_fen bigint not null default 0;
create index bill_line_fee on bill_line (mall_id, channel, day, number) where fee_fen <> 0;

alter table bill_day add column ours_transfers bigint not null default 0;
alter table bill_day add column ours_transferred_fen bigint not null default 0;
alter table bill_day add column theirs_transfers bigint not null default 0;
alter table bill_day add column theirs_transferred_fen bigint not null default 0;
-- What the bill of trades says was kept; fee_fen is what the account was charged.
alter table bill_day add column ours_fee_fen bigint not null default 0;
alter table bill_day add column others bigint not null default 0;
alter table bill_day add column other_fen bigint not null default 0;

create index transfer_by_finished_at on transfer (mall_id, finished_at) where finished_at is not null;

@postgres
alter table bill_line drop constraint bill_line_kind_known;
alter table bill_line add constraint bill_line_kind_known
  check (kind in ('payment', 'refund', 'transfer', 'fee', 'other'));
alter table bill_difference drop constraint bill_difference_kind_known;
alter table bill_difference add constraint bill_difference_kind_known
  check (kind in ('payment', 'refund', 'transfer', 'fee'));
@end
@sqlite
  create table bill_line_next (
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
    fee_fen bigint not null default 0,
    constraint bill_line_key primary key (mall_id, channel, kind, number),
    constraint bill_line_kind_known check (kind in ('payment', 'refund', 'transfer', 'fee', 'other')),
    constraint bill_line_state_known check (state in ('done', 'processing', 'failed'))
  ) without rowid;
  insert into bill_line_next
  select mall_id, channel, kind, number, day, run, channel_number, amount_fen, state, at, fee_fen from bill_line;
  drop table bill_line;
  alter table bill_line_next rename to bill_line;
  create index bill_line_by_day on bill_line (mall_id, channel, day, run);
  create index bill_line_fee on bill_line (mall_id, channel, day, number) where fee_fen <> 0;

  create table bill_difference_next (
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
    constraint bill_difference_kind_known check (kind in ('payment', 'refund', 'transfer', 'fee')),
    constraint bill_difference_problem_known check (problem in ('ours_only', 'theirs_only', 'amount', 'state')),
    constraint bill_difference_status_known check (status in ('open', 'settled')),
    constraint bill_difference_settled_by_known check (settled_by in ('match', 'staff')),
    constraint bill_difference_settled check ((status = 'settled') = (settled_by is not null and settled_at is not null)),
    constraint bill_difference_staff_says_why check (settled_by <> 'staff' or (staff_id is not null and note is not null))
  );
  insert into bill_difference_next
    (id, mall_id, channel, day, kind, number, problem, ours_fen, theirs_fen, ours_state, theirs_state, channel_number,
     payment_id, refund_id, order_id, status, settled_by, staff_id, note, found_at, settled_at)
  select id, mall_id, channel, day, kind, number, problem, ours_fen, theirs_fen, ours_state, theirs_state, channel_number,
     payment_id, refund_id, order_id, status, settled_by, staff_id, note, found_at, settled_at
  from bill_difference;
  drop table bill_difference;
  alter table bill_difference_next rename to bill_difference;
  create index bill_difference_by_status on bill_difference (mall_id, status, id);
  create index bill_difference_by_day on bill_difference (mall_id, channel, day, status);
@end
