-- Orders fetched at a store are few, or none: their own index, beside the whole list, which is nearly all express.
drop index trade_order_by_delivery;
create index trade_order_at_a_store on trade_order (mall_id, delivery_kind, id) where delivery_kind <> 'express';
