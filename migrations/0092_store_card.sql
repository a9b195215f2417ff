-- A store as a name card: pictures beside the first, what it offers, and where it delivers to.
alter table store add column picture_keys text not null default '[]';
alter table store add column services text not null default '[]';
alter table store add column delivery_area text;

create index store_delivering on store (mall_id, lat, lng, id) where status = 'open' and delivery_area is not null;
create index store_by_district on store (mall_id, district_code, id) where status = 'open';

update store set picture_keys = '["' || picture_key || '"]' where picture_key is not null;
