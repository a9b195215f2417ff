-- The product list without a filter, in its default order and counted by brand, straight from an index.

create index product_in_default_order on product (mall_id, status, in_stock, sales_count, id);
create index product_by_brand on product (mall_id, status, brand_id);
