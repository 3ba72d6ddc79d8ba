-- Exclusions from federal and state programmes: what was checked, what was found, and how it stands.

alter table tasks alter column client_id drop not null;   -- null: the operator's own

-- Each import of the OIG's list; the same content for the same month is one import.
create table exclusion_lists (
  id uuid primary key,
  month date not null,                          -- its first day
  sha256 text not null,
  entries integer not null,
  unreadable integer not null,
  screened integer not null default 0,          -- providers of all clients
  clear integer not null default 0,
  possible integer not null default 0,
  confirmed integer not null default 0,
  imported_by jsonb not null,
  created_at timestamptz not null default now(),
  unique (month, sha256)
);

-- The entries of the latest import, so that whoever is added later is held against it too.
create table exclusion_entries (
  list_id uuid not null references exclusion_lists,
  listing text not null,                        -- a digest of what names the entry: the same, month after month
  first_name text not null,
  last_name text not null,
  name_key text not null,                       -- domain/exclusions.ts
  npi text,
  state text,
  excluded_on date not null,
  reinstated_on date
);
create index exclusion_entries_npi on exclusion_entries (npi) where npi is not null;
create index exclusion_entries_name on exclusion_entries (name_key) where npi is null;

-- Evidence that somebody looked: of each provider and list one, and what people record of other lists.
create table exclusion_checks (
  id uuid primary key,
  client_id uuid not null references clients,
  provider_id uuid not null references providers,
  source text not null,                         -- domain/codes.ts
  state text,                                   -- whose list, where it is a state's
  list_id uuid references exclusion_lists,
  checked_on date not null,
  result text not null,
  reference text,
  evidence uuid[] not null default '{}',
  recorded_by jsonb not null,
  created_at timestamptz not null default now(),
  unique (provider_id, list_id)
);
create index exclusion_checks_provider on exclusion_checks (provider_id, created_at);

-- An entry that is, or may be, a person. It is about the person, whichever client came upon it.
create table exclusions (
  id uuid primary key default gen_random_uuid(),
  person_id uuid not null references persons,
  source text not null,
  state text,
  listing text not null,                        -- the entry's digest, or the check that brought it up
  matched_by text not null,                     -- domain/exclusions.ts, or manual
  created_at timestamptz not null default now(),
  unique (person_id, source, listing)
);

-- How an exclusion stood, and since when that was known: the gate answers for the past as it would have then.
create table exclusion_standings (
  id bigint generated always as identity primary key,
  exclusion_id uuid not null references exclusions,
  status text not null,                         -- possible, confirmed, dismissed
  excluded_on date not null,
  reinstated_on date,                           -- from this day on no longer
  reason text,
  decided_by jsonb not null,
  client_id uuid references clients,            -- for whom it was decided; null: by the list
  known_from timestamptz not null default now(),
  known_to timestamptz
);
create unique index exclusion_standings_now on exclusion_standings (exclusion_id) where known_to is null;

-- The list is asked for from the start.
insert into outbox (topic, subject) values ('exclusionList', '00000000-0000-4000-8000-000000000001');
