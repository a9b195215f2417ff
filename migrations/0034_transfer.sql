-- Money paid out to a member through a channel (WeChat Pay's 商家转账), confirmed by the member. It leaves the member's account in
-- the ledger when the row is written, and comes back when the channel says for good that it did not arrive.
create table transfer (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  account text not null,
  channel text not null,
  openid text,
  amount_fen bigint not null,
  remark text not null,
  status text not null default 'requested',
  package text,
  channel_transfer_id text,
  fail_reason text,
  last_error text,
  actor_kind text not null,
  actor_id bigint,
  created_at bigint not null,
  checked_at bigint not null default 0,
  finished_at bigint,
  @key@,
  constraint transfer_member foreign key (mall_id, member_id) references member (mall_id, id),
  constraint transfer_amount_positive check (amount_fen > 0),
  constraint transfer_account_known check (account in ('commission')),
  constraint transfer_status_known check (status in ('requested', 'accepted', 'waiting', 'arriving', 'cancelling', 'done', 'failed', 'cancelled'))
);
create index transfer_by_member on transfer (mall_id, member_id, id);
create index transfer_by_status on transfer (mall_id, status, id);
create index transfer_open on transfer (mall_id, checked_at) where finished_at is null;
