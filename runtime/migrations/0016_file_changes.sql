-- What changed of a practice or provider that payers have on file: who has to hear of it, and by which applications.
create table file_changes (
  id uuid primary key default gen_random_uuid(),
  client_id uuid not null references clients,
  subject_type text not null,                   -- practice, provider
  subject_id uuid not null,
  field text not null,                          -- domain/codes.ts
  changed_on date not null,
  correction boolean not null,                  -- the file was wrong: nothing has changed outside
  recorded_by jsonb not null,
  created_at timestamptz not null default now()
);
create index file_changes_subject on file_changes (subject_id, created_at desc);
