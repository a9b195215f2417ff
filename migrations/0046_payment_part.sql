-- Payments that pay several orders: what of each payment pays which order, and what of that went back. A payment of one order
-- has no parts. sub_orders: so many the channel collects for one by one (combined payment), each under its own number.

alter table payment add column sub_orders bigint not null default 0;

create table payment_part (
  mall_id bigint not null,
  payment_id bigint not null,
  order_id bigint not null,
  -- From 1; a combined payment's sub-order has the number `<payment>S<position>`.
  position bigint not null,
  amount_fen bigint not null,
  refunded_fen bigint not null default 0,
  transaction_id text,
  constraint payment_part_key primary key (mall_id, payment_id, order_id),
  constraint payment_part_position_once unique (mall_id, payment_id, position),
  constraint payment_part_transaction_once unique (mall_id, transaction_id),
  constraint payment_part_payment foreign key (mall_id, payment_id) references payment (mall_id, id),
  constraint payment_part_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint payment_part_amount_positive check (amount_fen > 0),
  constraint payment_part_refund_within_amount check (refunded_fen between 0 and amount_fen)
) @clustered@;

-- How many goods a shop has.
create index product_by_shop on product (mall_id, shop_id) where deleted_at is null;
