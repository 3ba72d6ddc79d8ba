-- In which request an action was asked for, for the audit log: our id of it, and the caller's beside it.
alter table commands
  add column request_id text,
  add column caller_request_id text;
