-- Privacy: what the mall promises, who agreed to it, the copies members asked for, and the accounts that were closed.

create table policy_version (
  mall_id bigint not null references mall (id),
  version bigint not null,
  title text not null,
  summary text not null,
  body text not null,
  body_hash text not null,
  published_at bigint not null,
  published_by bigint,
  constraint policy_version_once primary key (mall_id, version)
) @clustered@;

-- A log: the newest row of a scope tells how it stands. Kept after an account was closed, as the proof of what was agreed.
create table consent (
  mall_id bigint not null,
  member_id bigint not null,
  id bigint not null,
  scope text not null,
  version bigint not null,
  granted boolean not null,
  at bigint not null,
  constraint consent_key primary key (mall_id, member_id, id),
  constraint consent_scope_known check (scope in ('base', 'marketing'))
) @clustered@;

create index consent_by_version on consent (mall_id, scope, version);

create table data_export (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  status text not null default 'waiting',
  object_key text,
  bytes bigint not null default 0,
  created_at bigint not null,
  ready_at bigint,
  expires_at bigint,
  @key@,
  constraint data_export_status_known check (status in ('waiting', 'ready', 'failed', 'expired'))
);
create index data_export_by_member on data_export (mall_id, member_id, id);
create index data_export_ready on data_export (mall_id, expires_at) where status = 'ready';

-- An account that was closed. Something is held by law while next_erasure_at is set.
create table closed_account (
  mall_id bigint not null,
  member_id bigint not null,
  closed_at bigint not null,
  next_erasure_at bigint,
  constraint closed_account_key primary key (mall_id, member_id),
  constraint closed_account_member foreign key (mall_id, member_id) references member (mall_id, id)
) @clustered@;
create index closed_account_due on closed_account (mall_id, next_erasure_at) where next_erasure_at is not null;

-- When receiver, remarks and payer of an order were erased because its owner left and the law's time was over.
alter table trade_order add column personal_erased_at bigint;

create index file_by_owner on file (mall_id, owner_kind, owner_id);
