-- What is to go out to people, and what they have to do that is no application's work item.

-- A message waits here for its sender; the unique key is what keeps anybody from being told twice.
create table messages (
  id uuid primary key default gen_random_uuid(),
  client_id uuid not null references clients,
  key text not null unique,                     -- what it is about and the instant that made it due
  recipient_type text not null,                 -- record/outreach.ts
  recipient_id uuid not null,
  template text not null,
  data jsonb not null default '{}',             -- ids, codes, dates: names are read when it is sent
  application_id uuid references applications,
  status text not null default 'queued',
  not_before timestamptz not null,
  created_at timestamptz not null default now()
);
create index messages_queued on messages (recipient_type, recipient_id, not_before) where status = 'queued';
create index messages_application on messages (application_id);

create table tasks (
  id uuid primary key default gen_random_uuid(),
  client_id uuid not null references clients,
  key text not null unique,                     -- never made twice
  kind text not null,                           -- domain/codes.ts
  subject_type text not null,
  subject_id uuid not null,
  data jsonb not null default '{}',             -- ids, codes, dates
  assignee uuid references users,
  due_at timestamptz not null,
  created_at timestamptz not null default now(),
  closed_at timestamptz,
  closed_by jsonb,                              -- who did it; null where something settled it
  note text
);
create index tasks_open on tasks (due_at, id) where closed_at is null;
create index tasks_subject on tasks (subject_id);
