-- After-sale: requests over lines of an order with quantities, their life, and what of a line is spoken for.

-- claimed: pieces in an open request. withheld: of those, pieces that were not sent yet and stay in the house meanwhile.
-- unsent: pieces that were refunded without ever being sent.
alter table order_line add column claimed_quantity bigint not null default 0
  constraint order_line_claims_within_quantity check (claimed_quantity >= 0 and refunded_quantity + claimed_quantity <= quantity);
alter table order_line add column unsent_quantity bigint not null default 0
  constraint order_line_unsent_were_refunded check (unsent_quantity between 0 and refunded_quantity);
alter table order_line add column withheld_quantity bigint not null default 0
  constraint order_line_withheld_not_sent check (withheld_quantity between 0 and claimed_quantity and shipped_quantity + withheld_quantity + unsent_quantity <= quantity);

-- goods_fen and freight_fen are what the member may expect, and what went back once refunds stand in after_sale_refund.
create table after_sale (
  @id@,
  mall_id bigint not null,
  shop_id bigint not null,
  order_id bigint not null,
  member_id bigint not null,
  store_id bigint,
  kind text not null,
  stage text not null,
  status text not null,
  reason text not null,
  description text,
  picture_keys text not null default '[]',
  quantity bigint not null,
  goods_fen bigint not null,
  freight_fen bigint not null default 0,
  return_address text,
  return_carrier_code text,
  return_tracking_number text,
  reship_carrier_code text,
  reship_tracking_number text,
  answer text,
  staff_note text,
  is_final boolean not null default false,
  due_at bigint,
  created_at bigint not null,
  updated_at bigint not null,
  ended_at bigint,
  @key@,
  constraint after_sale_order foreign key (mall_id, order_id) references trade_order (mall_id, id),
  constraint after_sale_kind_known check (kind in ('refund_only', 'return_refund', 'exchange')),
  constraint after_sale_stage_known check (stage = 'sent' or (stage = 'unsent' and kind = 'refund_only')),
  constraint after_sale_status_known check (status in ('requested', 'approved', 'returning', 'received', 'refunding', 'refunded', 'exchanged', 'rejected', 'cancelled', 'escalated')),
  constraint after_sale_amounts_not_negative check (goods_fen >= 0 and freight_fen >= 0 and quantity > 0)
);
create index after_sale_by_member on after_sale (mall_id, member_id, id);
create index after_sale_by_order on after_sale (mall_id, order_id, id);
create index after_sale_by_status on after_sale (mall_id, status, id);
create index after_sale_by_store on after_sale (mall_id, store_id, id) where store_id is not null;
create index after_sale_due on after_sale (mall_id, due_at) where due_at is not null;
create index after_sale_by_parcel on after_sale (mall_id, return_tracking_number) where return_tracking_number is not null;

-- accepted is null until somebody decided; amount_fen is what went back for the line.
create table after_sale_line (
  mall_id bigint not null,
  after_sale_id bigint not null,
  line_id bigint not null,
  quantity bigint not null,
  accepted_quantity bigint,
  sellable_quantity bigint not null default 0,
  damaged_quantity bigint not null default 0,
  amount_fen bigint,
  exchange_sku_id bigint,
  exchange_text text,
  constraint after_sale_line_key primary key (mall_id, after_sale_id, line_id),
  constraint after_sale_line_of foreign key (mall_id, after_sale_id) references after_sale (mall_id, id),
  constraint after_sale_line_quantity_positive check (quantity > 0),
  constraint after_sale_line_accepted_within check (accepted_quantity is null or accepted_quantity between 0 and quantity),
  constraint after_sale_line_inspected_within check (sellable_quantity >= 0 and damaged_quantity >= 0 and sellable_quantity + damaged_quantity <= quantity)
) @clustered@;

-- The refunds that carry an after-sale's money: one for each payment that gives a part of it.
create table after_sale_refund (
  mall_id bigint not null,
  refund_id bigint not null,
  after_sale_id bigint not null,
  constraint after_sale_refund_once primary key (mall_id, refund_id),
  constraint after_sale_refund_of foreign key (mall_id, after_sale_id) references after_sale (mall_id, id),
  constraint after_sale_refund_refund foreign key (mall_id, refund_id) references refund (mall_id, id)
) @clustered@;
create index after_sale_refund_by_after_sale on after_sale_refund (mall_id, after_sale_id);

create table after_sale_event (
  mall_id bigint not null,
  after_sale_id bigint not null,
  id bigint not null,
  kind text not null,
  actor_kind text not null,
  actor_id bigint,
  text text not null,
  at bigint not null,
  constraint after_sale_event_key primary key (mall_id, after_sale_id, id)
) @clustered@;

-- Clocks, windows and the address goods go back to; a mall without the row has the defaults.
create table after_sale_rules (
  mall_id bigint not null,
  rules text not null,
  updated_at bigint not null,
  constraint after_sale_rules_key primary key (mall_id)
) @clustered@;
