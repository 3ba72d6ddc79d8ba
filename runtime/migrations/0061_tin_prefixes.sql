-- An EIN of a prefix that the IRS was not known to assign is taken, and is asked about.

alter table practices add column tin_prefix_known boolean not null default true;   -- earlier versions took no other
