-- Whose mail it is that went nowhere, so that a key of some clients is shown no other's.

alter table local_mailbox add column client_id uuid references clients;   -- null: several clients', or a person's own
