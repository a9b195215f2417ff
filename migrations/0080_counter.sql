-- The counter of a store: shifts with their drawers, and sales, each of which is an order.

alter table trade_order add column source text not null default 'online'
  constraint trade_order_source_known check (source in ('online', 'counter'));

-- A clerk's turn at a store's counter. counted_fen is what lay in the drawer at the end, expected_fen what its entries say.
create table counter_shift (
  @id@,
  mall_id bigint not null,
  store_id bigint not null,
  clerk_id bigint not null,
  opened_at bigint not null,
  closed_at bigint,
  closed_by bigint,
  expected_fen bigint,
  counted_fen bigint,
  note text,
  @key@,
  constraint counter_shift_closed_whole check ((closed_at is null) = (expected_fen is null) and (closed_at is null) = (counted_fen is null)),
  constraint counter_shift_counted_not_negative check (counted_fen >= 0)
);
create unique index counter_shift_open_once on counter_shift (mall_id, store_id, clerk_id) where closed_at is null;
create index counter_shift_by_store on counter_shift (mall_id, store_id, id);
create index counter_shift_by_clerk on counter_shift (mall_id, clerk_id, id);

-- What moved cash in a shift's drawer; the sum is what must lie there. source_id: the payment, the refund, or the entry itself.
-- No foreign key to the shift: a payment that settles late would wait for whoever holds the shift, with the stock in its hands.
create table drawer_entry (
  mall_id bigint not null,
  shift_id bigint not null,
  id bigint not null,
  kind text not null,
  source_id bigint not null,
  amount_fen bigint not null,
  note text,
  staff_id bigint,
  at bigint not null,
  constraint drawer_entry_key primary key (mall_id, shift_id, id),
  constraint drawer_entry_source_once unique (mall_id, kind, source_id),
  constraint drawer_entry_sign check (
    (kind = 'float' and amount_fen >= 0) or (kind in ('sale', 'paid_in') and amount_fen > 0)
    or (kind in ('refund', 'open_return', 'paid_out') and amount_fen < 0))
) @clustered@;
create index drawer_entry_by_time on drawer_entry (mall_id, at);

-- What an order of the counter has beyond an order. request_key is made by the clerk's page, so that a sale that is sent twice
-- is one; rung_at is when it happened, earlier than the order when there was no network.
create table counter_sale (
  mall_id bigint not null,
  order_id bigint not null,
  store_id bigint not null,
  shift_id bigint not null,
  clerk_id bigint not null,
  request_key text not null,
  is_walk_in boolean not null,
  is_offline boolean not null,
  rung_at bigint not null,
  paid_at bigint,
  constraint counter_sale_key primary key (mall_id, order_id),
  constraint counter_sale_request_once unique (mall_id, request_key),
  constraint counter_sale_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint counter_sale_shift foreign key (mall_id, shift_id) references counter_shift (mall_id, id)
) @clustered@;
create index counter_sale_by_shift on counter_sale (mall_id, shift_id, order_id);
create index counter_sale_by_paid_at on counter_sale (mall_id, store_id, paid_at) where paid_at is not null;

-- How a sale is paid, each with its payment; the amounts sum to the order's total.
create table counter_tender (
  mall_id bigint not null,
  order_id bigint not null,
  payment_id bigint not null,
  kind text not null,
  amount_fen bigint not null,
  tendered_fen bigint not null,
  note text,
  constraint counter_tender_key primary key (mall_id, order_id, payment_id),
  constraint counter_tender_kind_known check (kind in ('cash', 'code', 'balance', 'other')),
  constraint counter_tender_change check (amount_fen > 0 and tendered_fen >= amount_fen)
) @clustered@;

-- A basket put aside for a customer who comes back in a minute; it holds no stock and no price.
create table held_sale (
  @id@,
  mall_id bigint not null,
  store_id bigint not null,
  staff_id bigint not null,
  label text not null,
  quantity bigint not null,
  basket text not null,
  created_at bigint not null,
  @key@
);
create index held_sale_by_store on held_sale (mall_id, store_id, id);

-- Goods taken back without a receipt: what was paid for them at most what they cost now.
create table open_return (
  @id@,
  mall_id bigint not null,
  shift_id bigint not null,
  store_id bigint not null,
  staff_id bigint not null,
  request_key text not null,
  amount_fen bigint not null,
  lines text not null,
  note text not null,
  at bigint not null,
  @key@,
  constraint open_return_request_once unique (mall_id, request_key),
  constraint open_return_shift foreign key (mall_id, shift_id) references counter_shift (mall_id, id),
  constraint open_return_amount_positive check (amount_fen > 0)
);
create index open_return_by_store on open_return (mall_id, store_id, at);

-- A member's code was used to pay from the balance; it does so once.
create table member_code_use (
  mall_id bigint not null,
  member_id bigint not null,
  expires_at bigint not null,
  constraint member_code_used_once primary key (mall_id, member_id, expires_at)
) @clustered@;
