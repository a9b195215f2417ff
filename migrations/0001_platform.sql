-- Tenancy, sessions, idempotency, jobs, outbox, files, search.
-- Tokens: @id@ an integer key, @key@ the key that starts with mall_id, @clustered@ rows stored in key order,
-- @binary@ text compared byte by byte. Every table starts with mall_id, and so does every key (see ARCHITECTURE.md).

create table mall (
  id bigint not null,
  code text not null,
  name text not null,
  currency text not null default 'CNY',
  utc_offset_ms bigint not null default 28800000,
  status text not null default 'open',
  settings text not null default '{}',
  created_at bigint not null,
  constraint mall_key primary key (id),
  constraint mall_code_taken unique (code),
  constraint mall_status_known check (status in ('open', 'closed'))
);

create table mall_host (
  host text not null,
  mall_id bigint not null references mall (id),
  constraint mall_host_taken primary key (host)
);

create table session (
  mall_id bigint not null,
  token_hash text not null,
  kind text not null,
  subject_id bigint not null,
  created_at bigint not null,
  expires_at bigint not null,
  user_agent text not null default '',
  constraint session_key primary key (mall_id, token_hash),
  constraint session_kind_known check (kind in ('guest', 'member', 'staff'))
) @clustered@;
create index session_by_subject on session (mall_id, kind, subject_id);

create table idempotency (
  mall_id bigint not null,
  caller text not null,
  key text not null,
  body_hash text not null,
  response text not null,
  created_at bigint not null,
  constraint idempotency_key primary key (mall_id, caller, key)
) @clustered@;
create index idempotency_by_age on idempotency (mall_id, created_at);

create table job (
  @id@,
  mall_id bigint not null,
  kind text not null,
  payload text not null,
  state text not null default 'ready',
  run_at bigint not null,
  attempts bigint not null default 0,
  max_attempts bigint not null default 20,
  unique_key text,
  last_error text,
  created_at bigint not null,
  finished_at bigint,
  @key@,
  constraint job_state_known check (state in ('ready', 'running', 'done', 'dead')),
  constraint job_once unique (mall_id, kind, unique_key)
);
create index job_due on job (run_at) where state in ('ready', 'running');

create table outbox (
  @id@,
  mall_id bigint not null,
  kind text not null,
  payload text not null,
  created_at bigint not null,
  @key@
);

create table file (
  mall_id bigint not null,
  key text not null,
  content_type text not null,
  width bigint not null default 0,
  height bigint not null default 0,
  bytes bigint not null,
  owner_kind text not null,
  owner_id bigint not null,
  created_at bigint not null,
  constraint file_key primary key (mall_id, key)
) @clustered@;

-- Words of a document and how much each counts; kind is 'product'.
create table search_term (
  mall_id bigint not null,
  kind text not null,
  term text @binary@ not null,
  doc_id bigint not null,
  weight bigint not null,
  constraint search_term_key primary key (mall_id, kind, term, doc_id)
) @clustered@;
create index search_term_by_doc on search_term (mall_id, kind, doc_id);

-- What people typed; feeds suggestions and hot words.
create table search_phrase (
  mall_id bigint not null,
  phrase text @binary@ not null,
  source text not null,
  weight bigint not null,
  updated_at bigint not null,
  constraint search_phrase_key primary key (mall_id, phrase),
  constraint search_phrase_source_known check (source in ('pinned', 'product', 'query'))
) @clustered@;
create index search_phrase_by_weight on search_phrase (mall_id, source, weight);

create table search_history (
  mall_id bigint not null,
  member_id bigint not null,
  phrase text not null,
  searched_at bigint not null,
  constraint search_history_key primary key (mall_id, member_id, phrase)
) @clustered@;
