-- Invoices (数电票): the members' title book, what was asked for over which orders, and red letters over what was given
-- back. Titles lie sealed. An order stands in one live invoice at most.

create table invoice_title (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  kind text not null,
  details text not null,
  is_default boolean not null default false,
  created_at bigint not null,
  @key@,
  constraint invoice_title_member foreign key (mall_id, member_id) references member (mall_id, id),
  constraint invoice_title_kind_known check (kind in ('personal', 'company'))
);
create index invoice_title_by_member on invoice_title (mall_id, member_id, id);

-- kind red: a red letter over part of blue_id. amount_fen is positive in both.
create table invoice (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  shop_id bigint not null,
  kind text not null,
  blue_id bigint,
  state text not null,
  title_kind text not null,
  title text,
  amount_fen bigint not null,
  reversed_fen bigint not null default 0,
  items text not null,
  number text,
  pdf_url text,
  reason text,
  last_error text,
  created_at bigint not null,
  updated_at bigint not null,
  issued_at bigint,
  @key@,
  constraint invoice_kind_known check (kind in ('blue', 'red')),
  constraint invoice_red_of_blue check ((kind = 'red') = (blue_id is not null)),
  constraint invoice_state_known check (state in ('requested', 'issuing', 'issued', 'failed', 'rejected', 'cancelled')),
  constraint invoice_issued_has_number check (state <> 'issued' or (number is not null and issued_at is not null)),
  constraint invoice_amount_positive check (amount_fen > 0 or state = 'cancelled'),
  constraint invoice_reversed_within_amount check (reversed_fen between 0 and amount_fen),
  constraint invoice_number_once unique (mall_id, number)
);
create index invoice_by_member on invoice (mall_id, member_id, id);
create index invoice_by_state on invoice (mall_id, state, id);
create index invoice_by_blue on invoice (mall_id, blue_id) where blue_id is not null;

create table invoice_order (
  mall_id bigint not null,
  invoice_id bigint not null,
  order_id bigint not null,
  amount_fen bigint not null,
  reversed_fen bigint not null default 0,
  live boolean not null default true,
  constraint invoice_order_key primary key (mall_id, invoice_id, order_id),
  constraint invoice_order_invoice foreign key (mall_id, invoice_id) references invoice (mall_id, id),
  constraint invoice_order_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint invoice_order_reversed_within_amount check (reversed_fen between 0 and amount_fen)
) @clustered@;
create index invoice_order_by_order on invoice_order (mall_id, order_id);
create unique index invoice_order_live_once on invoice_order (mall_id, order_id) where live;
