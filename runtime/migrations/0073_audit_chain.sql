-- The entries of each client, and those of no client, are a chain: each link has the hash of its entry and of the link
-- before. A worker links what is committed, so that no writer waits for another; until then an entry is in audit_unlinked.
create table audit_unlinked (entry_id bigint primary key);

create table audit_links (
  id bigint generated always as identity primary key,   -- in the order of linking
  chain uuid not null,                          -- the client; all zeros: of no client
  place bigint not null,                        -- in the chain, from 1
  entry_id bigint not null unique,
  entry_hash bytea not null,                    -- stays where the entry was purged
  hash bytea not null,                          -- of the link before, chain, place and entry_hash
  linked_at timestamptz not null default now(),
  unique (chain, place)
);

-- Every hour over the last links of all chains, and over the root before.
create table audit_roots (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  links_through bigint not null,                -- the id of the last link beneath it
  hash bytea not null
);

create function queue_audit_link() returns trigger language plpgsql as $$
begin
  insert into audit_unlinked (entry_id) values (new.id);
  return null;
end $$;
create trigger audit_log_queued after insert on audit_log for each row execute function queue_audit_link();
insert into audit_unlinked (entry_id) select id from audit_log;

create trigger audit_links_unchanged before update or delete on audit_links for each row execute function refuse_rewriting();
create trigger audit_links_not_emptied before truncate on audit_links for each statement execute function refuse_rewriting();
create trigger audit_roots_unchanged before update or delete on audit_roots for each row execute function refuse_rewriting();
create trigger audit_roots_not_emptied before truncate on audit_roots for each statement execute function refuse_rewriting();

-- what was never linked leaves no hash behind
create or replace function may_leave_audit_log(entry audit_log) returns boolean language sql stable as $$
  select entry.at < now() - interval '6 years'
    and not (entry.action = 'retention.purge' and entry.detail->>'what' = 'audit')
    and exists (select from clients c where c.id = entry.client_id and c.ended_on is not null and c.legal_hold is null)
    and exists (select from audit_links l where l.entry_id = entry.id)
$$;
