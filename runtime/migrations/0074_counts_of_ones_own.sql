-- What a list came to at the clients that a key sees is counted from their checks.
create index exclusion_checks_list on exclusion_checks (list_id, client_id);

-- Counted ids would say how much is done for others: a place in the mailbox is named by chance.
alter table local_mailbox add column mail_id uuid not null default gen_random_uuid();
create unique index local_mailbox_mail on local_mailbox (mail_id);

-- An address that is taken would tell of another client's user: it is asked for within the same clients (record/registry/users.ts).
drop index users_email;
create index users_email on users (lower(email));
