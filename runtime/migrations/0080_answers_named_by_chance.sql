-- An answer is shown under an id that does not say how many were given to others.
alter table readiness_answers add column answer_id uuid not null default gen_random_uuid();
