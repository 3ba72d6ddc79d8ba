-- Whether a worker does tasks, and not only polls for them.
alter table worker_heartbeats add column task_done_at timestamptz;

-- A watch's step that fails by itself is set aside like an application's.
create table watch_tries (
  watch text not null,
  subject text not null,
  tries int not null,
  primary key (watch, subject)
);
alter table set_aside
  drop constraint set_aside_what_check,
  alter column client_id drop not null,
  alter column application_id drop not null,
  add column watch text,
  add column subject text,
  add check (what in ('command', 'due', 'file', 'watch')),
  add check ((what = 'watch') = (watch is not null and subject is not null)),
  add check (what = 'watch' or (client_id is not null and application_id is not null)),
  drop constraint set_aside_application_id_what_command_id_timer_key;
create unique index set_aside_application on set_aside (application_id, what, command_id, timer) nulls not distinct
  where watch is null;
create unique index set_aside_watch on set_aside (watch, subject) where watch is not null;

-- Applications that a workflow knew and the record does not: a restore lost their opening.
create table lost_applications (
  application_id uuid primary key,
  known jsonb,
  since timestamptz not null
);
