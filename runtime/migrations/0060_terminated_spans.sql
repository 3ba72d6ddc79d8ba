-- The last day by a confirmed termination, from the moment that it is confirmed: the participation records its end only afterwards.
alter table network_spans add column terminated_on date;
