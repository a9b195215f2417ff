-- Rows of a file of tracking numbers, while the task that ships them is under way.

create table ship_file_row (
  mall_id bigint not null,
  task_id bigint not null,
  line bigint not null,
  order_id bigint not null,
  carrier_code text not null,
  tracking_number text not null,
  constraint ship_file_row_key primary key (mall_id, task_id, line)
) @clustered@;
