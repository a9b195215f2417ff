-- Goods that were laid out for somebody who did not come: who put them back on the shelf, and when. And the members of a clerk
-- at a store, for moving them together.

alter table fitting add column put_back_at bigint;
alter table fitting add column put_back_by bigint
  constraint fitting_put_back_at_some_time check (put_back_by is null or put_back_at is not null);

-- Those of before went back without being ticked.
update fitting set put_back_at = ended_at where state in ('cancelled', 'expired') and ready_at is not null;

create index fitting_to_put_back on fitting (mall_id, store_id, ended_at, id)
  where state in ('cancelled', 'expired') and ready_at is not null and put_back_at is null;

create index member_home_of_clerk_at_store on member_home (mall_id, clerk_id, store_id, id)
  where ended_at is null and clerk_id is not null;
