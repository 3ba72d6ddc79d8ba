-- What was folded before the rules had a version is of an earlier one than any: its next step folds it again, and says so.
update applications set rules_version = 0 where updated_at < (select applied_at from migrations where id = 40);
