-- Double entry: every change of a member's account has its counterpart on the mall's side, under one (kind, source_id).
-- Postings are only added. amount is fen, for points whole points. Accounts of the mall have member_id 0.

create table ledger_posting (
  @id@,
  mall_id bigint not null,
  account text not null,
  member_id bigint not null,
  kind text not null,
  source_id bigint not null,
  leg bigint not null,
  amount bigint not null,
  note text not null default '',
  actor_kind text not null,
  actor_id bigint,
  at bigint not null,
  @key@,
  constraint ledger_posting_once unique (mall_id, kind, source_id, leg),
  constraint ledger_posting_account_known check (account in ('points', 'principal', 'gift', 'commission', 'mall_points', 'mall_principal', 'mall_gift', 'mall_commission')),
  constraint ledger_posting_side check ((member_id = 0) = (account like 'mall_%')),
  constraint ledger_posting_not_zero check (amount <> 0)
);
create index ledger_posting_by_member on ledger_posting (mall_id, member_id, account, id);
create index ledger_posting_by_time on ledger_posting (mall_id, account, at);

-- The cached sum of a member's postings; drift is looked for every night.
create table ledger_balance (
  mall_id bigint not null,
  member_id bigint not null,
  account text not null,
  amount bigint not null,
  constraint ledger_balance_key primary key (mall_id, member_id, account),
  constraint ledger_balance_not_negative check (amount >= 0),
  constraint ledger_balance_account_known check (account in ('points', 'principal', 'gift', 'commission'))
) @clustered@;

-- Points by the day they expire; first in, first out. What is left in all buckets of a member is the points balance.
create table points_bucket (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  kind text not null,
  source_id bigint not null,
  granted bigint not null,
  remaining bigint not null,
  expires_at bigint not null,
  reminded_at bigint,
  created_at bigint not null,
  @key@,
  constraint points_bucket_remaining_in_range check (remaining between 0 and granted)
);
create index points_bucket_by_member on points_bucket (mall_id, member_id, expires_at, id) where remaining > 0;
create index points_bucket_by_expiry on points_bucket (mall_id, expires_at) where remaining > 0;

-- From which buckets a spending took its points, so that what comes back keeps its day.
create table points_use (
  mall_id bigint not null,
  kind text not null,
  source_id bigint not null,
  bucket_id bigint not null,
  amount bigint not null,
  returned bigint not null default 0,
  constraint points_use_key primary key (mall_id, kind, source_id, bucket_id),
  constraint points_use_returned_in_range check (returned between 0 and amount)
) @clustered@;
