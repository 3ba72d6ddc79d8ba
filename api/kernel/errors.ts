import { isNativeError } from 'node:util/types';
import { isGrpcServiceError } from '@temporalio/client';
import type { Action, Outcome, Stage } from '../../domain/kernel/codes';
import { KeyRevoked } from '../../record/kernel/principal';
import { ScanFailed } from '../../runtime/storage/scanner';
import { StoreUnavailable } from '../../runtime/storage/store';
import { isLockTaken, isTooLong, isUndone } from '../../runtime/database';

/** Every problem that the API answers: its type, status and title. */
export const PROBLEMS = {
  malformed_request: [400, 'The request could not be read'],
  validation_failed: [400, 'Some fields of the request are not valid'],
  unauthenticated: [401, 'A valid API key is needed, or a session'],
  sign_in_failed: [400, 'The sign-in was broken off, or took too long; begin again'],
  forbidden: [403, 'This key does not have permission for this'],
  forged_request: [
    403,
    'A change by a session comes from a page of this origin, with the `csrfToken` of `GET /v1/session` as X-CSRF-Token',
  ],
  account_unknown: [403, 'Nobody here has this account; an admin invites the user to whom it belongs'],
  not_found: [404, 'Nothing is found here, or this key does not see it'],
  method_not_allowed: [405, 'This address does not support this method'],
  duplicate_provider: [409, 'This client already has this provider'],
  duplicate_practice: [409, 'This client already has a practice with this tax id; `evenIfExists` adds another'],
  duplicate_relationship: [
    409,
    'The provider already participates through this platform; `evenIfExists` adds another relationship',
  ],
  duplicate_client: [409, 'A client of this name already exists; `evenIfExists` adds another'],
  duplicate_document: [
    409,
    'This client already has this file as a document of this kind, owner and end date; `evenIfExists` adds another',
  ],
  duplicate_authorisation: [409, 'The same authorisation is already in force; `evenIfExists` adds another'],
  duplicate_endpoint: [
    409,
    'An endpoint with this URL already gets some of these types for some of these clients; `evenIfExists` adds another',
  ],
  duplicate_payer: [409, 'A payer that goes by this name or alias already exists'],
  duplicate_user: [409, 'A user with this email address already exists'],
  has_work: [409, 'The user has work that the change would put out of their reach; reassign it first'],
  location_in_use: [409, 'The location is used by applications and cannot be removed'],
  application_exists: [409, 'An application for the same key is already open'],
  action_not_allowed: [409, 'The application does not allow this action in its current stage'],
  not_submitted: [409, 'The application was not submitted'],
  unknown_attempt: [409, 'The application has no earlier attempt of this number'],
  not_paused: [409, 'The application is not paused'],
  not_held: [409, 'The application is not held after a restore'],
  participation_over: [409, 'The application has no participation that goes on'],
  no_unresolved_issue: [409, 'The participation has no issue that is not resolved'],
  no_approval_awaited: [409, 'The fact does not await approval'],
  second_person_needed: [409, 'A user other than the one who recorded it has to approve it, with a key of their own'],
  own_access: [409, 'Access is signed off by another person than the one who has it'],
  no_access: [409, 'There is no access to sign off: it has ended, or belongs to a user'],
  merged_already: [409, 'It is already merged into another record'],
  claimed_already: [409, 'The application is already assigned to another user'],
  covered_already: [409, 'A substitute is already set for some of these days'],
  cover_comes_back: [409, 'On some of these days the substitute’s own work goes, by their covers, to this user'],
  no_such_item: [409, 'The application has no open item of this kind'],
  beyond_max_per_call: [409, 'The payer takes fewer applications in one call; what is beyond stays due'],
  call_over: [409, 'The call has ended; log its contacts without it, or start another'],
  beyond_reveals: [409, 'The call has revealed as many identifiers as it may'],
  not_decided: [409, 'The client has not decided to bridge or to build direct contracts'],
  certificate_ended: [409, 'The certificate has already ended'],
  relationship_ended: [409, 'The provider has already left the platform'],
  ended: [409, 'This client or provider has left, so nothing new can be recorded'],
  left_before: [409, 'The provider left this client earlier; POST /v1/providers/{id}/return brings them back'],
  not_ended: [409, 'It has not ended, so it cannot return'],
  ending_under_way: [
    409,
    'A step of the ending is running; ask again shortly, under another Idempotency-Key if you send one',
  ],
  ended_already: [409, 'It has already ended'],
  agreement_ended: [409, 'The agreement has already ended'],
  caqh_not_asked: [409, 'The connection to CAQH’s API is not set up (CAQH_MODE)'],
  caqh_id_missing: [409, 'The provider has no CAQH id on file'],
  older_list: [409, 'The list of a later month is already on file'],
  no_file: [404, 'No file is stored for this document'],
  file_purged: [410, 'The file of this document was purged, as the time for which it is kept is over'],
  other_file: [409, 'The document has its file already, and this is another; register it as a document of its own'],
  wrong_hash: [422, 'The SHA-256 of the file is not that of the document'],
  refused_by_scanner: [422, 'The scanner refuses the file'],
  contains_phi: [409, 'The document contains health information of patients: no link is made to it'],
  shrunken_list: [422, 'The list is empty, or far shorter than the one before'],
  restore_review_needed: [409, 'It continues once a person enters what was lost or sends restore-review'],
  no_workflow: [409, 'No workflow runs for this application'],
  stale_version: [412, 'The resource has changed since it was read'],
  sign_in_not_set_up: [409, 'Sign-in is not set up (OIDC_ISSUER)'],
  invitation_over: [409, 'The invitation was used or withdrawn, or has expired; ask for another'],
  email_differs: [409, 'The account has another verified email address than the invited user'],
  account_taken: [409, 'The account is already linked to another user'],
  body_too_large: [413, 'The body is too large'],
  file_type_not_kept: [415, 'The file is none of the kinds that are kept: PDF, PNG, JPEG, TIFF'],
  other_file_type: [415, 'The file is of another kind than its Content-Type says'],
  unsupported_media_type: [415, 'The body does not have the content type that the description names'],
  wrong_party: [422, 'The evidence names a different party than the application'],
  unknown_entry: [422, 'The application has no entry with this id'],
  not_correctable: [422, 'This entry cannot be struck out'],
  unknown_command: [422, 'This action is not on record; send it again under a new Idempotency-Key'],
  idempotency_key_reused: [422, 'This Idempotency-Key was already used with a different body'],
  set_aside: [409, 'Recording this failed repeatedly on our side; staff have to look at it'],
  too_many_wrong_keys: [429, 'Too many wrong keys came from this address; wait as `Retry-After` says'],
  too_many_requests: [429, 'This caller sends more than is allowed at once; wait as `Retry-After` says'],
  internal_error: [500, 'Something went wrong on our side'],
  sign_in_unavailable: [503, 'The identity provider does not answer right now; try again shortly'],
  unavailable: [503, 'The system cannot do this right now'],
} as const satisfies Record<string, readonly [status: number, title: string]>;
export type ProblemType = keyof typeof PROBLEMS;

/** One bad field: where it is (dots between names), the rule that it breaks and the rule in words. */
export interface FieldError {
  path: string;
  rule: string;
  message: string;
}

/** The details of a problem beyond its type; never anything of the caller's input. */
export interface ProblemDetails {
  detail?: string;
  errors?: FieldError[];
  /** The one that stands in the way, if the caller may see it. */
  existingId?: string;
  /** Only for an action that is not allowed: the application's stage, and the actions that are. */
  stage?: Stage;
  allowedActions?: Action[];
  allowedOutcomes?: Outcome[];
}

/** The most bad fields that a problem names: a body may have a hundred thousand. */
const MOST_ERRORS = 500;

/** An expected failure: thrown anywhere in a request, answered by the one error handler. */
export class Problem extends Error {
  override name = 'Problem';

  constructor(
    readonly type: ProblemType,
    readonly details: ProblemDetails = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(type);
  }

  get status(): number {
    return PROBLEMS[this.type][0];
  }

  /** Writes the application/problem+json body (RFC 9457). */
  toJSON() {
    const [status, title] = PROBLEMS[this.type];
    const { errors = [] } = this.details;
    const unnamed = errors.length - MOST_ERRORS;
    return {
      type: `urn:countersign:problem:${this.type}`,
      title,
      status,
      ...this.details,
      ...(unnamed > 0 && { errors: errors.slice(0, MOST_ERRORS), detail: `${unnamed} more fields are bad` }),
    };
  }
}

/** Makes the refusal of a caller whom no valid key names. */
export const refuseUnknownCaller = (): Problem => new Problem('unauthenticated', {}, { 'WWW-Authenticate': 'Bearer' });

/** Makes the refusal of fields that only the handler could judge. */
export const refuseFields = (...errors: FieldError[]): Problem => new Problem('validation_failed', { errors });

/**
 * Turns an error of any origin into the problem that it is answered with; the words of unknown errors are never passed
 * on.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof KeyRevoked) return refuseUnknownCaller();
  if (error instanceof StoreUnavailable)
    return new Problem('unavailable', { detail: NO_STORE }, { 'Retry-After': '10' });
  if (error instanceof ScanFailed) return new Problem('unavailable', { detail: NO_SCAN }, { 'Retry-After': '10' });
  if (isUndone(error) || isLate(error))
    return new Problem('unavailable', { detail: IN_THE_WAY }, { 'Retry-After': '2' });
  if (isUnavailable(error)) return new Problem('unavailable', {}, { 'Retry-After': '2' });
  const byStatus = error instanceof Error && 'status' in error ? BY_STATUS[Number(error.status)] : undefined;
  return new Problem(byStatus ?? 'internal_error');
}

// The errors that Express and its body parser throw.
const BY_STATUS: Record<number, ProblemType> = {
  400: 'malformed_request',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

const DATABASE_AWAY =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|57P0[123]|53300|08...)$/;
/**
 * Whether a lock was not given in time, or a statement or a step took longer than it may: others keep the server busy.
 */
const isLate = (error: unknown): boolean => isTooLong(error) || isLockTaken(error);
const NO_STORE = 'The store of documents cannot be reached; nothing was kept of what was sent.';
const NO_SCAN = 'The scanner gave no verdict; nothing was kept of what was sent.';
const IN_THE_WAY =
  'Other requests keep the same entries busy right now. Send it again, under the same Idempotency-Key.';
const TEMPORAL_AWAY = new Set([4, 8, 14]); // DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE

/** Whether PostgreSQL or Temporal could not be reached, so that the same request may work later. */
function isUnavailable(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  if (isGrpcServiceError(error)) return TEMPORAL_AWAY.has(error.code);
  if ('code' in error && DATABASE_AWAY.test(String(error.code))) return true;
  return isUnavailable(error.cause);
}
