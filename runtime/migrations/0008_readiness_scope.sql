-- The gate asks by scope, also of what has closed: without these it reads every application and span.
create index applications_scope on applications (provider_id, practice_id, payer_id, state);
create index network_spans_application on network_spans (application_id);
