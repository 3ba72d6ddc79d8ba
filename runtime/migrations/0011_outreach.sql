-- What goes out: mail in batches, and signed webhooks.

create table mail_batches (
  id uuid primary key default gen_random_uuid(),
  client_id uuid not null references clients,
  recipient_type text not null,
  recipient_id uuid not null,
  status text not null default 'queued',        -- queued, claimed, transmitting, sent, uncertain, failed, dismissed
  attempts integer not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index mail_batches_recipient on mail_batches (recipient_id, created_at);
create index mail_batches_status on mail_batches (status, created_at) where status in ('uncertain', 'failed');

alter table messages add column batch_id uuid references mail_batches;
alter table messages add column armed_by uuid;   -- the entry that asks for it: settled meanwhile, it is not sent
alter table messages add column read_at timestamptz;
create index messages_batch on messages (batch_id);
create index messages_inbox on messages (recipient_id, created_at) where recipient_type = 'user';

-- Where no mail server is set: what would have gone out.
create table local_mailbox (
  id bigint generated always as identity primary key,
  recipient text not null,
  subject text not null,
  text text not null,
  html text not null,
  at timestamptz not null default now()
);

create table webhook_endpoints (
  id uuid primary key,
  url text not null,
  types text[] not null,
  client_ids uuid[],                            -- null: every client
  secret_sealed text not null,                  -- runtime/keyring
  earlier_secret_sealed text,                   -- signs too until the next rotation
  created_by jsonb not null,
  created_at timestamptz not null default now(),
  ended_at timestamptz
);

create table webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  client_id uuid not null references clients,
  endpoint_id uuid not null references webhook_endpoints,
  emitted_id uuid not null references emitted (id),
  status text not null default 'queued',        -- queued, delivered, dead
  attempts integer not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  unique (endpoint_id, emitted_id)
);
create index webhook_deliveries_status on webhook_deliveries (status, created_at);
