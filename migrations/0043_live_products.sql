-- The back office lists what is not in the bin, whatever its status, in every order its table offers.

create index product_live_updated on product (mall_id, updated_at, id) where deleted_at is null;
create index product_live_sales on product (mall_id, sales_count, id) where deleted_at is null;
create index product_live_price on product (mall_id, min_price_fen, id) where deleted_at is null;
create index product_live_by_category on product (mall_id, category_id) where deleted_at is null;
create index product_in_bin on product (mall_id, updated_at, id) where deleted_at is not null;
