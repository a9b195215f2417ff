-- The media library: files have names and may lie in folders.

create table media_folder (
  @id@,
  mall_id bigint not null,
  name text not null,
  created_at bigint not null,
  @key@,
  constraint media_folder_name_taken unique (mall_id, name)
);

alter table file add column name text not null default '';
alter table file add column folder_id bigint;
create index file_in_library on file (mall_id, owner_kind, key);
create index file_by_folder on file (mall_id, folder_id, key);
