-- From where parcels leave: which places take part, where warehouses lie, and whose clerks an order concerns.
alter table location add column ships boolean not null default true;
alter table location add column district_code text;

-- The store that hands an order out, or from whose shelf its parcels leave.
alter table trade_order add column desk_store_id bigint;
update trade_order set desk_store_id = store_id where store_id is not null;
drop index trade_order_by_store;
create index trade_order_by_desk_store on trade_order (mall_id, desk_store_id, id) where desk_store_id is not null;
