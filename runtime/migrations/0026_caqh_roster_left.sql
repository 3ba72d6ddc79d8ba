-- Whoever has left every client is taken off the operator's roster with CAQH.

alter table caqh_roster_requests
  alter column client_id drop not null,             -- null: the operator's own, once no client has the person
  add column kind text not null default 'add';      -- add, remove; a removal ends as removed
drop index caqh_roster_requests_open;
create unique index caqh_roster_requests_open on caqh_roster_requests (person_id, kind) where settled_at is null;
