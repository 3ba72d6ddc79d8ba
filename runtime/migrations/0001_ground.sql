-- Every row that belongs to a client carries client_id; persons and payers are the operator's own.

create table clients (
  id uuid primary key,
  client_id uuid generated always as (id) stored,
  name text not null,
  time_zone text not null,
  contact_email text not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table users (
  id uuid primary key,
  name text not null,
  email text not null,
  role text not null,
  client_ids uuid[],                       -- null: every client
  team text,
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

create table api_keys (
  id uuid primary key,
  name text not null,
  role text not null,
  client_ids uuid[],                       -- null: every client
  key_hash bytea not null unique,          -- sha256 of a 256-bit random key: nothing to slow down
  expires_on date,
  created_by jsonb not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table persons (
  id uuid primary key,
  npi text not null unique,
  created_at timestamptz not null default now()
);

create table providers (
  id uuid primary key,
  client_id uuid not null references clients,
  person_id uuid not null references persons,
  first_name text not null,
  last_name text not null,
  email text not null,
  caqh_id text,
  taxonomy_code text,
  malpractice jsonb,                       -- {carrier, policyNumber, expiresOn}
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (client_id, person_id)
);
create index providers_person on providers (person_id);

-- A licence is the person's; the row is one client's statement of it, so that two clients never learn of each other.
create table licences (
  client_id uuid not null references clients,
  provider_id uuid not null references providers,
  state text not null,
  number text not null,
  expires_on date not null,
  primary key (provider_id, state, number)
);

create table attestations (
  id uuid primary key,
  client_id uuid not null references clients,   -- the client whose provider it was recorded on
  person_id uuid not null references persons,
  attested_on date not null,
  source text not null,
  reference text,
  authorized_payer_ids uuid[],                  -- null: not recorded
  recorded_by jsonb not null,
  recorded_at timestamptz not null default now()
);
create index attestations_person on attestations (person_id, attested_on desc);

create table practices (
  id uuid primary key,
  client_id uuid not null references clients,
  legal_name text not null,
  tin_type text not null,
  tin_sealed text not null,                     -- runtime/keyring: key id, then AES-256-GCM
  tin_hash bytea not null,                      -- keyed hash, for finding it
  tin_last4 text not null,
  npi text,
  address jsonb not null,
  billing jsonb,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index practices_client on practices (client_id);
create index practices_tin on practices (tin_hash);

create table locations (
  id uuid primary key,
  client_id uuid not null references clients,
  practice_id uuid not null references practices,
  position integer not null,
  name text,
  address jsonb not null
);
create index locations_practice on locations (practice_id, position);

create table payers (
  id uuid primary key,
  name text not null,
  aliases text[] not null default '{}',
  electronic_payer_ids jsonb not null default '[]',
  covers uuid[] not null default '{}',
  playbook_version integer not null default 1,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index payers_name on payers (lower(name));

create table playbooks (
  payer_id uuid not null references payers,
  version integer not null,
  body jsonb not null,
  created_at timestamptz not null default now(),
  primary key (payer_id, version)
);

create table documents (
  id uuid primary key,
  client_id uuid not null references clients,
  kind text not null,
  name text not null,
  sha256 text not null,
  expires_on date,
  created_at timestamptz not null default now()
);
create index documents_client on documents (client_id, created_at);

-- An application: its key, what lists filter and sort on, and the fold of its events.
create table applications (
  id uuid primary key,
  client_id uuid not null references clients,
  provider_id uuid references providers,        -- null only for new_group
  practice_id uuid not null references practices,
  payer_id uuid not null references payers,
  state text not null,
  line_of_business text not null,
  kind text not null,
  location_id uuid references locations,
  natural_key text not null,
  previous_id uuid references applications,
  needed_by date,
  monthly_value integer,
  playbook_version integer not null,
  open boolean not null,
  stage text not null,
  waiting_on text not null,
  assignee uuid references users,
  submitted_on date,
  reference_number text,
  next_follow_up_at timestamptz,
  due_at timestamptz,
  version integer not null,
  snapshot jsonb not null,                      -- domain/application/state.ts
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index applications_one_open on applications (natural_key) where open;
create index applications_key on applications (natural_key, created_at desc);
create index applications_client on applications (client_id, id);
create index applications_provider on applications (provider_id) where open;
create index applications_practice on applications (practice_id) where open;
create index applications_payer on applications (payer_id, stage);
create index applications_updated on applications (updated_at desc, id desc);
create index applications_follow_up on applications (next_follow_up_at, id);
create index applications_submitted on applications (submitted_on, id);

-- The work queue: what a person has to do now, replaced by each step.
create table work_items (
  client_id uuid not null references clients,
  application_id uuid not null references applications,
  purpose text not null,                        -- domain/application/events.ts
  since timestamptz not null,
  due_at timestamptz not null,
  primary key (application_id, purpose)
);
create index work_items_due on work_items (due_at, application_id);

-- What was asked of an application, whole: free text, names and references live here and nowhere else.
create table commands (
  id uuid primary key,
  client_id uuid not null references clients,
  application_id uuid not null references applications,
  action text not null,                         -- domain/codes.ts, or 'open'
  body jsonb not null,
  expected_version integer,                     -- If-Match
  actor jsonb not null,                         -- {type, id, name}
  status text not null default 'pending',       -- pending, applied, refused
  refusal jsonb,
  received_at timestamptz not null default now(),
  settled_at timestamptz                        -- the workflow is known to have it
);
create index commands_application on commands (application_id);
create index commands_unsettled on commands (received_at) where settled_at is null;

create table events (
  client_id uuid not null references clients,
  application_id uuid not null references applications,
  seq integer not null,
  id uuid not null unique,
  at timestamptz not null,
  kind text not null,
  command_id uuid references commands,
  cause_id uuid,
  event jsonb not null,                         -- domain/application/events.ts: ids, codes, dates
  struck_by uuid,
  primary key (application_id, seq)
);
create unique index events_command on events (command_id) where cause_id is null;

-- Who is in network, as known: one row per application and state of knowledge. The gate reads these and the agreements.
create table network_spans (
  id bigint generated always as identity primary key,
  client_id uuid not null references clients,
  application_id uuid not null references applications,
  provider_id uuid not null references providers,
  practice_id uuid not null references practices,
  payer_id uuid not null references payers,
  state text not null,
  line_of_business text not null,
  location_id uuid references locations,
  approved boolean not null,
  effective_from date,
  effective_to date,                            -- last day in network, inclusive
  facts jsonb not null,                         -- domain/facts.ts
  known_from timestamptz not null,
  known_to timestamptz
);
create unique index network_spans_now on network_spans (application_id) where known_to is null;
create index network_spans_scope on network_spans (provider_id, practice_id, payer_id, state);

create table agreements (
  id uuid primary key,
  client_id uuid not null references clients,
  practice_id uuid not null references practices,
  payer_id uuid not null references payers,
  state text not null,
  line_of_business text not null,
  contract jsonb,
  claims_route jsonb,
  ended_on date,
  ending jsonb,                                 -- {on, reason, source, reference, recordedAt}
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index agreements_live on agreements (practice_id, payer_id, state, line_of_business) where ended_on is null;
create index agreements_key on agreements (practice_id, payer_id, state, line_of_business, created_at);

create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,                          -- record/outbox.ts
  subject uuid not null,                        -- what it is about; a row that was heard is gone
  created_at timestamptz not null default now(),
  next_attempt_at timestamptz not null default now(),
  attempts integer not null default 0,
  last_error text
);
create index outbox_next on outbox (next_attempt_at);
create index outbox_subject on outbox (subject);

create table idempotency_keys (
  id uuid primary key,                          -- of caller, route and Idempotency-Key; also the command id
  body_hash bytea not null,
  status integer,
  location text,
  response jsonb,
  created_at timestamptz not null default now()
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table audit_log (
  id bigint generated always as identity primary key,
  client_id uuid,
  at timestamptz not null default now(),
  actor jsonb not null,
  action text not null,
  subject_type text not null,
  subject_id text not null,
  outcome text not null,                        -- done, refused
  detail jsonb,
  request_id text
);
create index audit_log_subject on audit_log (subject_type, subject_id);

-- Which workers poll: readiness asks for one that was seen just now.
create table worker_heartbeats (
  worker_id text primary key,
  run_id text,
  started_at timestamptz not null,
  seen_at timestamptz not null
);

-- Every answer of the gate, so that it can be shown later what was known on that day, and what rested on an entry.
create table readiness_answers (
  id bigint generated always as identity primary key,
  client_id uuid not null references clients,
  at timestamptz not null default now(),
  asked_by jsonb not null,
  question jsonb not null,
  may_bill boolean not null,
  reasons text[] not null,
  entry_ids uuid[] not null                     -- the confirmations that a yes rests on
);
create index readiness_answers_entries on readiness_answers using gin (entry_ids) where may_bill;
