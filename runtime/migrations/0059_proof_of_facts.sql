-- What stands behind a confirmed fact is kept with its entry as a code, from the command that brought it: whether a name and a tax
-- id were read off the evidence, and whether there is a document. Only what facts have to have behind them asks for it, which
-- no timeline did before this.
create temporary table proofs on commit drop as
select e.id, (given->'seen') ? 'partyName' or (given->'seen') ? 'tinLast4' as party_seen,
  (given->'seen') ?& array['partyName', 'tinLast4'] as party_read, jsonb_array_length(coalesce(given->'evidence', '[]')) > 0 as documented
from events e
join commands c on c.id = e.command_id
cross join lateral (
  select case when c.action = 'open' then c.body->'adopt'->'confirmations'->(e.event->'data'->>'fact') else c.body end as given) g
where e.kind = 'confirmation';
create unique index on proofs (id);

create function pg_temp.codes(entry_id uuid) returns jsonb language sql as $$
  select coalesce((
    select case when party_read then '{"partyRead": true}'::jsonb else '{}' end
      || case when documented then '{"documented": true}'::jsonb else '{}' end
    from proofs where id = entry_id), '{}')
$$;

update events set event = jsonb_set(event, '{data}', (event->'data') || pg_temp.codes(id))
where kind = 'confirmation' and pg_temp.codes(id) <> '{}';

update applications set snapshot = jsonb_set(snapshot, '{facts}', (
  select jsonb_object_agg(f.key, f.value || pg_temp.codes((f.value->>'entryId')::uuid)) from jsonb_each(snapshot->'facts') f))
where snapshot->'facts' <> '{}';

-- a location or an NPI is no party
update network_spans set facts = (
  select jsonb_object_agg(f.key, f.value || coalesce((
    select jsonb_build_object('partySeen', coalesce(party_seen, false), 'partyRead', coalesce(party_read, false))
    from proofs p where p.id = (f.value->>'entryId')::uuid), '{}'))
  from jsonb_each(facts) f)
where facts <> '{}';
