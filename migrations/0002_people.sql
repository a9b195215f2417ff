-- Members, their identities and addresses; staff, roles and the audit log.
-- Phones are sealed at rest; phone_hash (keyed) finds a member by phone, phone_tail shows the last digits in lists.

create table member (
  @id@,
  mall_id bigint not null references mall (id),
  kind text not null,
  nickname text not null,
  avatar_key text,
  phone_sealed text,
  phone_hash text,
  phone_tail text,
  status text not null default 'active',
  created_at bigint not null,
  updated_at bigint not null,
  @key@,
  constraint member_kind_known check (kind in ('guest', 'member')),
  constraint member_status_known check (status in ('active', 'blocked', 'closed', 'merged')),
  constraint member_phone_taken unique (mall_id, phone_hash)
);
create index member_by_age on member (mall_id, kind, created_at);

create table member_identity (
  mall_id bigint not null,
  provider text not null,
  app_id text not null,
  subject text not null,
  member_id bigint not null,
  union_id text,
  session_key_sealed text,
  created_at bigint not null,
  constraint member_identity_taken primary key (mall_id, provider, app_id, subject),
  constraint member_identity_member foreign key (mall_id, member_id) references member (mall_id, id)
);
create index member_identity_by_member on member_identity (mall_id, member_id);

create table sms_code (
  mall_id bigint not null,
  phone_hash text not null,
  code_hash text not null,
  attempts bigint not null default 0,
  sent_at bigint not null,
  expires_at bigint not null,
  used_at bigint,
  constraint sms_code_key primary key (mall_id, phone_hash)
) @clustered@;

-- One row per code sent; counted for the limits per phone and per address.
create table sms_sent (
  @id@,
  mall_id bigint not null,
  phone_hash text not null,
  ip text not null,
  sent_at bigint not null,
  @key@
);
create index sms_sent_by_phone on sms_sent (mall_id, phone_hash, sent_at);
create index sms_sent_by_ip on sms_sent (mall_id, ip, sent_at);

create table address (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  name_sealed text not null,
  phone_sealed text not null,
  district_code text not null,
  street_code text,
  detail_sealed text not null,
  tag text,
  is_default boolean not null default false,
  created_at bigint not null,
  updated_at bigint not null,
  @key@,
  constraint address_member foreign key (mall_id, member_id) references member (mall_id, id)
);
create index address_by_member on address (mall_id, member_id);

create table role (
  @id@,
  mall_id bigint not null references mall (id),
  name text not null,
  permissions text not null,
  is_owner boolean not null default false,
  created_at bigint not null,
  @key@,
  constraint role_name_taken unique (mall_id, name)
);

create table staff (
  @id@,
  mall_id bigint not null references mall (id),
  username text not null,
  name text not null,
  password_hash text not null,
  role_id bigint not null,
  store_id bigint,
  status text not null default 'active',
  totp_sealed text,
  totp_confirmed_at bigint,
  totp_last_step bigint not null default 0,
  failed_attempts bigint not null default 0,
  locked_until bigint not null default 0,
  last_sign_in_at bigint,
  created_at bigint not null,
  @key@,
  constraint staff_username_taken unique (mall_id, username),
  constraint staff_status_known check (status in ('active', 'disabled')),
  constraint staff_role foreign key (mall_id, role_id) references role (mall_id, id)
);

create table audit_log (
  @id@,
  mall_id bigint not null,
  staff_id bigint not null,
  action text not null,
  target text not null,
  summary text not null,
  ip text not null,
  request_id text not null,
  at bigint not null,
  @key@
);
create index audit_log_by_staff on audit_log (mall_id, staff_id, id);
