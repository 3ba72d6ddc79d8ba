-- What CAQH and NPPES say of persons, and how it goes with asking them.

-- One circuit per service: while it is known to be away, nobody calls but one at a time, to see whether it is back.
create table registry_services (
  service text primary key,                     -- domain/codes.ts
  mode text not null,                           -- off, manual, file, api
  name text not null,                           -- what people read
  unavailable_since timestamptz,
  reason text,                                  -- registries/http.ts
  detail text,
  failures integer not null default 0,          -- in a row
  next_probe_at timestamptz,
  next_slot_at timestamptz                      -- when the next call may go out
);

create table registry_records (
  service text not null,
  person_id uuid not null references persons,
  status text,                                  -- domain/caqh.ts; of NPPES: found, not_found
  said jsonb,                                   -- its own words: codes and dates
  checked_at timestamptz,
  said_at timestamptz,                          -- by our clock, to order it with what people recorded
  asked_at timestamptz,
  probing boolean not null default false,
  in_turn boolean not null default false,       -- has its slot
  failing_since timestamptz,
  failures integer not null default 0,
  reason text,
  detail text,
  next_check_at timestamptz,
  primary key (service, person_id)
);

create table caqh_roster_requests (
  id uuid primary key,
  client_id uuid not null references clients,
  person_id uuid not null references persons,
  caqh_id text not null,
  status text not null default 'queued',        -- queued, pending, added, refused
  batch_id text,
  exception text,
  tries integer not null default 0,
  next_at timestamptz not null default now(),
  requested_by jsonb not null,
  created_at timestamptz not null default now(),
  settled_at timestamptz
);
create unique index caqh_roster_requests_open on caqh_roster_requests (person_id) where settled_at is null;
