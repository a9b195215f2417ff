-- The nearest stores are found along this index alone; the rows of the few that are shown are read after it.
create index store_nearby on store (mall_id, lat, lng, id) where status = 'open';
