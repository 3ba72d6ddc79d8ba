-- A provider or a whole client leaves: what that comes to, and what is purged afterwards.

alter table clients add column ended_on date;                  -- the last day
alter table clients add column legal_hold jsonb;               -- {reason, setBy, setAt}: nothing is purged
alter table clients add column purged jsonb not null default '{}';   -- by what, when: domain/retention.ts
alter table providers add column ended_on date;
alter table providers add column legal_hold jsonb;
alter table providers add column purged jsonb not null default '{}';
alter table users add column revoked_at timestamptz;

-- What is secret goes when its time has come.
alter table practices alter column tin_sealed drop not null;
alter table practices alter column tin_hash drop not null;
alter table webhook_endpoints alter column secret_sealed drop not null;

create table endings (
  id uuid primary key,
  client_id uuid not null references clients,
  provider_id uuid references providers,        -- null: the whole client
  "on" date not null,                           -- the last day
  reason text not null,                         -- domain/codes.ts
  words text,
  applications text not null,                   -- withdraw, hand_over
  terminate boolean not null,
  source text not null,
  reference text not null,
  recorded_by jsonb not null,
  created_at timestamptz not null default now(),
  access jsonb,                                 -- how much of what was shut, once the last day had passed
  done_at timestamptz
);
create index endings_client on endings (client_id, created_at);
create index endings_provider on endings (provider_id);

-- What an ending does, one by one: each under its own id as the command's, so that doing it again does nothing.
create table ending_items (
  id uuid primary key default gen_random_uuid(),
  ending_id uuid not null references endings,
  client_id uuid not null references clients,
  position integer generated always as identity,
  action text not null,                         -- domain/leaving.ts
  subject_id uuid not null,
  because text not null,
  "when" text not null,
  notice jsonb,                                 -- of a termination: {noticeDays?, noticeBy, lastDay}
  status text not null default 'waiting',       -- waiting, queued, done, refused
  result jsonb,
  settled_at timestamptz,
  unique (ending_id, action, subject_id)
);
