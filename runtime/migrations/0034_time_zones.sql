-- Node knows these zones and PostgreSQL does not, or not by name: a query that looked at such a client's day failed as a
-- whole.
update clients c set time_zone = known.name
from (values
  ('Canada/East-Saskatchewan', 'America/Regina'),
  ('SystemV/AST4', 'America/Puerto_Rico'),
  ('SystemV/AST4ADT', 'America/Halifax'),
  ('SystemV/CST6', 'America/Regina'),
  ('SystemV/CST6CDT', 'America/Chicago'),
  ('SystemV/EST5', 'America/Indianapolis'),
  ('SystemV/EST5EDT', 'America/New_York'),
  ('SystemV/HST10', 'Pacific/Honolulu'),
  ('SystemV/MST7', 'America/Phoenix'),
  ('SystemV/MST7MDT', 'America/Denver'),
  ('SystemV/PST8', 'Pacific/Pitcairn'),
  ('SystemV/PST8PDT', 'America/Los_Angeles'),
  ('SystemV/YST9', 'Pacific/Gambier'),
  ('SystemV/YST9YDT', 'America/Anchorage'),
  ('US/Pacific-New', 'America/Los_Angeles')) as known (other, name)
where lower(c.time_zone) = lower(known.other);

-- One that this server still does not know (its tz database may be older, or without former names) counts as UTC.
do $$
declare
  zone text;
begin
  for zone in select distinct time_zone from clients loop
    begin
      perform now() at time zone zone;
    exception when invalid_parameter_value then
      update clients set time_zone = 'UTC' where time_zone = zone;
    end;
  end loop;
end $$;

-- Raises invalid_parameter_value for a zone that this server does not know, so that none is ever read.
alter table clients
  add constraint clients_time_zone check ((timestamptz 'epoch' at time zone time_zone) is not null);
