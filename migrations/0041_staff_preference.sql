-- What a staff member arranged for themselves, by name: the columns of a list. value is JSON.

create table staff_preference (
  mall_id bigint not null,
  staff_id bigint not null,
  name text not null,
  value text not null,
  updated_at bigint not null,
  constraint staff_preference_key primary key (mall_id, staff_id, name)
) @clustered@;
