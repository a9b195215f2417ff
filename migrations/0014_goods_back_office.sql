-- What a SKU was asked for and since when; the list price that this history supports; low marks; what the editor of a
-- category suggests.

create table price_history (
  mall_id bigint not null,
  sku_id bigint not null,
  id bigint not null,
  price_fen bigint not null,
  from_at bigint not null,
  actor_kind text not null,
  actor_id bigint,
  constraint price_history_key primary key (mall_id, sku_id, id)
) @clustered@;

insert into price_history (mall_id, sku_id, id, price_fen, from_at, actor_kind)
select k.mall_id, k.id, k.id, k.price_fen, p.created_at, 'system'
from sku k
join product p on p.mall_id = k.mall_id and p.id = k.product_id;

-- The list price as it may be shown struck through: null unless the history supports it (ADR 0008).
alter table sku add column struck_fen bigint;
update product set list_price_fen = null;
create index sku_struck on sku (mall_id, id) where struck_fen is not null;

alter table category add column attributes text not null default '[]';
