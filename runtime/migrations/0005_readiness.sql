-- How the operator wants to work; each change is a row, so that an answer of the past can be given as it was.
create table operator_settings (
  id bigint generated always as identity primary key,
  settings jsonb not null,                      -- record/settings.ts
  set_by jsonb not null,
  known_from timestamptz not null default now()
);

-- A second person's approval of a fact that came by phone.
create table fact_approvals (
  entry_id uuid primary key,
  client_id uuid not null references clients,
  application_id uuid not null references applications,
  approved_by jsonb not null,
  created_at timestamptz not null default now()
);

create index payers_covers on payers using gin (covers);
create index payers_electronic on payers using gin (electronic_payer_ids jsonb_path_ops);
