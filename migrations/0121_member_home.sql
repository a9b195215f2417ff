-- The store that won a member, and the clerk of it; and what members with a home bought, net of what came back.

-- A short code of a store, or of a clerk at a store, for links and posters. It stays the same for good.
create table home_invite (
  mall_id bigint not null,
  code text not null,
  store_id bigint not null,
  clerk_id bigint,
  created_at bigint not null,
  constraint home_invite_key primary key (mall_id, code)
) @clustered@;
create unique index home_invite_of_store on home_invite (mall_id, store_id) where clerk_id is null;
create unique index home_invite_of_clerk on home_invite (mall_id, store_id, clerk_id) where clerk_id is not null;

-- The first invite a guest opened; it counts when the guest becomes a member within some weeks.
create table home_visit (
  mall_id bigint not null,
  member_id bigint not null,
  store_id bigint not null,
  clerk_id bigint,
  at bigint not null,
  constraint home_visit_key primary key (mall_id, member_id)
) @clustered@;
create index home_visit_by_time on home_visit (mall_id, at);

-- A time during which a member belonged to a store, and to a clerk of it; at most one is in force. how: who brought it about.
-- member_id is null once the account is gone: the counts of past months stay. bought_at: the first sale counted under it.
create table member_home (
  @id@,
  mall_id bigint not null,
  member_id bigint,
  store_id bigint not null,
  clerk_id bigint,
  how text not null,
  since bigint not null,
  set_by bigint,
  reason text,
  bought_at bigint,
  ended_at bigint,
  ended_by bigint,
  ended_reason text,
  @key@,
  constraint member_home_how_known check (how in ('invite', 'counter', 'staff')),
  constraint member_home_staff_names_itself check ((how = 'staff') = (set_by is not null)),
  constraint member_home_of_nobody_ended check (member_id is not null or ended_at is not null)
);
create unique index member_home_in_force on member_home (mall_id, member_id) where ended_at is null;
create index member_home_of_member on member_home (mall_id, member_id, id);
create index member_home_of_store on member_home (mall_id, store_id, id) where ended_at is null;
create index member_home_of_clerk on member_home (mall_id, clerk_id, id) where ended_at is null and clerk_id is not null;
create index member_home_won on member_home (mall_id, since, store_id);
create index member_home_won_by_store on member_home (mall_id, store_id, since);
create index member_home_won_by_clerk on member_home (mall_id, clerk_id, since) where clerk_id is not null;

-- What an order brought, and each refund took back, under the home its buyer had when it was paid. place: bought online, at
-- the counter of the home store, or at another store's.
create table home_sale (
  mall_id bigint not null,
  order_id bigint not null,
  kind text not null,
  source_id bigint not null,
  home_id bigint not null,
  store_id bigint not null,
  clerk_id bigint,
  place text not null,
  amount_fen bigint not null,
  at bigint not null,
  constraint home_sale_key primary key (mall_id, order_id, kind, source_id),
  constraint home_sale_home foreign key (mall_id, home_id) references member_home (mall_id, id),
  constraint home_sale_sign check ((kind = 'paid' and amount_fen >= 0 and source_id = order_id) or (kind = 'refunded' and amount_fen < 0)),
  constraint home_sale_place_known check (place in ('online', 'here', 'elsewhere'))
) @clustered@;
create index home_sale_by_time on home_sale (mall_id, at, store_id, place, kind, amount_fen);
create index home_sale_by_store on home_sale (mall_id, store_id, at, clerk_id, place, kind, amount_fen);
create index home_sale_by_clerk on home_sale (mall_id, clerk_id, at, place, kind, amount_fen) where clerk_id is not null;
