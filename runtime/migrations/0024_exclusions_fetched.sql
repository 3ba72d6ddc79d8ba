-- The list of the excluded is fetched, and practices are held against it too.

-- The list has a row among the services (leie), one circuit like each of them.
alter table registry_services
  add column asked_at timestamptz,              -- of what is asked for all: when it last was
  add column checked_at timestamptz,            -- when it was last answered
  add column etag text;                         -- of the list that was taken last

-- Of an entity first and last name are empty.
alter table exclusion_entries add column business_name text;
create index exclusion_entries_business on exclusion_entries (name_key) where business_name is not null;

alter table exclusions
  alter column person_id drop not null,
  add column practice_id uuid references practices,
  add check (num_nonnulls(person_id, practice_id) = 1);
create unique index exclusions_practice on exclusions (practice_id, source, listing);

alter table exclusion_checks
  alter column provider_id drop not null,
  add column practice_id uuid references practices,
  add check (num_nonnulls(provider_id, practice_id) = 1);
create unique index exclusion_checks_practice_list on exclusion_checks (practice_id, list_id);
create index exclusion_checks_practice on exclusion_checks (practice_id, created_at);
