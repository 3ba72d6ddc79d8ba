-- A secret that was shown in full: which, to whom and why. The value itself only for as long as a retry may be shown it.
create table reveals (
  id uuid primary key,                          -- the command's
  client_id uuid not null references clients,
  subject_type text not null,                   -- practice, provider
  subject_id uuid not null,
  field text not null,
  reason text,                                  -- null: a call
  call_id uuid references calls,
  application_id uuid references applications,
  revealed_by jsonb not null,                   -- {type, id, name}
  value_sealed text,
  created_at timestamptz not null default now()
);
create index reveals_client on reveals (client_id);
create index reveals_call on reveals (call_id) where call_id is not null;
create index reveals_shown on reveals (created_at) where value_sealed is not null;
