-- What NPPES answered us is the person's, once for all clients; what somebody read and put on file is the client's.
alter table registry_snapshots
  alter column client_id drop not null,
  alter column provider_id drop not null,
  add column person_id uuid references persons,               -- of what a registry answered
  add check (num_nonnulls(provider_id, person_id) = 1 and (client_id is null) = (provider_id is null));
create index registry_snapshots_person on registry_snapshots (person_id, source, taken_on desc);

create temporary table answered on commit drop as
select s.id, p.person_id, row_number() over (partition by p.person_id, s.taken_on, s.body order by s.created_at, s.id) as place
from registry_snapshots s join providers p on p.id = s.provider_id
where s.source = 'nppes' and s.recorded_by @> '{"type": "system", "id": "nppes"}';
delete from registry_snapshots s using answered a where a.id = s.id and a.place > 1;
update registry_snapshots s set person_id = a.person_id, provider_id = null, client_id = null from answered a where a.id = s.id;
