-- Integrators: webhook endpoints with their deliveries, and API keys. Secrets lie sealed, keys only hashed.

create table webhook_endpoint (
  @id@,
  mall_id bigint not null references mall (id),
  url text not null,
  note text not null default '',
  secret_sealed text not null,
  old_secret_sealed text,
  old_secret_until bigint,
  status text not null default 'enabled',
  failing_since bigint,
  disabled_at bigint,
  created_at bigint not null,
  updated_at bigint not null,
  @key@,
  constraint webhook_endpoint_status_known check (status in ('enabled', 'paused', 'disabled'))
);

-- Which kinds of events an endpoint wants; looked up by kind for every batch of events.
create table webhook_subscription (
  mall_id bigint not null,
  kind text not null,
  endpoint_id bigint not null,
  constraint webhook_subscription_key primary key (mall_id, kind, endpoint_id),
  constraint webhook_subscription_endpoint foreign key (mall_id, endpoint_id) references webhook_endpoint (mall_id, id)
) @clustered@;
create index webhook_subscription_by_endpoint on webhook_subscription (mall_id, endpoint_id);

-- One event for one endpoint. next_attempt_at is null when nothing is to be sent (taken, given up, endpoint at rest);
-- while an attempt runs it is the end of its lease.
create table webhook_delivery (
  @id@,
  mall_id bigint not null,
  endpoint_id bigint not null,
  event_id bigint not null,
  kind text not null,
  body text not null,
  state text not null default 'waiting',
  attempts bigint not null default 0,
  next_attempt_at bigint,
  last_status bigint,
  last_error text,
  delivered_at bigint,
  created_at bigint not null,
  @key@,
  constraint webhook_delivery_state_known check (state in ('waiting', 'delivered', 'failed')),
  constraint webhook_delivery_once unique (mall_id, endpoint_id, event_id),
  constraint webhook_delivery_endpoint foreign key (mall_id, endpoint_id) references webhook_endpoint (mall_id, id)
);
create index webhook_delivery_due on webhook_delivery (next_attempt_at, mall_id, endpoint_id) where next_attempt_at is not null;
create index webhook_delivery_due_of on webhook_delivery (mall_id, endpoint_id, next_attempt_at) where next_attempt_at is not null;
create index webhook_delivery_by_endpoint on webhook_delivery (mall_id, endpoint_id, id);
create index webhook_delivery_open on webhook_delivery (mall_id, endpoint_id, state) where state <> 'delivered';
create index webhook_delivery_by_state on webhook_delivery (mall_id, endpoint_id, state, id);

create table webhook_attempt (
  mall_id bigint not null,
  delivery_id bigint not null,
  id bigint not null,
  at bigint not null,
  duration_ms bigint not null,
  status bigint,
  error text,
  signature_head text not null,
  response_excerpt text not null,
  constraint webhook_attempt_key primary key (mall_id, delivery_id, id)
) @clustered@;

create table api_key (
  @id@,
  mall_id bigint not null references mall (id),
  name text not null,
  prefix text not null,
  key_hash text not null,
  permissions text not null,
  allowed_ips text not null default '[]',
  expires_at bigint,
  last_used_at bigint,
  revoked_at bigint,
  created_by bigint not null,
  created_at bigint not null,
  @key@,
  constraint api_key_hash unique (mall_id, key_hash)
);

-- SKUs whose low stock was told; the row goes when the stock is back.
create table stock_low_told (
  mall_id bigint not null,
  sku_id bigint not null,
  location_id bigint not null,
  told_at bigint not null,
  constraint stock_low_told_key primary key (mall_id, sku_id, location_id)
) @clustered@;
create index stock_low on stock (mall_id, sku_id, location_id) where on_hand - reserved <= low_mark;
