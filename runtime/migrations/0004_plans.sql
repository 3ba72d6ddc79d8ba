-- What leaving a platform comes to: what plans are made from, the checklist, and applications that run over a bridge.

create table caseloads (
  client_id uuid not null references clients,
  payer_id uuid not null references payers,
  clients integer not null,
  monthly_value integer,
  rates jsonb,                                  -- {platform?, direct?}: per session
  primary key (client_id, payer_id)
);

create table payer_panels (
  payer_id uuid not null references payers,
  state text not null,
  kind text,                                    -- null: every kind that is not named
  status text not null,                         -- domain/panels.ts
  source text not null,
  as_of date not null,
  unique nulls not distinct (payer_id, state, kind)
);

create table platform_services (
  client_id uuid not null references clients,
  relationship_id uuid not null references platform_relationships,
  service text not null,                        -- domain/plans.ts
  does text not null,
  notes text,
  primary key (relationship_id, service)
);

create table platform_checklist (
  client_id uuid not null references clients,
  relationship_id uuid not null references platform_relationships,
  item text not null,                           -- domain/plans.ts
  owner text,
  due date,
  done_on date,
  note text,
  primary key (relationship_id, item)
);

-- An application that runs while its provider stays on a platform.
create table bridges (
  application_id uuid primary key references applications,
  client_id uuid not null references clients,
  relationship_id uuid not null references platform_relationships
);
create index bridges_relationship on bridges (relationship_id);

-- When to see whether the platform still works; kept in step with the application, and given to a person once.
create table platform_checks (
  application_id uuid not null references bridges,
  client_id uuid not null references clients,
  occasion text not null,                       -- submission, effective_date
  due_on date not null,
  given_at timestamptz,
  primary key (application_id, occasion, due_on)
);
