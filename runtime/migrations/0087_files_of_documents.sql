alter table documents add column contains_phi boolean not null default false;

-- Each file that was begun to be kept has a row first, so that whatever is in the store is known here: without stored_at it came to
-- nothing yet, with purged_at it is to be removed, and is once removed_at is set. Its key opens nothing else.
create table document_files (
  id uuid primary key,
  document_id uuid not null references documents,
  client_id uuid not null references clients,
  started_at timestamptz not null default now(),
  stored_at timestamptz,
  size bigint,
  type text,
  key_sealed text,
  purged_at timestamptz,
  removed_at timestamptz,
  removal_failed_at timestamptz,
  check (stored_at is null or (size is not null and type is not null)),
  check (stored_at is null or purged_at is not null or key_sealed is not null)
);
-- of several uploads at once one is the document's
create unique index document_files_stored on document_files (document_id) where stored_at is not null and purged_at is null;
create index document_files_client on document_files (client_id, document_id);
create index document_files_removable on document_files (started_at)
  where removed_at is null and (stored_at is null or purged_at is not null);

-- a link is read without a key: of its token only the hash is kept, once its maker has seen it
create table document_links (
  id uuid primary key,
  document_id uuid not null references documents,
  client_id uuid not null references clients,
  token_hash bytea not null unique,
  token_sealed text,
  made_by jsonb not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  used_at timestamptz
);
create index document_links_document on document_links (document_id, created_at);
create index document_links_client on document_links (client_id);
create index document_links_shown on document_links (created_at) where token_sealed is not null;
