-- Deliveries have tries, an instant of the next one, and an end: a dead one rests until a person has it tried again.

alter table commands
  -- until then it is with the API that took it, or with the relay that is at it
  add column next_attempt_at timestamptz not null default now() + interval '10 seconds',
  add column attempts integer not null default 0, -- of the relay
  add column last_error text,                     -- a code
  add column dead_at timestamptz;

drop index commands_unsettled;
create index commands_unsettled on commands (application_id, received_at, id) where settled_at is null and dead_at is null;
create index commands_dead on commands (dead_at) where settled_at is null and dead_at is not null;

alter table outbox add column dead_at timestamptz;

drop index outbox_next;
create index outbox_next on outbox (next_attempt_at) where dead_at is null;
create index outbox_dead on outbox (dead_at) where dead_at is not null;
