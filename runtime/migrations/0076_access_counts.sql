-- Who called and who was turned away, by day: each process of the API adds what it has counted every few seconds.
create table access_counts (
  caller text not null,                         -- the id of a key; `admin`; `-`: nobody with a valid key
  kind text not null,                           -- domain/kernel/codes.ts
  day date not null,                            -- in UTC
  count bigint not null,
  last_at timestamptz not null,
  primary key (caller, kind, day)
);
create index access_counts_day on access_counts (day);

-- an auditor reads by who it was, and by when
create index audit_log_person on audit_log ((coalesce(actor->>'userId', actor->>'id')), id);
create index audit_log_at on audit_log (at);
