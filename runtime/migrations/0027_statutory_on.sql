-- The day of a statutory clock ranks the work queue: a column, so that ranking reads no state.
alter table applications add column statutory_on date;
update applications set statutory_on = (snapshot->'agenda'->'statutory'->>'dueOn')::date
where snapshot->'agenda'->'statutory'->>'dueOn' is not null;
