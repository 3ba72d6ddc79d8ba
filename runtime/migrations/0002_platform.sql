-- The platform ledger: what a provider has through a platform, and what it does not amount to.

create table platform_relationships (
  id uuid primary key,
  client_id uuid not null references clients,
  provider_id uuid not null references providers,
  platform text not null,
  payer_ids uuid[] not null,
  since date,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index platform_relationships_client on platform_relationships (client_id, created_at);
create index platform_relationships_provider on platform_relationships (provider_id);
create index platform_relationships_payers on platform_relationships using gin (payer_ids);

-- Never changed but to say what took its place: one answer is in force per question, payer and state.
create table platform_answers (
  id uuid primary key,
  client_id uuid not null references clients,
  relationship_id uuid not null references platform_relationships,
  question text not null,                       -- domain/platform.ts
  payer_id uuid references payers,              -- null: every payer of the relationship
  state text,                                   -- null: every state
  answer text not null,
  answered_by text not null,
  answered_on date not null,
  channel text not null,
  words text,
  parts jsonb,
  items jsonb,
  notice_days integer,
  evidence uuid[] not null default '{}',
  recorded_by jsonb not null,
  created_at timestamptz not null default now(),
  superseded_by uuid references platform_answers deferrable initially deferred
);
create unique index platform_answers_in_force on platform_answers (relationship_id, question, payer_id, state)
  nulls not distinct where superseded_by is null;
create index platform_answers_history on platform_answers (relationship_id, created_at);

create table platform_decisions (
  id uuid primary key,
  client_id uuid not null references clients,
  relationship_id uuid not null references platform_relationships,
  decision text not null,
  reason text not null,
  recorded_by jsonb not null,
  created_at timestamptz not null default now(),
  superseded_by uuid references platform_decisions deferrable initially deferred
);
create unique index platform_decisions_in_force on platform_decisions (relationship_id) where superseded_by is null;
create index platform_decisions_history on platform_decisions (relationship_id, created_at);
