-- Accounts at outside services that staff entered, sealed as one JSON text per service; a row without fields keeps only the
-- outcome of the last live check. And the content a mall was opened with, by id, so that it can be taken out again.

create table mall_account (
  mall_id bigint not null,
  service text not null,
  fields_sealed text,
  checked_at bigint,
  check_ok boolean,
  check_message text,
  updated_at bigint not null,
  constraint mall_account_key primary key (mall_id, service),
  constraint mall_account_service_known check (service in ('wechat_pay', 'wechat_mini_program', 'sms', 'express', 'objects'))
) @clustered@;

create table mall_template (
  mall_id bigint not null,
  name text not null,
  state text not null,
  contents text not null default '{}',
  error text,
  started_at bigint not null,
  finished_at bigint,
  constraint mall_template_key primary key (mall_id),
  constraint mall_template_state_known check (state in ('applying', 'applied', 'failed'))
) @clustered@;
