-- Participations are found by what is wrong with them, and by where their renewal stands.

alter table applications
  add column issues text[] not null default '{}',   -- unresolved, of a participation that goes on
  add column recredentialing text,                  -- ahead, under_way, missed; of one that goes on
  add column renews_until date;                     -- the last day on which what was missed still renews

update applications a set
  issues = array(
    select i->>'code' from jsonb_array_elements(a.snapshot->'participation'->'issues') i where i->>'resolvedOn' is null),
  recredentialing = case
    when a.snapshot->'agenda'->'recredentialing' is null then null
    when a.snapshot->'participation'->'cycle'->>'missedAt' is not null then 'missed'
    when a.snapshot->'participation'->'cycle'->>'openedAt' is not null then 'under_way'
    else 'ahead' end,
  renews_until = (a.snapshot->'agenda'->'recredentialing'->>'lateUntil')::date
where a.stage = 'confirmed' and a.snapshot->'participation' is not null
  and a.snapshot->>'participationEndedOn' is null;

create index applications_issues on applications using gin (issues) where issues <> '{}';
create index applications_recredentialing on applications (recredentialing, renews_until) where recredentialing is not null;
