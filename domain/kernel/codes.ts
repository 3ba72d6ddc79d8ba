/** Every closed vocabulary of the product. The values are the wire values of the HTTP contract. */

export const STAGES = [
  'preparing',
  'awaiting_attestation',
  'ready_to_submit',
  'submitted',
  'in_review',
  'information_requested',
  'approved',
  'confirmed',
  'panel_closed',
  'denied',
  'withdrawn',
] as const;
export type Stage = (typeof STAGES)[number];

export const ACTIONS = [
  'submission',
  'contacts',
  'information',
  'contract',
  'confirmations',
  'approval',
  'appeal',
  'resubmission',
  'restoration',
  'waivers',
  'withdrawal',
  'pause',
  'resume',
  'restore-review',
  'loading',
  'directory',
  'issues',
  'issue-resolution',
  'committee-date',
  'recredentialing',
  'participation-end',
  'notes',
  'assignment',
  'corrections',
] as const;
/**
 * Actions that change applications rather than advance one, and belong to no stage: they are no segment of a path, nor
 * offered.
 */
export const INTERNAL_ACTIONS = ['playbook-migration', 'change-notice', 'details'] as const;
export type Action = (typeof ACTIONS | typeof INTERNAL_ACTIONS)[number];

export const OUTCOMES = [
  'received',
  'in_review',
  'committee',
  'tabled',
  'information_requested',
  'invited',
  'no_record',
  'returned',
  'panel_closed',
  'approved',
  'denied',
  'no_answer',
  'other',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The tracks of a participation, each with its own follow-up. */
export const PARTICIPATION_TRACKS = [
  'confirmation',
  'loading',
  'directory',
  'not_loaded',
  'wrong_tin',
  'claims_denied',
  'directory_wrong',
  'committee_date',
  'recredentialing',
  'change',
] as const;
export type ParticipationTrack = (typeof PARTICIPATION_TRACKS)[number];

export const KINDS = [
  'new_individual',
  'new_group',
  'add_to_group',
  'add_tin_or_location',
  'change',
  'recredentialing',
  'reinstatement',
  'termination',
] as const;
export type ApplicationKind = (typeof KINDS)[number];

export const LINES_OF_BUSINESS = [
  'commercial',
  'medicare',
  'medicare_advantage',
  'medicaid',
  'tricare',
  'eap',
  'other',
] as const;
export type LineOfBusiness = (typeof LINES_OF_BUSINESS)[number];

export const SUBMISSION_CHANNELS = [
  'caqh_pull',
  'payer_portal',
  'availity',
  'email',
  'fax',
  'mail',
  'esign',
  'pecos',
  'state_portal',
  'roster',
] as const;
export type SubmissionChannel = (typeof SUBMISSION_CHANNELS)[number];

export const CONTACT_CHANNELS = ['phone', 'portal', 'email', 'fax', 'mail'] as const;

export const CONTRACT_STATUSES = ['none', 'sent', 'negotiating', 'signed', 'executed', 'declined'] as const;
export type ContractStatus = (typeof CONTRACT_STATUSES)[number];

/** The order in which a payer makes its two decisions. */
export const TRACK_ORDERS = ['credentialing_first', 'contracting_first'] as const;
export type TrackOrder = (typeof TRACK_ORDERS)[number];

export const FACTS = ['contract', 'effectiveDate', 'payerProviderId', 'claimsRoute'] as const;
export type Fact = (typeof FACTS)[number];

export const FACT_SOURCES = [
  'letter',
  'portal',
  'phone',
  'email',
  'test_claim',
  'remittance',
  'executed_contract',
  'client_word',
] as const;
export type FactSource = (typeof FACT_SOURCES)[number];

/** The things that a fact on record may lack to count. */
export const FACT_LACKS = ['party', 'document', 'approval'] as const;

/** The backing that facts need to count. */
export interface FactDemands {
  /** A platform covers the payer: its letter is easily taken for one's own, so the evidence must be read for whom it names. */
  party?: true;
  /** The facts that need a document, as the operator wants it. */
  documents?: Fact[];
}

export const CONTRACT_BASES = ['government_program', 'group_contract', 'existing_agreement'] as const;
export type ContractBasis = (typeof CONTRACT_BASES)[number];

/** Whether the payer's systems have a provider in network. */
export const LOADING_STATUSES = ['loaded', 'not_loaded'] as const;
export type LoadingStatus = (typeof LOADING_STATUSES)[number];

/** How the payer's directory lists a provider. */
export const DIRECTORY_STATUSES = ['listed', 'not_listed', 'inaccurate'] as const;
export type DirectoryStatus = (typeof DIRECTORY_STATUSES)[number];

/** The things that can go wrong in a participation. */
export const ISSUE_CODES = ['not_loaded', 'wrong_tin', 'claims_denied', 'directory_wrong'] as const;
export type IssueCode = (typeof ISSUE_CODES)[number];

/** The state of a participation's renewal: `late` may still renew, `initial_again` is past that. */
export const RECREDENTIALING_STATUSES = ['ahead', 'under_way', 'late', 'initial_again'] as const;
export type RecredentialingStatus = (typeof RECREDENTIALING_STATUSES)[number];

/** The data of a practice or provider that payers have on file and that may change. */
export const CHANGE_FIELDS = ['name', 'address', 'tin'] as const;
export type ChangeField = (typeof CHANGE_FIELDS)[number];

/** The way in which a payer takes a change: by an application of its own, by notice, or not at all. */
export const CHANGE_HANDLINGS = ['application', 'notice', 'none'] as const;
export type ChangeHandling = (typeof CHANGE_HANDLINGS)[number];

export const PREREQUISITES = [
  'npi',
  'caqh_id',
  'licence_in_state',
  'malpractice',
  'practice_tin',
  'practice_address',
  'authorisation',
  'portal_access',
  'not_excluded',
] as const;
export type Prerequisite = (typeof PREREQUISITES)[number];
/** Why a prerequisite is not met; `not_begun`: what is on file holds from a later day. */
export const UNMET_REASONS = ['missing', 'expired', 'not_begun'] as const;
export type UnmetReason = (typeof UNMET_REASONS)[number];
/** The prerequisites that a lead may waive for a while: never an exclusion. */
export const WAIVABLE = PREREQUISITES.filter((code) => code !== 'not_excluded');

export const WAITING_ON = ['operator', 'provider', 'payer', 'nobody'] as const;
export type WaitingOn = (typeof WAITING_ON)[number];

export const ROLES = ['admin', 'lead', 'specialist', 'agent', 'auditor', 'client', 'service'] as const;
export type Role = (typeof ROLES)[number];
/**
 * The calls that are counted: requests with a valid key; without one (401); what a role may not do (403); what is there
 * but another client's (404), and what is nowhere; what is beyond a budget (429).
 */
export const ACCESS_KINDS = ['used', 'unauthenticated', 'forbidden', 'foreign', 'missing', 'limited'] as const;
export type AccessKind = (typeof ACCESS_KINDS)[number];

/** The decision of an access review about a user's access. */
export const ACCESS_DECISIONS = ['keep', 'change', 'end'] as const;
export type AccessDecision = (typeof ACCESS_DECISIONS)[number];

/** The roles that follow up on applications: work is assigned to them alone. */
export const WORKER_ROLES: readonly Role[] = ['admin', 'lead', 'specialist', 'agent'];
/** The operator's own staff, who read each other's notes; neither a client nor a program. */
export const STAFF_ROLES: readonly Role[] = [...WORKER_ROLES, 'auditor'];

export const READINESS_REASONS = [
  'no_application',
  'platform_only',
  'not_approved',
  'contract_unconfirmed',
  'effective_date_unconfirmed',
  'before_effective_date',
  'provider_id_unconfirmed',
  'claims_route_unconfirmed',
  'fact_disputed',
  'scope_ambiguous',
  'licence_not_current',
  'excluded',
  'participation_ended',
] as const;
export type ReadinessReason = (typeof READINESS_REASONS)[number];

export const READINESS_CAUTIONS = [
  'not_seen_loaded',
  'party_not_seen',
  'no_document',
  'attestation_lapsed',
  'malpractice_lapsed',
  'exclusion_possible',
] as const;
export type ReadinessCaution = (typeof READINESS_CAUTIONS)[number];

export const ENROLMENT_KINDS = ['837', '835', 'eft', 'portal'] as const;
export const ENROLMENT_STATUSES = ['not_started', 'submitted', 'active', 'rejected', 'ended'] as const;
export const PORTAL_STATUSES = ['active', 'lost'] as const;
export type PortalStatus = (typeof PORTAL_STATUSES)[number];

/** The permissions that a provider's signature gives the operator. */
export const AUTHORISATION_SCOPES = ['submit_applications', 'contact_payers', 'manage_caqh', 'sign_contracts'] as const;
export type AuthorisationScope = (typeof AUTHORISATION_SCOPES)[number];

/** The outside services that are asked about a person. */
const REGISTRY_SERVICES = ['caqh', 'nppes'] as const;
export type RegistryService = (typeof REGISTRY_SERVICES)[number];

/** The calls by which an activity sends something out or asks others. */
const SENT_KINDS = ['mail', 'webhook', 'caqhStatus', 'caqhRoster', 'nppesRecord', 'exclusionList'] as const;
export type SentKind = (typeof SENT_KINDS)[number];

/**
 * The state of a message: it waits to leave, has left, may have, never will unless a person has it sent again, or is
 * not to leave (no longer needed, or not allowed).
 */
export const DELIVERIES = ['queued', 'sent', 'uncertain', 'failed', 'dropped'] as const;
export type Delivery = (typeof DELIVERIES)[number];

/** The authorities that exclude from federal and state programmes. */
export const EXCLUSION_SOURCES = ['oig_leie', 'sam', 'state'] as const;
export type ExclusionSource = (typeof EXCLUSION_SOURCES)[number];
export const EXCLUSION_RESULTS = ['clear', 'possible', 'confirmed'] as const;
export type ExclusionResult = (typeof EXCLUSION_RESULTS)[number];

/** The work that a person may have to do and that is no application's work item. */
export const TASK_KINDS = [
  'platform_inquiry',
  'platform_check',
  'enrolment',
  'upkeep',
  'message_uncertain',
  'message_failed',
  'exclusion_match',
  'exclusion_list',
  'registry_mismatch',
  'registry_access',
  'roster_removal',
  'client_request',
  'playbook_suspect',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** The result of a contact with a provider. */
export const PROVIDER_OUTCOMES = ['reached', 'message_left', 'no_answer'] as const;
export type ProviderOutcome = (typeof PROVIDER_OUTCOMES)[number];

/** The reason for which a client turns to the operator. */
export const CLIENT_REQUEST_KINDS = ['question', 'complaint', 'other'] as const;
export type ClientRequestKind = (typeof CLIENT_REQUEST_KINDS)[number];

/** The things of a person that end by themselves and have to be renewed. */
export const UPKEEP_KINDS = ['attestation', 'licence', 'malpractice', 'dea', 'document', 'authorisation'] as const;
export type UpkeepKind = (typeof UPKEEP_KINDS)[number];

/** The types of watches; the id of each is that of a relationship, an application, a practice and so on. */
export const WATCH_TYPES = [
  'platformInquiry',
  'platformCheck',
  'billingReadiness',
  'enrolmentChase',
  'providerUpkeep',
  'outreach',
  'webhook',
  'exclusionList',
  'caqhStatus',
  'nppesRecord',
  'ending',
  'retention',
] as const;
export type WatchType = (typeof WATCH_TYPES)[number];

/** Why a provider or a client leaves. */
export const ENDING_REASONS = ['changed_operator', 'left_practice', 'retired', 'deceased', 'closed', 'other'] as const;
export type EndingReason = (typeof ENDING_REASONS)[number];

/** The types of events that the feed and webhooks publish. */
export const EMITTED_TYPES = [
  'billing_readiness.changed',
  'application.stage_changed',
  'follow_up.due',
  'certificate.ended',
] as const;
export type EmittedType = (typeof EMITTED_TYPES)[number];

/** USPS codes of the states, the District of Columbia and the inhabited territories. */
export const US_STATES =
  'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI'.split(
    ' ',
  );

/** The work that a queue item asks for. */
export const PURPOSES = [
  'prepare',
  'obtain_attestation',
  'submit',
  'confirm_receipt',
  'second_look',
  'check_status',
  'provide_information',
  'decide_on_appeal',
  'obtain_written_notice',
  'recheck_panel',
  'chase_contract',
  'confirm_facts',
  'check_loading',
  'verify_directory',
  'resolve_not_loaded',
  'resolve_wrong_tin',
  'resolve_claims_denied',
  'correct_directory',
  'ask_committee_date',
  'recover_recredentialing',
  'tell_of_change',
  'enter_what_was_lost',
  'read_the_party',
  'attach_document',
  'approve_fact',
] as const;
export type Purpose = (typeof PURPOSES)[number];
