-- Whom to ask at a platform, and when a provider left it.
alter table platform_relationships add column contact_email text;
alter table platform_relationships add column ended_on date;   -- the last day
alter table platform_relationships add column ending jsonb;    -- {reason, commandId, recordedBy, recordedAt}
