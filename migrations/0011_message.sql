-- Messages to members inside the shop, and what each shopper prefers.

create table message (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  kind text not null,
  title text not null,
  text text not null,
  facts text not null default '{}',
  order_id bigint,
  event_id bigint not null,
  created_at bigint not null,
  read_at bigint,
  @key@,
  constraint message_once unique (mall_id, member_id, event_id)
);
create index message_unread on message (mall_id, member_id) where read_at is null;

create table member_preference (
  mall_id bigint not null,
  member_id bigint not null,
  muted text not null default '[]',
  personalised boolean not null default true,
  updated_at bigint not null,
  constraint member_preference_key primary key (mall_id, member_id)
) @clustered@;
