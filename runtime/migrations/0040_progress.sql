-- What an application's workflow is told of it, and by which rules its snapshot was folded.
alter table applications
  add column rules_version int not null default 1,
  -- when its workflow asks the record again: the instant last answered, null where nothing has a date
  add column wakes_at timestamptz;
alter table applications alter column rules_version drop default;
update applications set wakes_at = (
  select min(value::timestamptz) from jsonb_each_text(snapshot->'agenda'->'timers')
);
create index applications_wakes_at on applications (wakes_at) where wakes_at is not null;
