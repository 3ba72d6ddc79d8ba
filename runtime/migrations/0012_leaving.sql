-- Who leaves: a provider or a whole client, what that comes to, and what is kept of it.

-- What was handed on of an application, as it was written.
create table evidence_files (
  id uuid primary key,
  client_id uuid not null references clients,
  application_id uuid not null references applications,
  sha256 text not null,
  file text not null,                           -- JSON, domain/evidence.ts
  created_at timestamptz not null default now()
);
create index evidence_files_application on evidence_files (application_id, sha256);
create index evidence_files_client on evidence_files (client_id);
