-- Listed names are found by keys that allow for half of a double name, a suffix, a middle name or another spelling.

alter table exclusion_entries add column middle_name text;
alter table exclusion_entries add column name_keys text[];   -- domain/kernel/names.ts; null: a worker fills them
alter table exclusion_entries alter column name_key drop not null;   -- earlier versions write it
create index exclusion_entries_name_keys on exclusion_entries using gin (name_keys);
create index exclusion_entries_without_keys on exclusion_entries (listing) where name_keys is null;
