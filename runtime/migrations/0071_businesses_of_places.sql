-- A listed business is found without the place that its name ends with, too: a worker fills the keys anew.
update exclusion_entries set name_keys = null where business_name is not null;
