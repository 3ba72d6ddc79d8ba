-- A person may have one name, which is the last; a middle name, a suffix, and names that they had before.

alter table providers alter column first_name drop not null;
alter table providers add column middle_name text;
alter table providers add column suffix text;
alter table providers add column former_names jsonb not null default '[]';
alter table providers add column full_name text not null generated always as (
  coalesce(first_name || ' ', '') || coalesce(middle_name || ' ', '') || last_name || coalesce(' ' || suffix, '')) stored;
