-- Answers of billing readiness that were issued as certificates, and the keys that signed them.
create table certificate_keys (
  id uuid primary key,                          -- of the public key's SHA-256
  public_key text not null,                     -- 32 bytes in base64url
  private_sealed text not null,
  created_at timestamptz not null default now() -- the latest signs
);

create table certificates (
  id uuid primary key,
  client_id uuid not null references clients (id),
  provider_id uuid not null references providers (id),
  question jsonb not null,
  may_bill boolean not null,
  digest text not null,                         -- of what it asserts: the answer and the values of its facts
  certificate jsonb not null,                   -- what was signed, in its canonical form
  key_id uuid not null references certificate_keys (id),
  signature text not null,                      -- Ed25519, in base64url
  holder jsonb not null,                        -- name, and email where one was given
  issued_by jsonb not null,
  created_at timestamptz not null default now(),
  checked_at timestamptz not null default now(),
  ended_at timestamptz,                         -- since then it does not hold
  ended_because text,                           -- changed, revoked
  ended_reason text                             -- of a revocation, in words
);
create index certificates_client on certificates (client_id, created_at, id);
create index certificates_provider on certificates (provider_id) where ended_at is null;
create index certificates_checked on certificates (checked_at) where ended_at is null;
