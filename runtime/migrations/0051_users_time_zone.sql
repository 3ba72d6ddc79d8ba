-- In whose day a cover begins and ends: the user's. Those of before get the zone that most of their clients have.
alter table users add column time_zone text not null default 'America/New_York';
update users u set time_zone = coalesce((
  select c.time_zone from clients c
  where c.ended_on is null and (u.client_ids is null or c.id = any(u.client_ids))
  group by c.time_zone order by count(*) desc, c.time_zone limit 1), u.time_zone);
alter table users
  alter column time_zone drop default,
  add constraint users_time_zone check ((timestamptz 'epoch' at time zone time_zone) is not null);
create index covers_substitute on covers (covered_by, until_on);
