-- A person's upkeep is each client's by its own view: what is written to the person about it is written for one client.
update messages m set client_id = p.client_id
from providers p
where m.client_id is null and m.recipient_type = 'provider' and p.id = m.recipient_id;
update mail_batches b set client_id = p.client_id
from providers p
where b.client_id is null and b.recipient_type = 'provider' and p.id = b.recipient_id;
alter table messages alter column client_id set not null;

-- upkeep/<person>/<item>/<rung> is said once for the provider from now on
update messages set key = 'upkeep/' || recipient_id || substr(key, length('upkeep/') + 36 + 1)
where template = 'upkeep_due' and key like 'upkeep/%';
