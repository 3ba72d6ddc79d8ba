-- What a registry says of a person is the person's and counts with every client; what is stated under one client counts
-- with that client only.

alter table attestations alter column client_id drop not null;   -- null: a registry's

-- What a file of CAQH's portal said, where its reader did not see every client; what CAQH answers us, and the files of who
-- sees every client, are in registry_records.
create table caqh_statements (
  client_id uuid not null references clients,
  person_id uuid not null references persons,
  status text not null,                                          -- domain/caqh.ts
  said jsonb not null,                                           -- its own words: codes and dates
  checked_at timestamptz not null,
  said_at timestamptz not null default now(),
  primary key (client_id, person_id)
);

create function pg_temp.sees_every_client(actor jsonb) returns boolean language sql stable as $$
  select coalesce(case actor->>'type'
    when 'admin' then true
    when 'key' then (select client_ids is null from api_keys where id::text = actor->>'id') end, false)
$$;

-- An attestation is a registry's where CAQH was asked and no client has another CAQH id for the person, or where it was
-- read from a file of who sees every client. There was one row for each client; the first is kept.
create temporary table registry_attestations on commit drop as
select a.id, row_number() over (partition by a.person_id, a.attested_on order by a.recorded_at, a.id) as place
from attestations a
where a.source = 'caqh' and (
  a.recorded_by @> '{"type": "system", "id": "caqh"}'
    and (select count(distinct p.caqh_id) from providers p where p.person_id = a.person_id) <= 1
  or pg_temp.sees_every_client(a.recorded_by) and exists (
    select from audit_log l join audit_log file on file.request_id = l.request_id and file.action = 'caqh_export.take'
    where l.subject_type = 'provider' and l.action = 'attestation.record' and l.at = a.recorded_at
      and l.subject_id in (select p.id::text from providers p where p.person_id = a.person_id)));
delete from attestations a using registry_attestations r where r.id = a.id and r.place > 1;
update attestations a set client_id = null from registry_attestations r where r.id = a.id;
drop function pg_temp.sees_every_client(jsonb);

-- A status from a file is its reader's: the next file that was noted as taken. Where that is not known, it stays the
-- person's: it can only hold something up.
with files as (
  select r.person_id, r.status, r.said, r.checked_at, r.said_at, k.client_ids
  from registry_records r
  cross join lateral (
    select l.actor from audit_log l where l.action = 'caqh_export.take' and l.at >= r.said_at order by l.at, l.id limit 1) l
  join api_keys k on l.actor->>'type' = 'key' and k.id::text = l.actor->>'id' and k.client_ids is not null
  where r.service = 'caqh' and r.status is not null and not r.said ? 'pull'
), stated as (
  insert into caqh_statements (client_id, person_id, status, said, checked_at, said_at)
  select p.client_id, f.person_id, f.status, f.said, f.checked_at, f.said_at
  from files f join providers p on p.person_id = f.person_id and p.client_id = any(f.client_ids)
  returning person_id)
update registry_records r set status = null, said = null, checked_at = null, said_at = null
where r.service = 'caqh' and r.person_id in (select person_id from stated);

-- Whoever rests on it hears of it.
insert into outbox (topic, subject)
select 'file_changed_person', person_id from providers group by person_id having count(*) > 1;
