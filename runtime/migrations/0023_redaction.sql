-- Secrets that were written where they don't belong, by the names that runtime/redact.ts goes by.

create function pg_temp.redact(value jsonb, under text) returns jsonb language sql immutable as $$
  select case jsonb_typeof(value)
    when 'array' then coalesce((
      select jsonb_agg(pg_temp.redact(item, under) order by place) from jsonb_array_elements(value) with ordinality as a (item, place)), '[]')
    when 'object' then coalesce((
      select jsonb_object_agg(name, case
        when item <> 'null' and (name ~* secret or under || '.' || name ~* secret) then '"[redacted]"'
        else pg_temp.redact(item, name) end)
      from jsonb_each(value) as o (name, item)), '{}')
    else value end
  from (values ('^(tin|ssn|ein|tax_?id|policy_?number|(account|routing)_?number|secret_?kept_?in|dea\.number)$')) as names (secret)
$$;
update audit_log set detail = pg_temp.redact(detail, '') where detail <> pg_temp.redact(detail, '');
drop function pg_temp.redact;

-- The digest of a body with a tax id gives it away to whoever knows the rest: what is there is answered without it.
alter table idempotency_keys alter column body_hash drop not null;
update idempotency_keys set body_hash = null;
