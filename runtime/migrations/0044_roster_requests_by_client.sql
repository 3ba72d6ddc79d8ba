-- Each client asks for itself: a request that another has under way is not shown to it, and does not stand in its way.
drop index caqh_roster_requests_open;
create unique index caqh_roster_requests_open on caqh_roster_requests (person_id, client_id, kind) nulls not distinct
  where settled_at is null;
