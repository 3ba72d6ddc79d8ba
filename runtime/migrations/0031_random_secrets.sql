-- The secrets of keys, feeds and webhooks are random. Until now they were derived from ENCRYPTION_KEYS and an id, so
-- that whoever had both could compute them: what was made that way ends here.

update api_keys set revoked_at = now() where revoked_at is null;
delete from calendar_feeds;
-- a rotated secret was derived from an id that was never stored
update webhook_endpoints set ended_at = now() where ended_at is null and earlier_secret_sealed is null;
update webhook_endpoints set earlier_secret_sealed = null where earlier_secret_sealed is not null;
update webhook_deliveries d
set status = 'dead', last_error = 'the endpoint has gone', settled_at = now()
from webhook_endpoints e
where d.endpoint_id = e.id and e.ended_at is not null and d.status = 'queued';

insert into audit_log (actor, action, subject_type, subject_id, outcome, detail)
values ('{"type": "system", "id": "migration", "name": "Countersign"}', 'secrets.end_derived', 'operator', '-', 'done',
  '{"ended": ["api_keys", "calendar_feeds", "webhook_endpoints"]}');

-- A secret can be shown again to a retry for ten minutes; after that only its hash is left.
alter table api_keys add column key_sealed text;
alter table calendar_feeds
  add column token_sealed text,
  add column command_id uuid not null;           -- that made the token
alter table webhook_endpoints
  add column secret_command_id uuid,             -- that made the secret
  add column secret_made_at timestamptz not null default now();
