-- What is written to a person about the person's own upkeep is no client's: it goes out once, whoever has the person.
alter table messages alter column client_id drop not null;

create index documents_expiring on documents (provider_id) where expires_on is not null;

-- From now on everybody's is watched over.
insert into outbox (topic, subject) select 'providerUpkeep', id from persons;
