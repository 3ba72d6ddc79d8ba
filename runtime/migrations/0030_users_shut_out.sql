-- Which ending shut a user out: a return lets back in those alone, and nobody whom somebody revoked for a reason.
alter table users add column ending_id uuid references endings;
update users u set ending_id = c.ending_id
from clients c
where u.revoked_at is not null and u.client_ids = array[c.id] and c.ending_id is not null;
