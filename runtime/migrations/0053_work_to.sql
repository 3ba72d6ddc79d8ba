-- Who has the work of a user without access: what still names them goes on to that user.
alter table users
  add column work_to uuid references users,
  add constraint users_work_to check (work_to is null or (revoked_at is not null and work_to <> id));
