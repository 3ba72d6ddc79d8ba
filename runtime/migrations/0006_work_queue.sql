-- The queue as specialists work it.

-- Hides an item until its day; an item that arises anew is another one.
create table snoozes (
  application_id uuid not null references applications,
  client_id uuid not null references clients,
  purpose text not null,
  since timestamptz not null,                   -- of the item
  until date not null,                          -- in the client's zone: on this day it is back
  reason text not null,
  snoozed_by jsonb not null,
  created_at timestamptz not null default now(),
  primary key (application_id, purpose)
);

alter table users add column capacity integer;                -- items a day; null: not planned

-- Somebody's work is another's for a while, and returns by itself.
create table covers (
  id uuid primary key,
  user_id uuid not null references users,
  covered_by uuid not null references users,
  from_on date not null,
  until_on date not null,                       -- inclusive
  reason text,
  created_at timestamptz not null default now()
);
create index covers_user on covers (user_id, until_on);

-- The secret in a calendar feed's address; a new one takes the place of the old.
create table calendar_feeds (
  user_id uuid primary key references users,
  token_hash bytea not null unique,
  created_at timestamptz not null default now()
);
