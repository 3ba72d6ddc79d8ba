-- A decision about an exclusion counts for the clients that its maker sees, and no "yes" lifts another's "no". So there is
-- no longer one standing: that the list matches is one word, each decision is another, and all that count are heard.

alter table exclusion_standings
  -- client_id says where it counts; null: with every client
  add column decided boolean not null default false,             -- a decision; false: a match that awaits one
  add column recorded_under uuid references clients;             -- only this client is shown who decided, and why
drop index exclusion_standings_now;

-- Null where the actor is unknown.
create function pg_temp.sees_every_client(actor jsonb) returns boolean language sql stable as $$
  select case actor->>'type'
    when 'admin' then true
    when 'key' then (select client_ids is null from api_keys where id::text = actor->>'id') end
$$;

update exclusion_standings
set recorded_under = client_id,
  decided = status <> 'possible' and decided_by @> '{"type": "system", "id": "oig_leie"}' is false;
-- where nobody knows who decided, a "no" counts with every client and a "yes" with one
update exclusion_standings
set client_id = null
where decided and coalesce(pg_temp.sees_every_client(decided_by), status = 'confirmed' and reinstated_on is null);
drop function pg_temp.sees_every_client(jsonb);

-- A match by name rests on the name that one client has on file: it is that client's, by the task that it was given.
with copied as (
  insert into exclusion_standings
    (exclusion_id, status, excluded_on, reinstated_on, reason, decided_by, client_id, known_from, known_to)
  select s.exclusion_id, s.status, s.excluded_on, s.reinstated_on, s.reason, s.decided_by, p.client_id, s.known_from, s.known_to
  from exclusion_standings s
  join exclusions x on x.id = s.exclusion_id
  join providers p on p.person_id = x.person_id
  where not s.decided and s.status = 'possible' and s.client_id is null
    and exists (select from tasks t where t.key = 'exclusion_match/' || x.id || '/' || p.id)
  returning exclusion_id)
delete from exclusion_standings s using copied c
where s.exclusion_id = c.exclusion_id and not s.decided and s.status = 'possible' and s.client_id is null;
update exclusions x set matched_by = 'npi'
where matched_by = 'name' and exists (
  select from exclusion_standings s where s.exclusion_id = x.id and not s.decided and s.status = 'confirmed');

-- What took the place of another's word no longer does.
update exclusion_standings s set known_to = n.next
from (
  select id, lead(known_from) over (partition by exclusion_id, client_id, decided order by known_from, id) as next
  from exclusion_standings) n
where n.id = s.id;

create unique index exclusion_standings_now on exclusion_standings (exclusion_id, client_id, decided) nulls not distinct
  where known_to is null;

-- Whoever rests on it hears of it.
insert into outbox (topic, subject) select distinct 'file_changed_person', person_id from exclusions where person_id is not null;
insert into outbox (topic, subject)
select distinct 'billingReadiness', n.application_id
from network_spans n
where n.known_to is null
  and n.provider_id in (select p.id from providers p join exclusions x on x.person_id = p.person_id);
