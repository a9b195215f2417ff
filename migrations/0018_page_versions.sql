-- Pages are drafted, published in versions and rolled back. Stored blocks name their schema, {"schema": 2, "blocks": […]};
-- a bare list is what schema 1 was. published_number 0 is a page nobody can see yet.

alter table page add column published_number bigint not null default 0;
update page set published_number = 1;

create table page_version (
  mall_id bigint not null,
  page_id bigint not null,
  number bigint not null,
  title text not null,
  blocks text not null,
  note text not null default '',
  staff_id bigint,
  published_at bigint not null,
  constraint page_version_key primary key (mall_id, page_id, number),
  constraint page_version_page foreign key (mall_id, page_id) references page (mall_id, id)
) @clustered@;
insert into page_version (mall_id, page_id, number, title, blocks, published_at)
select mall_id, id, 1, title, blocks, updated_at from page;

create table page_draft (
  mall_id bigint not null,
  page_id bigint not null,
  title text not null,
  blocks text not null,
  revision bigint not null,
  staff_id bigint,
  saved_at bigint not null,
  constraint page_draft_key primary key (mall_id, page_id),
  constraint page_draft_page foreign key (mall_id, page_id) references page (mall_id, id)
) @clustered@;
