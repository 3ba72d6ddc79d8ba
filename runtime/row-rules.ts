/**
 * The rows that a role of the database may read and write, table by table: the second wall. The first is the condition
 * in each query (record/kernel/principal.ts), which stays. Each table that a migration makes has its line here.
 */

/** Rows of a table, as conditions in SQL. */
export interface RowRule {
  /** The rows that a key of some clients reads. */
  reads: string;
  /** The rows that may be written for some clients: by their keys, and by the steps of workflows. */
  writes: string;
  /** The rows that may be added; left out: those that may be written. */
  adds?: string;
  /** The rows that may be locked; left out: those that may be written. */
  locks?: string;
  /** Rows are written by roles alone that read every client, as what may be written depends on rows of others. */
  inChanges?: true;
  /** Nobody changes a row, and only a purge takes one away. */
  appendOnly?: true;
}

/** The clients of a transaction, as set_config gives them. A subquery, so that an index by client is used. */
const SCOPE = '(select countersign_scope())::uuid[]';
/** The same for operators between arrays, where the cast would make of it a list of values. */
const CLIENTS = '(select countersign_scope())';
const OWN = `client_id = any(${SCOPE})`;
const OF_NONE = 'client_id is null';

// Subqueries name the clients again: a step of a workflow reads all, and its writes are checked against what it reads.
const hasPerson = (table: string) =>
  `exists (select from providers p where p.person_id = ${table}.person_id and p.client_id = any(${SCOPE}))`;
/** Writes the condition that a client has the person, or no client has them any more. */
const mayKeep = (table: string) => `(${hasPerson(table)}
  or not exists (select from providers p where p.person_id = ${table}.person_id))`;
const hasPractice = (table: string) =>
  `exists (select from practices r where r.id = ${table}.practice_id and r.client_id = any(${SCOPE}))`;
const hasExcluded = (exclusion: string) => `(${hasPerson(exclusion)} or ${hasPractice(exclusion)})`;
const HAS_EXCLUSION = `exists (
  select from exclusions x where x.id = exclusion_standings.exclusion_id and ${hasExcluded('x')})`;
const hasApplication = (id: string) =>
  `exists (select from applications a where a.id = ${id} and a.client_id = any(${SCOPE}))`;
const SHARES_CLIENT = `(client_ids is null or client_ids && ${CLIENTS})`;
const IS_WITHIN = `client_ids <@ ${CLIENTS}`;
const HAS_SEEN_USER = `user_id in (select u.id from users u where u.client_ids is null or u.client_ids && ${CLIENTS})`;
const HAS_USER = `user_id in (select u.id from users u where u.client_ids && ${CLIENTS})`;
const HAS_SUBSTITUTE = `covered_by in (select u.id from users u where u.client_ids && ${CLIENTS})`;
const HAS_USER_WITHIN = `user_id in (select u.id from users u where u.client_ids <@ ${CLIENTS})`;
const REACHES_CLIENT = `(client_ids && ${CLIENTS} or ${HAS_USER})`;

const HAS_CALLER = `(exists (select from api_keys k where k.id::text = access_counts.caller)
  or exists (select from users u where u.id::text = access_counts.caller and u.client_ids <@ ${CLIENTS}))`;

/** One client's, always. */
const own = { reads: OWN, writes: OWN };
/** One client's, or the operator's own: only keys of every client read that, and work for a client adds to it. */
const ownOrOperators = { reads: OWN, writes: `(${OWN} or ${OF_NONE})` };
/** Builds the rule of rows of one client, or of no client; these count at all clients for which a condition holds. */
const buildOwnOrShared = (those: string) => ({
  reads: `(${OWN} or ${OF_NONE} and ${those})`,
  writes: `(${OWN} or ${OF_NONE} and ${those})`,
});
/** The operator's, for all to read; written with keys of every client, and by the system's own jobs. */
const shared = { reads: 'true', writes: 'false' };
/** Rows of no client, for all to read; work for a client adds to them. */
const sharedAndWritten = { reads: 'true', writes: 'true' };
/** The system's own. */
const none = { reads: 'false', writes: 'false' };
/** The system's own; work for a client adds to it. */
const written = { reads: 'false', writes: 'true' };
/** Rows of some clients: seen by those who see all of these. */
const within = { reads: IS_WITHIN, writes: IS_WITHIN };

/** Every table's rule. A contract test fails for a table of the migrations that has none. */
export const ROW_RULES = {
  clients: own,
  providers: own,
  licences: own,
  practices: own,
  locations: own,
  documents: own,
  document_files: own,
  document_links: own,
  applications: own,
  work_items: own,
  commands: own,
  events: own,
  network_spans: own,
  agreements: own,
  readiness_answers: { ...own, appendOnly: true },
  certificates: own,
  platform_relationships: own,
  platform_answers: own,
  platform_decisions: own,
  messages: own,
  caseloads: own,
  platform_services: own,
  platform_checklist: own,
  bridges: own,
  platform_checks: own,
  fact_approvals: own,
  snoozes: own,
  inquiries: own,
  platform_terms_changes: own,
  emitted: own,
  readiness_told: own,
  enrolments: own,
  portal_access: own,
  authorisations: own,
  webhook_deliveries: own,
  evidence_files: { ...own, appendOnly: true },
  exclusion_checks: own,
  file_changes: { ...own, appendOnly: true },
  endings: own,
  ending_items: own,
  platform_spans: own,
  returns: own,
  caqh_statements: own,
  client_requests: own,
  provider_contacts: own,
  access_withdrawals: own,
  reveals: own,

  tasks: ownOrOperators,
  mail_batches: ownOrOperators,
  local_mailbox: ownOrOperators,
  caqh_roster_requests: ownOrOperators,
  set_aside: ownOrOperators,
  audit_log: { ...ownOrOperators, appendOnly: true },

  // an NPI, which is public, and not a word of who has the person
  persons: sharedAndWritten,
  attestations: buildOwnOrShared(hasPerson('attestations')),
  registry_snapshots: buildOwnOrShared(hasPerson('registry_snapshots')),
  registry_records: { reads: hasPerson('registry_records'), writes: mayKeep('registry_records'), inChanges: true },
  exclusions: { reads: hasExcluded('exclusions'), writes: hasExcluded('exclusions') },
  exclusion_standings: buildOwnOrShared(HAS_EXCLUSION),

  // an opening has a merge of its payer wait
  payers: { ...shared, locks: 'true' },
  playbooks: { ...shared, appendOnly: true },
  payer_panels: shared,
  platform_knowledge: shared,
  operator_settings: shared,
  operator_logo: shared,
  exclusion_lists: shared,
  exclusion_entries: shared,
  exclusion_latecomers: shared,
  registry_services: sharedAndWritten,
  // the private half is sealed; the first certificate makes one
  certificate_keys: sharedAndWritten,
  // triggers add to it; what a payer was before is no client's
  earlier_rows: { reads: `(${OWN} or ${OF_NONE})`, writes: 'false', appendOnly: true },

  users: { reads: SHARES_CLIENT, writes: SHARES_CLIENT, adds: IS_WITHIN },
  api_keys: { reads: REACHES_CLIENT, writes: REACHES_CLIENT, adds: `(${IS_WITHIN} or ${HAS_USER_WITHIN})` },
  // one who is shut out stands in for nobody any more
  covers: { reads: HAS_SEEN_USER, writes: `(${HAS_USER} or ${HAS_SUBSTITUTE})`, adds: HAS_USER },
  calendar_feeds: { reads: HAS_USER_WITHIN, writes: HAS_USER, adds: HAS_USER_WITHIN },
  // a person signs in before any caller is known; a caller who ends a user's access ends these
  user_identities: { reads: HAS_USER_WITHIN, writes: 'false' },
  user_invitations: { reads: HAS_USER_WITHIN, writes: HAS_USER, adds: HAS_USER_WITHIN },
  sessions: { reads: HAS_USER_WITHIN, writes: HAS_USER, adds: 'false' },
  // the sending of what happened locks every endpoint that wants it
  webhook_endpoints: { reads: IS_WITHIN, writes: IS_WITHIN, locks: SHARES_CLIENT },
  audit_samples: within,
  calls: within,
  access_counts: { reads: HAS_CALLER, writes: 'false' },

  outbox: { reads: hasApplication('outbox.subject'), writes: 'true' },
  run_checks: {
    reads: hasApplication('run_checks.application_id'),
    writes: hasApplication('run_checks.application_id'),
  },
  lost_applications: written,
  watches: written,
  watch_tries: written,
  idempotency_keys: none,
  request_budgets: none,
  data_keys: none,
  destinations: none,
  worker_heartbeats: none,
  rounds: none,
  audit_unlinked: none,
  audit_links: { reads: `chain = any(${SCOPE})`, writes: 'false', appendOnly: true },
  audit_roots: { ...shared, appendOnly: true },
  migrations: none,
} satisfies Record<string, RowRule>;
