-- A paid membership can be refunded: how many days were bought (0: as many as the plan has), and the time taken back.

alter table wallet_purchase add column days bigint not null default 0;
alter table wallet_purchase add column time_taken_ms bigint not null default 0;
