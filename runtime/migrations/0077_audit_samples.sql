-- Applications that were drawn for auditors: which, is fixed once they are drawn.
create table audit_samples (
  id uuid primary key,
  kind text not null,
  count integer not null,                       -- as asked
  seed text not null,
  from_on date not null,                        -- put on record from this day on, in UTC
  to_on date not null,                          -- the last day
  population integer not null,                  -- so many there were to draw from
  application_ids uuid[] not null,              -- in the order of drawing
  client_ids uuid[] not null,                   -- of these; all of them are the reader's
  drawn_by jsonb not null,
  created_at timestamptz not null default now()
);
create index applications_kind on applications (kind, created_at);
