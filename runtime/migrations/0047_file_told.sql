-- When the workflow was last told that the file changed, committed before it is: a process that began later may not be the first
-- to try what came of it.
alter table applications add column file_told_at timestamptz;
