-- Licences, malpractice cover and DEA registrations have terms: from which day through which each holds. What is renewed or
-- replaced is kept. Of what was on file before this nobody said since when it held: it goes on counting up to its end.
alter table licences
  add column issued_on date,
  add column starts_on date;                    -- null: nobody has said
alter table providers
  add column former_licences jsonb not null default '[]',      -- [{state, number, issuedOn?, startsOn?, expiresOn}]
  add column former_malpractice jsonb not null default '[]',   -- [{carrier, policyNumber?, startsOn?, expiresOn, limits?}]
  add column former_dea jsonb not null default '[]';           -- as of licences

create or replace function keep_earlier() returns trigger language plpgsql as $$
declare
  -- a policy's number is left out: a purge has nothing to look for here
  was jsonb := to_jsonb(old) #- '{malpractice,policyNumber}';
begin
  if was ? 'former_malpractice' then
    was := jsonb_set(was, '{former_malpractice}', (
      select coalesce(jsonb_agg(one - 'policyNumber'), '[]') from jsonb_array_elements(was->'former_malpractice') one));
  end if;
  insert into earlier_rows (client_id, table_name, subject_id, fields)
  select (was->>'client_id')::uuid, tg_table_name, old.id, jsonb_object_agg(name, was->name) from unnest(tg_argv) name
  on conflict do nothing;
  return null;
end $$;

create or replace function keep_earlier_licences() returns trigger language plpgsql as $$
begin
  insert into earlier_rows (client_id, table_name, subject_id, fields)
  select p.client_id, tg_table_name, p.id, jsonb_build_object('licences', coalesce((
    select jsonb_agg(jsonb_strip_nulls(
      jsonb_build_object('state', l.state, 'startsOn', l.starts_on, 'expiresOn', l.expires_on)))
    from licences l where l.provider_id = p.id), '[]'))
  from providers p where p.id = coalesce(new.provider_id, old.provider_id)
  on conflict do nothing;
  return coalesce(new, old);
end $$;

-- before this there was nothing former
update earlier_rows set fields = fields || '{"former_licences": [], "former_malpractice": []}'
where table_name = 'providers';
drop trigger earlier on providers;
create trigger earlier after update on providers
  for each row when ((old.malpractice->'startsOn', old.malpractice->'expiresOn', old.former_licences, old.former_malpractice)
    is distinct from
    (new.malpractice->'startsOn', new.malpractice->'expiresOn', new.former_licences, new.former_malpractice))
  execute function keep_earlier('malpractice', 'former_licences', 'former_malpractice');
