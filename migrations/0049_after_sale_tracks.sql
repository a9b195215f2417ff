-- The way of an after-sale's parcels, and which SKUs came back of a line that was exchanged before.

create table after_sale_track (
  mall_id bigint not null,
  after_sale_id bigint not null,
  way text not null,
  tracking_number text not null,
  state text,
  track text,
  tracked_at bigint not null,
  constraint after_sale_track_key primary key (mall_id, after_sale_id, way),
  constraint after_sale_track_of foreign key (mall_id, after_sale_id) references after_sale (mall_id, id),
  constraint after_sale_track_way_known check (way in ('return', 'reship'))
) @clustered@;

-- Pairs of SKU and pieces in JSON; null for what came back before this was written down.
alter table after_sale_line add column came_back text;
