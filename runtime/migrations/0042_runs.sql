-- Runs of workflows that are gone, fail or are late: what was found last, and when to look again.
create table run_checks (
  application_id uuid primary key references applications,
  found text not null,                          -- restarted, woken, late, failing, error
  run_id text,
  since timestamptz not null default now(),     -- of this finding
  attempts integer not null default 1,
  restarts integer not null default 0,          -- since it was last seen well
  next_check_at timestamptz not null,
  last_error text
);
create index run_checks_next on run_checks (next_check_at);

-- Rounds that one worker at a time makes: a claim moves `next_at`, so that nobody else takes it meanwhile.
create table rounds (
  name text primary key,
  next_at timestamptz not null default now(),
  looked_through timestamptz not null default now(),
  last_id uuid,                                 -- of a round in parts: how far it has come
  summary jsonb,                                -- of the round that is under way
  last_summary jsonb
);
insert into rounds (name) values ('closed_runs'), ('late_runs'), ('comparison');

create index applications_held on applications (id)
  where snapshot->'held' is not null and snapshot->'held'->>'endedAt' is null;
