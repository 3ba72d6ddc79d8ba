-- Keys that seal fields and payloads. A master key, which is not kept here, wraps each; without it none of them opens.
create table data_keys (
  id text primary key,
  master_id text not null,                      -- the master key that wraps it
  wrapped text not null,                        -- runtime/key-wrapper.ts
  made_by jsonb not null,                       -- {type, id, name}
  made_at timestamptz not null default now(),
  seals_from timestamptz not null,              -- by then every process knows it
  sealed_all_at timestamptz                     -- nothing in this database is sealed by any other; null: not yet
);

-- The key of a blind index: without a word of it every key is tried.
alter table practices add column tin_hash_key text;

-- A digest of the body, sealed, in place of a keyed hash that no other key could take over.
alter table idempotency_keys add column body_sealed text;

-- Policy and DEA numbers are sealed where they stood in clear (record/registry/held-terms.ts), and no earlier row has them:
-- a purge has nothing to look for there.
create function without_numbers(held jsonb) returns jsonb language sql immutable as $$
  select case jsonb_typeof(held)
    when 'array' then (select coalesce(jsonb_agg(without_numbers(one) order by place), '[]')
      from jsonb_array_elements(held) with ordinality as a (one, place))
    when 'object' then held - 'policyNumber' - 'policyNumberSealed'
    else held end
$$;

create or replace function keep_earlier() returns trigger language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  was jsonb := to_jsonb(old);
begin
  if was ? 'former_malpractice' then
    was := was || jsonb_build_object(
      'malpractice', without_numbers(was->'malpractice'), 'former_malpractice', without_numbers(was->'former_malpractice'));
  end if;
  insert into earlier_rows (client_id, table_name, subject_id, fields)
  select (was->>'client_id')::uuid, tg_table_name, old.id, jsonb_object_agg(name, was->name) from unnest(tg_argv) name
  on conflict do nothing;
  return null;
end $$;

-- sealing a number says nothing new of a term
drop trigger earlier on providers;
create trigger earlier after update on providers
  for each row when ((old.malpractice->'startsOn', old.malpractice->'expiresOn', old.former_licences, without_numbers(old.former_malpractice))
    is distinct from
    (new.malpractice->'startsOn', new.malpractice->'expiresOn', new.former_licences, without_numbers(new.former_malpractice)))
  execute function keep_earlier('malpractice', 'former_licences', 'former_malpractice');
