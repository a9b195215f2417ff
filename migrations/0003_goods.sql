-- Shops, stores and their stock; the catalogue; freight; decorated pages.

create table shop (
  @id@,
  mall_id bigint not null references mall (id),
  name text not null,
  created_at bigint not null,
  @key@
);

create table store (
  @id@,
  mall_id bigint not null,
  shop_id bigint not null,
  name text not null,
  district_code text not null,
  address text not null,
  lat double precision not null,
  lng double precision not null,
  phone text not null,
  hours text not null,
  notice text,
  picture_key text,
  status text not null default 'open',
  created_at bigint not null,
  @key@,
  constraint store_status_known check (status in ('open', 'closed')),
  constraint store_shop foreign key (mall_id, shop_id) references shop (mall_id, id)
);

-- Where stock lies: a warehouse, or a store's shelf.
create table location (
  @id@,
  mall_id bigint not null,
  shop_id bigint not null,
  kind text not null,
  name text not null,
  store_id bigint,
  is_default boolean not null default false,
  @key@,
  constraint location_kind_known check (kind in ('warehouse', 'store')),
  constraint location_shop foreign key (mall_id, shop_id) references shop (mall_id, id),
  constraint location_store_once unique (mall_id, store_id)
);

create table brand (
  @id@,
  mall_id bigint not null,
  name text not null,
  logo_key text,
  story text not null default '',
  position bigint not null default 0,
  @key@,
  constraint brand_name_taken unique (mall_id, name)
);

-- path is '/1/5/' with the category's own id last.
create table category (
  @id@,
  mall_id bigint not null,
  parent_id bigint,
  path text @binary@ not null,
  name text not null,
  picture_key text,
  position bigint not null default 0,
  @key@,
  constraint category_parent foreign key (mall_id, parent_id) references category (mall_id, id)
);

-- A region rule is JSON in rules: see goods::freight.
create table freight_template (
  @id@,
  mall_id bigint not null,
  shop_id bigint not null,
  name text not null,
  unit text not null,
  rules text not null,
  is_default boolean not null default false,
  updated_at bigint not null,
  @key@,
  constraint freight_template_unit_known check (unit in ('piece', 'weight', 'volume'))
);

create table product (
  @id@,
  mall_id bigint not null,
  shop_id bigint not null,
  category_id bigint not null,
  brand_id bigint,
  freight_template_id bigint,
  slug text,
  name text not null,
  subtitle text not null default '',
  description_html text not null default '',
  picture_keys text not null default '[]',
  video_key text,
  options text not null default '[]',
  tags text not null default '[]',
  keywords text not null default '',
  status text not null,
  on_sale_at bigint,
  off_sale_at bigint,
  return_7d boolean not null default true,
  purchase_limit bigint,
  min_price_fen bigint not null,
  max_price_fen bigint not null,
  list_price_fen bigint,
  in_stock boolean not null default false,
  sales_count bigint not null default 0,
  review_count bigint not null default 0,
  rating_sum bigint not null default 0,
  picture_review_count bigint not null default 0,
  positive_review_count bigint not null default 0,
  version bigint not null default 1,
  created_at bigint not null,
  updated_at bigint not null,
  deleted_at bigint,
  @key@,
  constraint product_status_known check (status in ('on_sale', 'off_sale', 'scheduled')),
  constraint product_prices_ordered check (0 <= min_price_fen and min_price_fen <= max_price_fen),
  constraint product_shop foreign key (mall_id, shop_id) references shop (mall_id, id),
  constraint product_category foreign key (mall_id, category_id) references category (mall_id, id),
  constraint product_brand foreign key (mall_id, brand_id) references brand (mall_id, id)
);
create index product_newest on product (mall_id, status, id);
create index product_best_selling on product (mall_id, status, sales_count, id);
create index product_by_price on product (mall_id, status, min_price_fen, id);
create index product_by_category on product (mall_id, category_id, status, id);
create index product_scheduled on product (mall_id, on_sale_at) where status = 'scheduled';

create table sku (
  @id@,
  mall_id bigint not null,
  product_id bigint not null,
  code text not null,
  barcode text,
  option_values text not null default '[]',
  price_fen bigint not null,
  list_price_fen bigint,
  cost_fen bigint,
  weight_g bigint not null default 0,
  volume_cm3 bigint not null default 0,
  picture_key text,
  position bigint not null default 0,
  deleted_at bigint,
  @key@,
  constraint sku_code_taken unique (mall_id, code),
  constraint sku_price_in_range check (price_fen between 0 and 10000000000),
  constraint sku_list_price_in_range check (list_price_fen is null or list_price_fen between 0 and 10000000000),
  constraint sku_size_not_negative check (weight_g >= 0 and volume_cm3 >= 0),
  constraint sku_product foreign key (mall_id, product_id) references product (mall_id, id)
);
create index sku_by_product on sku (mall_id, product_id, position);
create index sku_by_barcode on sku (mall_id, barcode);

create table product_attribute (
  mall_id bigint not null,
  product_id bigint not null,
  name text not null,
  value text not null,
  position bigint not null default 0,
  constraint product_attribute_key primary key (mall_id, product_id, name)
) @clustered@;
create index product_attribute_by_value on product_attribute (mall_id, name, value, product_id);

create table product_tag (
  mall_id bigint not null,
  tag text not null,
  product_id bigint not null,
  constraint product_tag_key primary key (mall_id, tag, product_id)
) @clustered@;
create index product_tag_by_product on product_tag (mall_id, product_id);

create table favourite (
  mall_id bigint not null,
  member_id bigint not null,
  product_id bigint not null,
  created_at bigint not null,
  constraint favourite_key primary key (mall_id, member_id, product_id)
) @clustered@;

create table browse_history (
  mall_id bigint not null,
  member_id bigint not null,
  product_id bigint not null,
  seen_at bigint not null,
  constraint browse_history_key primary key (mall_id, member_id, product_id)
) @clustered@;
create index browse_history_by_time on browse_history (mall_id, member_id, seen_at);

-- available = on_hand - reserved. All writes go through goods::inventory.
create table stock (
  mall_id bigint not null,
  sku_id bigint not null,
  location_id bigint not null,
  on_hand bigint not null default 0,
  reserved bigint not null default 0,
  low_mark bigint not null default 0,
  updated_at bigint not null,
  constraint stock_key primary key (mall_id, sku_id, location_id),
  constraint stock_on_hand_in_range check (on_hand between 0 and 1000000000),
  constraint stock_reserved_within_on_hand check (reserved between 0 and on_hand),
  constraint stock_sku foreign key (mall_id, sku_id) references sku (mall_id, id),
  constraint stock_location foreign key (mall_id, location_id) references location (mall_id, id)
) @clustered@;
create index stock_by_location on stock (mall_id, location_id, sku_id);

create table stock_reservation (
  mall_id bigint not null,
  holder_kind text not null,
  holder_id bigint not null,
  sku_id bigint not null,
  location_id bigint not null,
  quantity bigint not null,
  expires_at bigint,
  constraint stock_reservation_key primary key (mall_id, holder_kind, holder_id, sku_id, location_id),
  constraint stock_reservation_positive check (quantity > 0)
) @clustered@;

create table stock_movement (
  mall_id bigint not null,
  sku_id bigint not null,
  id bigint not null,
  location_id bigint not null,
  kind text not null,
  on_hand_delta bigint not null,
  reserved_delta bigint not null,
  holder_kind text,
  holder_id bigint,
  actor_kind text not null,
  actor_id bigint,
  note text,
  at bigint not null,
  constraint stock_movement_key primary key (mall_id, sku_id, id),
  constraint stock_movement_kind_known check (kind in ('reserve', 'commit', 'release', 'receive', 'adjust', 'transfer', 'count'))
) @clustered@;

create table review (
  @id@,
  mall_id bigint not null,
  product_id bigint not null,
  sku_id bigint not null,
  order_id bigint not null,
  line_id bigint not null,
  member_id bigint not null,
  nickname text not null,
  rating bigint not null,
  text text not null,
  picture_keys text not null default '[]',
  option_text text not null default '',
  reply text,
  replied_at bigint,
  hidden_reason text,
  created_at bigint not null,
  @key@,
  constraint review_once unique (mall_id, order_id, line_id),
  constraint review_rating_in_range check (rating between 1 and 5)
);
create index review_by_product on review (mall_id, product_id, id);

-- The decorated home page; blocks name their sources and are resolved when served.
create table page (
  @id@,
  mall_id bigint not null,
  slug text not null,
  title text not null,
  blocks text not null,
  updated_at bigint not null,
  @key@,
  constraint page_slug_taken unique (mall_id, slug)
);
