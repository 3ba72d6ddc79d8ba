-- Sending: in turn, at a pace that the other side takes.

-- Numbers are given to what is committed already (record/emitted.ts): emitting waits for nobody, readers miss nothing.
alter table emitted drop constraint emitted_pkey;
alter table emitted alter column seq drop identity;
alter table emitted alter column seq drop not null;
alter table emitted add column place bigint generated always as identity primary key;
create unique index emitted_seq on emitted (seq);
create index emitted_unnumbered on emitted (place) where seq is null;

-- An endpoint that fails is left alone for a while, whatever waits for it.
alter table webhook_endpoints add column failures integer not null default 0;
alter table webhook_endpoints add column resume_at timestamptz;
alter table webhook_endpoints add column last_error text;
alter table webhook_deliveries add column queued_at timestamptz not null default now();
alter table webhook_deliveries add column next_attempt_at timestamptz;         -- null: at once
create index webhook_deliveries_queued on webhook_deliveries (endpoint_id, created_at, id) where status = 'queued';
create index webhook_deliveries_emitted on webhook_deliveries (emitted_id);

alter table mail_batches alter column client_id drop not null;                 -- null: one user's, of several clients
alter table mail_batches add column send_at timestamptz;                       -- its turn among what goes to the same place
alter table mail_batches add column deferred_at timestamptz;                   -- when the server first said: later

-- When the next thing may go to a mail domain or an address.
create table destinations (
  name text primary key,
  next_at timestamptz not null
);

-- By recipient, as the sender reads them.
drop index messages_queued;
create index messages_queued on messages (recipient_id, not_before, id) where status = 'queued';
