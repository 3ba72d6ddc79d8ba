-- Who made a cover or a feed, and which clients they saw: it reaches no further than that, nor than its user does now.

alter table covers
  add column made_by jsonb,                      -- null: made before this was kept
  add column client_ids uuid[];                  -- the maker's; null: every client
delete from calendar_feeds;                      -- the reach of their makers is not known
alter table calendar_feeds
  add column made_by jsonb not null,
  add column client_ids uuid[];
