-- The order that no change of an application moves.
create index applications_opened on applications (created_at, id);
