-- More payment channels: accounts of services that were not known in 0020, whose list now stands in the code alone.

@postgres
alter table mall_account drop constraint mall_account_service_known;
@end
@sqlite
  create table mall_account_next (
    mall_id bigint not null,
    service text not null,
    fields_sealed text,
    checked_at bigint,
    check_ok boolean,
    check_message text,
    updated_at bigint not null,
    constraint mall_account_key primary key (mall_id, service)
  ) without rowid;
  insert into mall_account_next
  select mall_id, service, fields_sealed, checked_at, check_ok, check_message, updated_at from mall_account;
  drop table mall_account;
  alter table mall_account_next rename to mall_account;
@end
