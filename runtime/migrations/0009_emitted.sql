-- What others are told: ids, codes, dates. Appended in the transaction that made it so, read in order of its number.
create table emitted (
  seq bigint generated always as identity primary key,
  id uuid not null unique default gen_random_uuid(),
  client_id uuid not null references clients,
  type text not null,                           -- domain/codes.ts
  subject_id uuid not null,
  data jsonb not null,
  created_at timestamptz not null default now()
);
create index emitted_client on emitted (client_id, seq);

-- The gate's last answer for an application's scope, as it was told.
create table readiness_told (
  application_id uuid primary key references applications,
  client_id uuid not null references clients,
  may_bill boolean not null,
  reasons text[] not null,
  told_at timestamptz not null default now()
);
