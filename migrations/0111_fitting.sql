-- Goods that a store puts aside for a member to try: kept on its shelf until the evening of a day, nothing is paid.

-- ended_reason: why the store could not keep them. order_id: the sale of the counter that took them.
create table fitting (
  @id@,
  mall_id bigint not null,
  member_id bigint not null,
  store_id bigint not null,
  sku_id bigint not null,
  product_id bigint not null,
  name text not null,
  option_text text not null,
  picture_key text,
  quantity bigint not null,
  state text not null,
  until bigint not null,
  created_at bigint not null,
  ready_at bigint,
  ended_at bigint,
  ended_reason text,
  order_id bigint,
  @key@,
  constraint fitting_state_known check (state in ('held', 'ready', 'bought', 'returned', 'cancelled', 'refused', 'expired')),
  constraint fitting_ends_once check ((state in ('held', 'ready')) = (ended_at is null)),
  constraint fitting_refused_for_a_reason check ((state = 'refused') = (ended_reason is not null)),
  constraint fitting_quantity_positive check (quantity > 0),
  constraint fitting_store foreign key (mall_id, store_id) references store (mall_id, id)
);
create index fitting_open_at_store on fitting (mall_id, store_id, until, id) where state in ('held', 'ready');
create index fitting_ended_at_store on fitting (mall_id, store_id, ended_at, id) where ended_at is not null;
create index fitting_due on fitting (mall_id, until, id) where state in ('held', 'ready');
create index fitting_of_member on fitting (mall_id, member_id, id);
create index fitting_of_order on fitting (mall_id, order_id) where order_id is not null;
