-- In which states a relationship with a platform speaks for its payers, and which of them each of its spans is about; null: in every
-- state, as nobody has named one. What is on file so far spoke for every state in which the provider is licensed.
alter table platform_relationships add column states text[];
alter table platform_spans add column states text[];

update platform_relationships r
set states = (select array_agg(distinct l.state order by l.state) from licences l where l.provider_id = r.provider_id);
update platform_spans m set states = r.states from platform_relationships r where r.id = m.relationship_id;
