import { ACTIONS, OUTCOMES, STAGES, type Action, type Fact, type Outcome, type Stage } from '../kernel/codes';
import { findUnresolvedIssue } from './participation';
import type { Obstacle, Refusal } from './progress';
import { BEFORE_SUBMISSION, isHeld, isOpen, isParticipating, listFactsToApprove, type ApplicationState } from './state';

/** The parts of an action's body that legality depends on. */
export interface ActionRequest {
  action: Action;
  outcome?: Outcome;
  outOfOrder?: boolean;
  attempt?: number;
  /** Only for an approval. */
  fact?: Fact;
  /** If-Match: the version that the caller saw. */
  version?: number;
}

interface Row {
  /** The stages in which an open application takes it. */
  in: readonly Stage[];
  /** A fact: with `outOfOrder` it may arrive in every open stage. */
  fact?: true;
  /** Taken after closing too, in these stages. */
  closed?: readonly Stage[];
  /** Finds what else stands in the way; null: nothing. */
  unless?: (state: ApplicationState, asked: ActionRequest) => Cause | null;
}

type Cause = 'stage' | Obstacle;

const OPEN: readonly Stage[] = STAGES.filter((s) => s !== 'confirmed' && s !== 'withdrawn');
const FROM_SUBMITTED = OPEN.filter((s) => !BEFORE_SUBMISSION.includes(s));
const requireParticipation = (state: ApplicationState) => (isParticipating(state) ? null : 'participation_over');
const OF_A_PARTICIPATION: Row = { in: [], closed: ['confirmed'], unless: requireParticipation };
const requireSubmission = (state: ApplicationState) => (state.submitted ? null : 'not_submitted');

/** The one table: which action is allowed in which stage. */
export const ACTION_TABLE: Record<Action, Row> = {
  submission: { in: ['ready_to_submit'], fact: true },
  contacts: {
    in: OPEN,
    fact: true,
    closed: ['confirmed'],
    unless: (state, { outcome }) => (outcome ? findOutcomeObstacle(state, outcome) : requireOpenOrParticipation(state)),
  },
  information: { in: ['information_requested'], fact: true },
  contract: { in: FROM_SUBMITTED, fact: true, unless: requireSubmission },
  confirmations: { in: FROM_SUBMITTED, fact: true, unless: requireSubmission, closed: ['confirmed'] },
  approval: {
    in: OPEN,
    closed: ['confirmed'],
    unless: (state, { fact }) =>
      listFactsToApprove(state).some((one) => fact === undefined || one === fact) ? null : 'no_approval_awaited',
  },
  appeal: { in: ['denied'] },
  resubmission: { in: ['submitted', 'in_review', 'information_requested', 'panel_closed', 'denied'] },
  restoration: {
    in: OPEN,
    unless: (state, { attempt }) =>
      state.ended.some((e) => attempt === undefined || e.number === attempt) ? null : 'unknown_attempt',
  },
  waivers: { in: BEFORE_SUBMISSION },
  withdrawal: { in: OPEN },
  pause: { in: OPEN },
  resume: { in: OPEN, unless: (state) => (state.paused ? null : 'not_paused') },
  'restore-review': { in: OPEN, closed: STAGES, unless: (state) => (isHeld(state) ? null : 'not_held') },
  loading: OF_A_PARTICIPATION,
  directory: OF_A_PARTICIPATION,
  issues: OF_A_PARTICIPATION,
  'issue-resolution': {
    ...OF_A_PARTICIPATION,
    unless: (state) => requireParticipation(state) ?? (findUnresolvedIssue(state) ? null : 'no_unresolved_issue'),
  },
  'committee-date': OF_A_PARTICIPATION,
  recredentialing: OF_A_PARTICIPATION,
  'participation-end': OF_A_PARTICIPATION,
  notes: { in: OPEN, closed: STAGES },
  assignment: { in: OPEN, closed: STAGES },
  corrections: { in: OPEN, closed: STAGES },
  'playbook-migration': { in: OPEN, closed: ['confirmed'], unless: requireOpenOrParticipation },
  'change-notice': OF_A_PARTICIPATION,
  details: { in: OPEN, closed: STAGES },
};

/** The outcomes of a contact; the stages in which each is allowed without `outOfOrder`. */
const OUTCOME_TABLE: Record<
  Outcome,
  { in: readonly Stage[]; unless?: (state: ApplicationState) => Obstacle | null; ofParticipation?: true }
> = {
  // the payer found what was thought lost: the new attempt is not yet submitted
  received: { in: OPEN, unless: (state) => (state.ended.some((e) => e.submitted) ? null : requireSubmission(state)) },
  in_review: { in: FROM_SUBMITTED, unless: requireSubmission },
  committee: { in: FROM_SUBMITTED, unless: requireSubmission },
  tabled: { in: FROM_SUBMITTED, unless: requireSubmission },
  information_requested: { in: FROM_SUBMITTED, unless: requireSubmission },
  invited: { in: [...BEFORE_SUBMISSION, 'panel_closed'] },
  no_record: { in: FROM_SUBMITTED, unless: requireSubmission },
  returned: { in: FROM_SUBMITTED, unless: requireSubmission },
  panel_closed: { in: OPEN },
  approved: { in: FROM_SUBMITTED, unless: requireSubmission },
  denied: { in: FROM_SUBMITTED, unless: requireSubmission },
  no_answer: { in: OPEN, ofParticipation: true },
  other: { in: OPEN, ofParticipation: true },
};

function requireOpenOrParticipation(state: ApplicationState): Obstacle | null {
  return isOpen(state) ? null : requireParticipation(state);
}

/** Finds what stands in the way of an outcome; null: nothing. */
function findOutcomeObstacle(state: ApplicationState, outcome: Outcome): Cause | null {
  const row = OUTCOME_TABLE[outcome];
  if (!isOpen(state)) return requireParticipation(state) ?? (row.ofParticipation ? null : 'stage');
  return row.in.includes(state.stage) ? (row.unless?.(state) ?? null) : 'stage';
}

/** Finds what stands in the way of an action; null: nothing. */
function findActionObstacle(state: ApplicationState, asked: ActionRequest): Cause | null {
  const { in: stages, closed = [], fact, unless } = ACTION_TABLE[asked.action];
  if (isOpen(state) && fact && asked.outOfOrder) return null;
  if (!(isOpen(state) ? stages : closed).includes(state.stage)) return 'stage';
  return unless?.(state, asked) ?? null;
}

/** Lists the actions that need no `outOfOrder` now, in the order of the table. */
export const listAllowedActions = (state: ApplicationState): Action[] =>
  ACTIONS.filter((action) => findActionObstacle(state, { action }) === null);

/** Lists the outcomes that a contact may have now without `outOfOrder`. */
export const listAllowedOutcomes = (state: ApplicationState): Outcome[] =>
  OUTCOMES.filter((outcome) => findOutcomeObstacle(state, outcome) === null);

/** Finds why an action is refused; null if it may be taken. */
export function findRefusal(state: ApplicationState, asked: ActionRequest): Refusal | null {
  if (asked.version !== undefined && asked.version !== state.version)
    return { type: 'stale_version', version: state.version };
  const cause = findActionObstacle(state, asked);
  if (cause === null) return null;
  return {
    type: 'action_not_allowed',
    stage: state.stage,
    ...(cause !== 'stage' && { because: cause }),
    ...(findActionObstacle(state, { ...asked, outOfOrder: true }) === null && { outOfOrder: true }),
    allowedActions: listAllowedActions(state),
    allowedOutcomes: listAllowedOutcomes(state),
  };
}
