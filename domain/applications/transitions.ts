import { ACTIONS, OUTCOMES, STAGES, type Action, type Outcome, type Stage } from '../kernel/codes';
import { listUnresolvedIssues } from './participation';
import type { Refusal } from './progress';
import { BEFORE_SUBMISSION, isHeld, isOpen, isParticipating, type ApplicationState } from './state';

/** What legality depends on, of an action's body. */
export interface ActionRequest {
  action: Action;
  outcome?: Outcome;
  outOfOrder?: boolean;
  attempt?: number;
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
  when?: (state: ApplicationState, asked: ActionRequest) => boolean;
}

const OPEN: readonly Stage[] = STAGES.filter((s) => s !== 'confirmed' && s !== 'withdrawn');
const FROM_SUBMITTED = OPEN.filter((s) => !BEFORE_SUBMISSION.includes(s));
const OF_A_PARTICIPATION: Row = { in: [], closed: ['confirmed'], when: isParticipating };
const wasSubmitted = (state: ApplicationState) => state.submitted;

/** The one table: which action is allowed in which stage. */
export const TABLE: Record<Action, Row> = {
  submission: { in: ['ready_to_submit'], fact: true },
  contacts: {
    in: OPEN,
    fact: true,
    closed: ['confirmed'],
    when: (state, { outcome }) =>
      outcome ? isOutcomeAllowed(state, outcome) : isOpen(state) || isParticipating(state),
  },
  information: { in: ['information_requested'], fact: true },
  contract: { in: FROM_SUBMITTED, fact: true, when: wasSubmitted },
  confirmations: { in: FROM_SUBMITTED, fact: true, when: wasSubmitted, closed: ['confirmed'] },
  appeal: { in: ['denied'] },
  resubmission: { in: ['submitted', 'in_review', 'information_requested', 'panel_closed', 'denied'] },
  restoration: {
    in: OPEN,
    when: (state, { attempt }) =>
      state.ended.length > 0 && (attempt === undefined || state.ended.some((e) => e.number === attempt)),
  },
  waivers: { in: BEFORE_SUBMISSION },
  withdrawal: { in: OPEN },
  pause: { in: OPEN },
  resume: { in: OPEN, when: (state) => state.paused !== null },
  'restore-review': { in: OPEN, closed: STAGES, when: isHeld },
  loading: OF_A_PARTICIPATION,
  directory: OF_A_PARTICIPATION,
  issues: OF_A_PARTICIPATION,
  'issue-resolution': {
    ...OF_A_PARTICIPATION,
    when: (state) => isParticipating(state) && !!listUnresolvedIssues(state),
  },
  'committee-date': OF_A_PARTICIPATION,
  recredentialing: OF_A_PARTICIPATION,
  'participation-end': OF_A_PARTICIPATION,
  notes: { in: OPEN, closed: STAGES },
  assignment: { in: OPEN, closed: STAGES },
  corrections: { in: OPEN, closed: STAGES },
  'playbook-migration': { in: OPEN, closed: ['confirmed'], when: (state) => isOpen(state) || isParticipating(state) },
  'change-notice': OF_A_PARTICIPATION,
};

/** The outcomes of a contact; the stages in which each is allowed without `outOfOrder`. */
const OUTCOME_TABLE: Record<
  Outcome,
  { in: readonly Stage[]; when?: (state: ApplicationState) => boolean; ofParticipation?: true }
> = {
  // the payer found what was thought lost: the new attempt is not yet submitted
  received: { in: OPEN, when: (state) => state.submitted || state.ended.some((e) => e.submitted) },
  in_review: { in: FROM_SUBMITTED, when: wasSubmitted },
  committee: { in: FROM_SUBMITTED, when: wasSubmitted },
  tabled: { in: FROM_SUBMITTED, when: wasSubmitted },
  information_requested: { in: FROM_SUBMITTED, when: wasSubmitted },
  invited: { in: [...BEFORE_SUBMISSION, 'panel_closed'] },
  no_record: { in: FROM_SUBMITTED, when: wasSubmitted },
  returned: { in: FROM_SUBMITTED, when: wasSubmitted },
  panel_closed: { in: OPEN },
  approved: { in: FROM_SUBMITTED, when: wasSubmitted },
  denied: { in: FROM_SUBMITTED, when: wasSubmitted },
  no_answer: { in: OPEN, ofParticipation: true },
  other: { in: OPEN, ofParticipation: true },
};

function isOutcomeAllowed(state: ApplicationState, outcome: Outcome): boolean {
  const row = OUTCOME_TABLE[outcome];
  if (!isOpen(state)) return row.ofParticipation === true && isParticipating(state);
  return row.in.includes(state.stage) && (row.when?.(state) ?? true);
}

function isAllowed(state: ApplicationState, asked: ActionRequest): boolean {
  const row = TABLE[asked.action];
  if (!isOpen(state)) return !!row.closed?.includes(state.stage) && (row.when?.(state, asked) ?? true);
  if (row.fact && asked.outOfOrder) return true;
  return row.in.includes(state.stage) && (row.when?.(state, asked) ?? true);
}

/** The actions that need no `outOfOrder` now, in the order of the table. */
export const listAllowedActions = (state: ApplicationState): Action[] =>
  ACTIONS.filter((action) => isAllowed(state, { action }));

/** The outcomes that a contact may have now without `outOfOrder`. */
export const listAllowedOutcomes = (state: ApplicationState): Outcome[] =>
  OUTCOMES.filter((outcome) => isOutcomeAllowed(state, outcome));

/** Null where the action may be taken, otherwise why not. */
export function refusal(state: ApplicationState, asked: ActionRequest): Refusal | null {
  if (asked.version !== undefined && asked.version !== state.version)
    return { type: 'stale_version', version: state.version };
  if (isAllowed(state, asked)) return null;
  return {
    type: 'action_not_allowed',
    stage: state.stage,
    allowedActions: listAllowedActions(state),
    allowedOutcomes: listAllowedOutcomes(state),
  };
}
