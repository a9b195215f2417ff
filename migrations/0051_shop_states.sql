-- A shop that is closed keeps its goods on show and takes no orders. Orders are found by their shop.

alter table shop add column closed_at bigint;
create index trade_order_by_shop on trade_order (mall_id, shop_id, id);
