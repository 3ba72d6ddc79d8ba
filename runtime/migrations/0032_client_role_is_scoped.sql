-- A key or user of role client sees the clients that it names; what named none saw all, and ends.

update api_keys set revoked_at = now()
where role = 'client' and coalesce(cardinality(client_ids), 0) = 0 and revoked_at is null;
delete from calendar_feeds
where user_id in (select id from users where role = 'client' and coalesce(cardinality(client_ids), 0) = 0);
update users set revoked_at = now()
where role = 'client' and coalesce(cardinality(client_ids), 0) = 0 and revoked_at is null;

alter table api_keys add constraint api_keys_client_is_scoped
  check (role <> 'client' or coalesce(cardinality(client_ids), 0) > 0 or revoked_at is not null);
alter table users add constraint users_client_is_scoped
  check (role <> 'client' or coalesce(cardinality(client_ids), 0) > 0 or revoked_at is not null);
