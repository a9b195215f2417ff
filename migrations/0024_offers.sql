-- What offers need of trade: the version of each kind of rules of a mall, and more words about what applied to an order.

create table offer_version (
  mall_id bigint not null,
  kind text not null,
  version bigint not null,
  constraint offer_version_key primary key (mall_id, kind)
) @clustered@;

alter table order_discount add column lane text not null default 'promotion';
alter table order_discount add column quantity bigint not null default 0;

-- A line that came with the order for nothing.
alter table order_line add column gift boolean not null default false;
