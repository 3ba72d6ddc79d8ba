import { isNativeError } from 'node:util/types';
import { isGrpcServiceError } from '@temporalio/client';
import type { Action, Outcome, Stage } from '../../domain/kernel/codes';

/** Every problem that the API answers: its type, status and title. */
export const PROBLEMS = {
  malformed_request: [400, 'The request could not be read'],
  validation_failed: [400, 'The request has fields that break a rule'],
  unauthenticated: [401, 'A valid API key is needed'],
  forbidden: [403, 'This key may not do that'],
  not_found: [404, 'There is no such thing'],
  method_not_allowed: [405, 'This method is not offered here'],
  duplicate_provider: [409, 'This client has this provider already'],
  duplicate_payer: [409, 'A payer of this name exists already'],
  duplicate_user: [409, 'A user with this email address exists already'],
  location_in_use: [409, 'A location that applications refer to cannot be removed'],
  application_exists: [409, 'Another application is open for the same key'],
  action_not_allowed: [409, 'The stage of the application does not allow this'],
  not_confirmed: [409, 'The fact is not confirmed, so there is nothing to approve'],
  second_person_needed: [409, 'Somebody else than who recorded it has to approve it'],
  merged_already: [409, 'It was merged into another before'],
  claimed_already: [409, 'Somebody else has it'],
  covered_already: [409, 'Somebody covers some of these days already'],
  no_such_item: [409, 'The application has no such open item'],
  beyond_max_per_call: [409, 'The payer takes fewer applications in one call; it stays due'],
  not_decided: [409, 'The client has not decided to bridge or to build direct contracts'],
  relationship_ended: [409, 'The provider has left the platform already'],
  ended: [409, 'Whoever this is for has left, and takes nothing new'],
  left_before: [409, 'The client had this provider before, who comes back by POST /v1/providers/{id}/return'],
  not_ended: [409, 'It has not ended, so there is nothing to come back from'],
  ending_under_way: [409, 'Something of the ending is being done at this moment'],
  ended_already: [409, 'It was ended already'],
  agreement_ended: [409, 'The agreement has ended already'],
  caqh_not_asked: [409, 'CAQH is not asked by its API (CAQH_MODE)'],
  caqh_id_missing: [409, 'The provider has no CAQH id on file'],
  older_list: [409, 'A later month’s list is on file'],
  shrunken_list: [422, 'The list has no entries, or far fewer than the one before'],
  restore_review_needed: [409, 'It goes on once a person has entered what was lost, or has sent restore-review'],
  no_workflow: [409, 'No workflow keeps this application'],
  stale_version: [412, 'It was changed since it was read'],
  body_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body must be of the content type that is described'],
  wrong_party: [422, 'The evidence names another party than the application is for'],
  unknown_entry: [422, 'The application has no such entry'],
  not_correctable: [422, 'This entry cannot be struck out'],
  idempotency_key_reused: [422, 'This Idempotency-Key was sent before with another body'],
  set_aside: [409, 'Recording this failed on our side again and again; it was set aside for staff'],
  internal_error: [500, 'Something went wrong on our side'],
  unavailable: [503, 'A part that is needed cannot be reached right now'],
} as const satisfies Record<string, readonly [status: number, title: string]>;
export type ProblemType = keyof typeof PROBLEMS;

/** One bad field: where it is (dots between names), the rule that it breaks and the rule in words. */
export interface FieldError {
  path: string;
  rule: string;
  message: string;
}

/** What a problem says beyond its type; never anything of the caller's input. */
export interface ProblemDetails {
  detail?: string;
  errors?: FieldError[];
  /** The one that stands in the way, where the caller may see it. */
  existingId?: string;
  /** Of an action that is not allowed: where the application stands, and what is. */
  stage?: Stage;
  allowedActions?: Action[];
  allowedOutcomes?: Outcome[];
}

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

  /** The application/problem+json body (RFC 9457). */
  toJSON() {
    const [status, title] = PROBLEMS[this.type];
    return { type: `urn:countersign:problem:${this.type}`, title, status, ...this.details };
  }
}

/** The refusal of fields that only the handler could judge. */
export const invalid = (...errors: FieldError[]): Problem => new Problem('validation_failed', { errors });

/** The problem that an error of any origin is answered with; a stranger's words are never passed on. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isUnavailable(error)) return new Problem('unavailable', {}, { 'Retry-After': '2' });
  const byStatus = error instanceof Error && 'status' in error ? BY_STATUS[Number(error.status)] : undefined;
  return new Problem(byStatus ?? 'internal_error');
}

// What Express and its body parser throw.
const BY_STATUS: Record<number, ProblemType> = {
  400: 'malformed_request',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

const DATABASE_AWAY =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|57P0[123]|53300|08...)$/;
/** Two changes that waited for each other: PostgreSQL undid one, and the same works once the other is done. */
const UNDONE = /^40(001|P01)$/;
const TEMPORAL_AWAY = new Set([4, 8, 14]); // DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE

/** Whether PostgreSQL or Temporal could not be reached, or undid it, so that the same request may work later. */
function isUnavailable(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  if (isGrpcServiceError(error)) return TEMPORAL_AWAY.has(error.code);
  if ('code' in error && [DATABASE_AWAY, UNDONE].some((codes) => codes.test(String(error.code)))) return true;
  return isUnavailable(error.cause);
}
