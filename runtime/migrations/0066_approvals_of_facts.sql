-- A fact by phone that was recorded while the operator wanted a second person, and that none has approved, awaits one for good;
-- whatever else is on record counts, whatever the setting is today. `fact_approvals` stays for an older version that may run.
create temporary table awaiting on commit drop as
select e.id, e.application_id
from events e
join commands c on c.id = e.command_id
cross join lateral (
  select case when c.action = 'open' then c.body->'adopt'->'confirmations'->(e.event->'data'->>'fact') else c.body end as given) g
where e.kind = 'confirmation' and given->>'source' = 'phone'
  and (select (s.settings->>'phoneFactsNeedApproval')::boolean from operator_settings s
    where s.known_from <= e.at order by s.id desc limit 1)
  and not exists (select from fact_approvals a where a.entry_id = e.id);
create unique index on awaiting (id);

update events set event = jsonb_set(event, '{data,awaitsApproval}', 'true') where id in (select id from awaiting);

update network_spans set facts = (
  select jsonb_object_agg(f.key, f.value || case
    when f.value->>'status' <> 'disputed' and (f.value->>'entryId')::uuid in (select id from awaiting)
    then '{"status": "claimed", "awaitsApproval": true, "lacks": "approval"}'::jsonb else '{}' end)
  from jsonb_each(facts) f)
where facts <> '{}' and application_id in (select application_id from awaiting);

update agreements set claims_route = null, version = version + 1
where (claims_route->>'entryId')::uuid in (select id from awaiting);

-- their states are folded anew, as of rules from before the first
update applications set rules_version = 0 where id in (select application_id from awaiting);
insert into outbox (topic, subject) select distinct 'file_changed', application_id from awaiting;
