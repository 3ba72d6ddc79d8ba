-- How often a person had a command tried again: each time is an update of its own for the workflow.
alter table commands add column retried int not null default 0;
