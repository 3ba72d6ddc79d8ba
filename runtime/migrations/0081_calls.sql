-- Calls to payers, each about some applications. One is over once it was ended, or its time has passed.
create table calls (
  id uuid primary key,
  payer_id uuid not null references payers,
  application_ids uuid[] not null,              -- in the caller's order
  client_ids uuid[] not null,                   -- of these; all of them are the reader's
  started_by jsonb not null,
  started_at timestamptz not null default now(),
  ends_at timestamptz not null,
  ended_at timestamptz,                         -- null also of one whose time has passed
  contacts_id uuid                              -- the command that logged its contacts, and ended it
);
