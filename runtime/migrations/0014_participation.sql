-- Whether the payer was seen to have the provider in network: known at that time, like the facts.
alter table network_spans add column loaded_seen boolean not null default false;
