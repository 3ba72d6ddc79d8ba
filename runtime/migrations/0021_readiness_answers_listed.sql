-- What was answered to whom, and when, is listed.
create index readiness_answers_client on readiness_answers (client_id, at, id);
