-- A provider takes back from payers that they may see the CAQH profile, as one client states it. Lists of attestations
-- (authorized_payer_ids) only add.
create table access_withdrawals (
  id uuid primary key,
  client_id uuid not null references clients,
  person_id uuid not null references persons,
  payer_ids uuid[] not null,
  withdrawn_on date not null,
  source text not null,
  reference text,
  recorded_by jsonb not null,
  recorded_at timestamptz not null default now()
);
create index access_withdrawals_person on access_withdrawals (person_id, client_id);
