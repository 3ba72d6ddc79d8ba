-- The open questions about a platform, asked until they are answered.
create table inquiries (
  id uuid primary key,
  client_id uuid not null references clients,
  relationship_id uuid not null references platform_relationships,
  recipient_type text not null,                 -- record/outreach.ts
  recipient_id uuid not null,
  cadence jsonb not null,                       -- domain/duration.ts
  asked integer not null default 0,             -- times, since something was last open
  asked_at timestamptz,
  next_ask_at timestamptz,
  opened_by jsonb not null,
  opened_at timestamptz not null default now(),
  closed_by jsonb,
  closed_at timestamptz,
  closed_reason text
);
create unique index inquiries_open on inquiries (relationship_id) where closed_at is null;

-- Answers of before are asked again.
create table platform_terms_changes (
  id uuid primary key,
  client_id uuid not null references clients,
  relationship_id uuid not null references platform_relationships,
  changed_on date not null,
  reason text not null,
  recorded_by jsonb not null,
  created_at timestamptz not null default now()
);
create index platform_terms_changes_relationship on platform_terms_changes (relationship_id, changed_on);

-- What is known of a platform in general; only ever a no.
create table platform_knowledge (
  platform text not null,                       -- lower case
  payer_id uuid references payers,              -- null: whatever the payer
  question text not null,                       -- domain/platform.ts
  source text not null,
  as_of date not null,
  recorded_by jsonb not null,
  created_at timestamptz not null default now()
);
create unique index platform_knowledge_key on platform_knowledge (platform, question, payer_id) nulls not distinct;
