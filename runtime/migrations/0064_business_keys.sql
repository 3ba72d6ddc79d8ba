-- The names of listed businesses are read in full words now: a worker fills their keys anew.
update exclusion_entries set name_keys = null where business_name is not null;
