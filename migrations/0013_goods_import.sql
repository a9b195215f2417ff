-- Products by the mall's own code, pictures by what they were made from; so that an import can come twice.

alter table product add column code text;
create unique index product_code_taken on product (mall_id, code);

alter table file add column source_hash text;
create index file_by_source on file (mall_id, source_hash);
