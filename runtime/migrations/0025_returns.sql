-- Who left may come back: the same row goes on, from a new start.

alter table clients add column ending_id uuid references endings;     -- by which it leaves or has left
alter table providers add column ending_id uuid references endings;
update clients c set ending_id = (
  select e.id from endings e where e.client_id = c.id and e.provider_id is null order by e.created_at desc limit 1)
where ended_on is not null;
update providers p set ending_id = (
  select e.id from endings e where e.client_id = p.client_id and coalesce(e.provider_id, p.id) = p.id
  order by e.created_at limit 1)
where ended_on is not null;

-- Since when this client has the person: what was said of them before, or between, would tell of another client.
alter table providers add column here_since timestamptz not null default now();
update providers set here_since = created_at;

create table returns (
  id uuid primary key,
  client_id uuid not null references clients,
  provider_id uuid references providers,        -- null: the client
  ending_id uuid not null references endings,
  "on" date not null,                           -- the first day
  words text,
  source text not null,
  reference text not null,
  provider_ids uuid[] not null,                 -- who is back by it
  recorded_by jsonb not null,
  created_at timestamptz not null default now()
);
create index returns_ending on returns (ending_id, created_at);
