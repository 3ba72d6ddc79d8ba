-- Whom a key belongs to: a user, with whom it ends, or a program of this name.
alter table api_keys
  add column user_id uuid references users,
  add column service_name text;
update api_keys set service_name = name;
alter table api_keys add constraint api_keys_owner check (num_nonnulls(user_id, service_name) = 1);
create index api_keys_user on api_keys (user_id) where revoked_at is null;
