-- People sign in through an identity provider. A user is linked to one account there, by an invitation.
create table user_identities (
  user_id uuid primary key references users,
  issuer text not null,
  subject text not null,                        -- the provider's id of the account; never an email address
  linked_at timestamptz not null default now(),
  unique (issuer, subject)
);

-- A link that lets one person in, once. One that was accepted, withdrawn or replaced by a later one is settled.
create table user_invitations (
  id uuid primary key,
  user_id uuid not null references users,
  token_hash bytea not null unique,
  token_sealed text,                            -- while the link may still be shown
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  settled_at timestamptz
);
create unique index user_invitations_open on user_invitations (user_id) where settled_at is null;

-- Who is signed in. When a session is over by itself, domain/registry/sessions.ts says.
create table sessions (
  id uuid primary key,
  user_id uuid not null references users,
  token_hash bytea not null unique,
  started_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(), -- to the minute
  ended_at timestamptz
);
create index sessions_open on sessions (user_id) where ended_at is null;
