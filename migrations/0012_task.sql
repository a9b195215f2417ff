-- Long work with a page: what was asked, how far it is, where to go on, and what was wrong on the way.

create table task (
  @id@,
  mall_id bigint not null,
  kind text not null,
  title text not null,
  params text not null,
  permission text not null,
  staff_id bigint,
  state text not null default 'waiting',
  -- Counts the starts; a job carries the number it was made for.
  run bigint not null default 1,
  -- Names the worker that may write; a worker that lost it writes nothing more.
  lease text not null default '',
  done bigint not null default 0,
  total bigint,
  ok_count bigint not null default 0,
  failed_count bigint not null default 0,
  checkpoint text,
  summary text not null default '',
  error_code text,
  error_text text,
  file_key text,
  file_name text,
  created_at bigint not null,
  started_at bigint,
  updated_at bigint not null,
  ended_at bigint,
  @key@,
  constraint task_state_known check (state in ('waiting', 'running', 'stopping', 'done', 'failed', 'cancelled'))
);
create index task_by_staff on task (mall_id, staff_id, id);
create index task_open on task (mall_id, updated_at) where state in ('waiting', 'running', 'stopping');

-- What was wrong: the line of the file (0 when there is none), the column, a sentence.
create table task_problem (
  mall_id bigint not null,
  task_id bigint not null,
  id bigint not null,
  line bigint not null,
  field text not null,
  message text not null,
  constraint task_problem_key primary key (mall_id, task_id, id)
) @clustered@;
