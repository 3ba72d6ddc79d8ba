-- Talks with a provider: who said what, when, about which of the provider's applications.
create table provider_contacts (
  id uuid primary key,
  client_id uuid not null references clients,
  provider_id uuid not null references providers,
  "on" date not null,
  channel text not null,
  outcome text not null,
  application_ids uuid[] not null default '{}',
  notes text,
  recorded_by jsonb not null,
  created_at timestamptz not null default now()
);
create index provider_contacts_provider on provider_contacts (provider_id, created_at);
