-- The file to the depth of real ones. A statement is never changed but to say what took its place.

alter table providers add column dea jsonb not null default '[]';          -- [{state, number, expiresOn}]
alter table documents add column provider_id uuid references providers;
alter table documents add column practice_id uuid references practices;

create table enrolments (
  id uuid primary key,
  client_id uuid not null references clients,
  practice_id uuid not null references practices,
  payer_id uuid not null references payers,
  kind text not null,                           -- domain/codes.ts
  status text not null,
  "on" date not null,
  expected_on date,
  reference text,
  evidence uuid[] not null default '{}',
  recorded_by jsonb not null,
  created_at timestamptz not null default now(),
  superseded_by uuid references enrolments deferrable initially deferred
);
create unique index enrolments_current on enrolments (practice_id, payer_id, kind) where superseded_by is null;
create index enrolments_history on enrolments (practice_id, created_at);

-- Who holds the way into a portal; where its secret is kept, never the secret.
create table portal_access (
  id uuid primary key,
  client_id uuid not null references clients,
  practice_id uuid not null references practices,
  portal text not null,
  payer_ids uuid[] not null default '{}',
  holder text not null,
  second_factor_owner text,
  secret_kept_in text,
  status text not null,
  "on" date not null,
  note text,
  recorded_by jsonb not null,
  created_at timestamptz not null default now(),
  superseded_by uuid references portal_access deferrable initially deferred
);
create unique index portal_access_current on portal_access (practice_id, lower(portal)) where superseded_by is null;
create index portal_access_history on portal_access (practice_id, created_at);

create table authorisations (
  id uuid primary key,
  client_id uuid not null references clients,
  provider_id uuid not null references providers,
  scopes text[] not null,                       -- domain/codes.ts
  payer_ids uuid[],                             -- null: every payer
  signed_on date not null,
  until date,                                   -- the last day; null: until it is revoked
  evidence uuid[] not null default '{}',
  recorded_by jsonb not null,
  revoked_on date,
  revocation jsonb,                             -- {reason, recordedBy}
  created_at timestamptz not null default now()
);
create index authorisations_provider on authorisations (provider_id, created_at);

-- What CAQH and NPPES said of a provider, as somebody or an adapter read it.
create table registry_snapshots (
  id uuid primary key,
  client_id uuid not null references clients,
  provider_id uuid not null references providers,
  source text not null,
  taken_on date not null,
  body jsonb not null,
  recorded_by jsonb not null,
  created_at timestamptz not null default now()
);
create index registry_snapshots_provider on registry_snapshots (provider_id, source, taken_on desc);

alter table practices add column merged_into uuid references practices;
alter table payers add column merged_into uuid references payers;
