-- Watches from before their instants were kept: each is due now, so that it is looked at, and started where its run is gone. One
-- that has nothing to wait for ends with that step. What the outbox is about to start is left to it.
insert into watches (watch, subject, wakes_at)
select earlier.watch, earlier.subject::text, now()
from (
  select 'platformInquiry' as watch, id as subject from platform_relationships
  union select 'platformCheck', application_id from bridges
  union select 'billingReadiness', application_id from network_spans where known_to is null
  union select 'enrolmentChase', id from practices
  union select kind.watch, persons.id
    from persons cross join (values ('providerUpkeep'), ('caqhStatus'), ('nppesRecord')) as kind (watch)
  union select 'outreach', recipient_id from messages where status = 'queued'
  union select 'webhook', id from webhook_endpoints where ended_at is null
  union select 'exclusionList', '00000000-0000-4000-8000-000000000001'::uuid
  union select 'ending', id from endings where done_at is null
  union select 'retention', id from clients where ended_on is not null
  union select 'retention', id from providers where ended_on is not null
) earlier
where not exists (select from outbox o where o.topic = earlier.watch and o.subject = earlier.subject)
on conflict do nothing;
