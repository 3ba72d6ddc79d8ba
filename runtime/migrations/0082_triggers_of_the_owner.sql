-- What triggers write, and what a purge is held against, is the owner's doing: whoever causes it needs no right to it
-- (runtime/row-rules.ts).
alter function keep_earlier() security definer set search_path = pg_catalog, public, pg_temp;
alter function keep_earlier_licences() security definer set search_path = pg_catalog, public, pg_temp;
alter function queue_audit_link() security definer set search_path = pg_catalog, public, pg_temp;
alter function may_leave_audit_log(audit_log) security definer set search_path = pg_catalog, public, pg_temp;
