-- Steps that failed by themselves too often. A try is counted and committed before it is made: the first by the transaction that
-- keeps the command or arms the timer.
alter table commands add column step_tries int not null default 1;
alter table applications add column step_tries int not null default 1;

create table set_aside (
  id uuid primary key,
  client_id uuid not null references clients (id),
  application_id uuid not null references applications (id),
  what text not null check (what in ('command', 'due', 'file')),
  -- of a command
  command_id uuid references commands (id),
  -- of what is due: the timer that came first
  timer text,
  -- the name or code of the failure, never its words
  cause text not null,
  since timestamptz not null,
  -- when it is tried again by itself; a command waits for a person
  again_at timestamptz,
  unique nulls not distinct (application_id, what, command_id, timer)
);
create index set_aside_again_at on set_aside (since, id);
