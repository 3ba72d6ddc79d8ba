-- What the gate reads of a row, as it was before a change: an answer of the past is given from it. Triggers keep it, so
-- that no change, a repair by hand included, can forget to.
create table earlier_rows (
  id bigint generated always as identity primary key,
  client_id uuid references clients,            -- null: of a payer
  table_name text not null,
  subject_id uuid not null,                     -- the row's id; of licences, which are kept all together, the provider's
  fields jsonb not null,                        -- by column, no other than the gate reads
  known_to timestamptz not null default now(),
  unique (table_name, subject_id, known_to)     -- of what one transaction does in steps: what was there before it
);

create function keep_earlier() returns trigger language plpgsql as $$
declare
  -- a policy's number is left out: a purge has nothing to look for here
  was jsonb := to_jsonb(old) #- '{malpractice,policyNumber}';
begin
  insert into earlier_rows (client_id, table_name, subject_id, fields)
  select (was->>'client_id')::uuid, tg_table_name, old.id, jsonb_object_agg(name, was->name) from unnest(tg_argv) name
  on conflict do nothing;
  return null;
end $$;

create function keep_earlier_licences() returns trigger language plpgsql as $$
begin
  insert into earlier_rows (client_id, table_name, subject_id, fields)
  select p.client_id, tg_table_name, p.id, jsonb_build_object('licences', coalesce((
    select jsonb_agg(jsonb_build_object('state', l.state, 'expiresOn', l.expires_on))
    from licences l where l.provider_id = p.id), '[]'))
  from providers p where p.id = coalesce(new.provider_id, old.provider_id)
  on conflict do nothing;
  return coalesce(new, old);
end $$;

create trigger earlier before insert or update or delete on licences
  for each row execute function keep_earlier_licences();
create trigger earlier after update on providers
  for each row when (old.malpractice->'expiresOn' is distinct from new.malpractice->'expiresOn')
  execute function keep_earlier('malpractice');
create trigger earlier after update on practices
  for each row when (old.merged_into is distinct from new.merged_into)
  execute function keep_earlier('merged_into');
create trigger earlier after update on payers
  for each row when ((old.merged_into, old.covers, old.electronic_payer_ids)
    is distinct from (new.merged_into, new.covers, new.electronic_payer_ids))
  execute function keep_earlier('merged_into', 'covers', 'electronic_payer_ids');
create trigger earlier after update on agreements
  for each row when ((old.contract, old.claims_route, old.ended_on, old.ending)
    is distinct from (new.contract, new.claims_route, new.ended_on, new.ending))
  execute function keep_earlier('contract', 'claims_route', 'ended_on', 'ending');
-- that it came to nothing, or was taken up again
create trigger earlier after update on applications
  for each row when ((old.open or old.stage not in ('withdrawn', 'denied'))
    <> (new.open or new.stage not in ('withdrawn', 'denied')))
  execute function keep_earlier('stage', 'open');

-- Of the time before this: when an agreement was ended, an application closed and an entry merged is on record, and is
-- kept. All else is taken to have been as it is now.
insert into earlier_rows (client_id, table_name, subject_id, fields, known_to)
select client_id, 'agreements', id, '{"ended_on": null, "ending": null}', (ending->>'recordedAt')::timestamptz
from agreements where ending is not null;
insert into earlier_rows (client_id, table_name, subject_id, fields, known_to)
select client_id, 'applications', id, '{"open": true}', (snapshot->>'closedAt')::timestamptz
from applications where stage in ('withdrawn', 'denied') and not open;
insert into earlier_rows (client_id, table_name, subject_id, fields, known_to)
select client_id, subject_type || 's', subject_id::uuid, '{"merged_into": null}', at
from audit_log where action in ('payer.merge', 'practice.merge') and outcome = 'done';
