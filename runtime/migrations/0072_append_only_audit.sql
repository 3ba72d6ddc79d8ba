-- The audit log is append-only. What may be taken away is what was kept for its time: entries of six years or more, of a
-- client that left and is under no legal hold. That an audit log was purged stays for ever.
alter table audit_log
  add column before jsonb,                       -- of a change: the fields that it changed, as they were
  add column after jsonb,                        -- and as they are from then on
  add column caller_request_id text;             -- the X-Request-Id that the caller sent; request_id is our own

create function may_leave_audit_log(entry audit_log) returns boolean language sql stable as $$
  select entry.at < now() - interval '6 years'
    and not (entry.action = 'retention.purge' and entry.detail->>'what' = 'audit')
    and exists (select from clients c where c.id = entry.client_id and c.ended_on is not null and c.legal_hold is null)
$$;

create function refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

create function refuse_early_purge() returns trigger language plpgsql as $$
begin
  if not may_leave_audit_log(old) then
    raise exception 'audit_log is append-only' using errcode = 'restrict_violation';
  end if;
  return old;
end $$;

create trigger audit_log_unchanged before update on audit_log for each row execute function refuse_rewriting();
create trigger audit_log_not_emptied before truncate on audit_log for each statement execute function refuse_rewriting();
create trigger audit_log_kept before delete on audit_log for each row execute function refuse_early_purge();

-- a purge looks for the entries of one client
create index audit_log_client on audit_log (client_id, id);

-- fewer years than the law asks for were allowed
update operator_settings set settings = jsonb_set(settings, '{auditKeepYears}', '6')
where (settings->>'auditKeepYears')::int < 6;
