-- Since when the task of a watch's run has kept failing: the server renews its own instant at each attempt.
alter table watches
  add column failing_run_id text,
  add column failing_since timestamptz;
