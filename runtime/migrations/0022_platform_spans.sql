-- From which day to which each payer is billed through a platform, and what was known of it when.
create table platform_spans (
  id bigint generated always as identity primary key,
  client_id uuid not null references clients,
  relationship_id uuid not null references platform_relationships,
  payer_id uuid not null references payers,
  from_on date not null,                         -- -infinity where nobody said
  until_on date not null default 'infinity',     -- the last day; before from_on where it never was
  known_from timestamptz not null default now(),
  known_to timestamptz
);
create index platform_spans_relationship on platform_spans (relationship_id);

insert into platform_spans (client_id, relationship_id, payer_id, from_on, until_on, known_from, known_to)
select client_id, id, payer_id, coalesce(since, '-infinity'), stated.until_on, stated.known_from, stated.known_to
from platform_relationships
cross join unnest(payer_ids) as payer_id
cross join lateral (
  select 'infinity'::date as until_on, created_at as known_from, (ending->>'recordedAt')::timestamptz as known_to
  union all
  select ended_on, (ending->>'recordedAt')::timestamptz, null where ended_on is not null) as stated;
