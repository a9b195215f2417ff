-- Which messages also go to phones, which subscribe messages members allowed, and what was sent.

create table notice_rule (
  mall_id bigint not null references mall (id),
  kind text not null,
  is_on boolean not null default false,
  rule text not null,
  updated_at bigint not null,
  constraint notice_rule_key primary key (mall_id, kind)
) @clustered@;

-- A leave of requestSubscribeMessage is good for one message.
create table notice_leave (
  mall_id bigint not null,
  member_id bigint not null,
  template_id text not null,
  granted bigint not null default 0,
  remaining bigint not null default 0,
  updated_at bigint not null,
  constraint notice_leave_key primary key (mall_id, member_id, template_id),
  constraint notice_leave_counted check (remaining >= 0 and remaining <= granted)
) @clustered@;

create table notice_sent (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  message_id bigint not null,
  kind text not null,
  channel text not null,
  state text not null,
  reason text,
  created_at bigint not null,
  @key@,
  constraint notice_sent_once unique (mall_id, message_id, channel),
  constraint notice_sent_channel check (channel in ('subscribe', 'sms')),
  constraint notice_sent_state check (state in ('sending', 'sent', 'skipped', 'failed'))
);
create index notice_sent_by_member on notice_sent (mall_id, member_id);
