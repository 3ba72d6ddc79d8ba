-- What clients ask or complain of; who answers it, and by when, is the task of the key client_request/ID.
create table client_requests (
  id uuid primary key,
  client_id uuid not null references clients,
  kind text not null,
  received_on date not null,
  channel text not null,
  asked_by text,
  words text not null,
  recorded_by jsonb not null,
  created_at timestamptz not null default now()
);
create index client_requests_client on client_requests (client_id, created_at);
