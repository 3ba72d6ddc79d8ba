-- When each watch asks its step again, so that one whose run was deleted or whose worker takes nothing is found. A watch that was
-- there before has a row from its next step on.
create table watches (
  watch text not null,
  subject text not null,
  wakes_at timestamptz not null,                -- while something goes out: when that should be over at the latest
  sending boolean not null default false,
  checks int not null default 0,                -- how often it was looked at since it has been late
  next_check_at timestamptz,
  primary key (watch, subject)
);
create index watches_wakes_at on watches (wakes_at);
