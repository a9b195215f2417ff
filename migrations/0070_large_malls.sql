-- A mall of a hundred thousand products and a million orders lists as quickly as a small one.

-- Pieces at all locations together, of the SKUs that are not deleted; kept by every movement, for sorting by stock.
alter table product add column on_hand bigint not null default 0;
update product
set on_hand = coalesce((
  select cast(sum(t.on_hand) as bigint)
  from sku k
  join stock t on t.mall_id = k.mall_id and t.sku_id = k.id
  where k.mall_id = product.mall_id and k.product_id = product.id and k.deleted_at is null
), 0);
create index product_live_on_hand on product (mall_id, on_hand, id) where deleted_at is null;

-- What facets count, along the index alone, of the whole list or of a category.
create index product_facets on product (mall_id, status, brand_id, in_stock, min_price_fen, category_id);
drop index product_by_brand;

-- The first goods of a category, along the index alone.
create index product_first_of_category on product (mall_id, category_id, status, in_stock, sales_count, id);
drop index product_by_category;

create index trade_order_by_delivery on trade_order (mall_id, delivery_kind, id);
