import type { Instant, PlainDate } from '../time/instants';
import { computeDeadline, toLocalDate, type Window } from '../time/calendar';
import type { ApplicationKind, LineOfBusiness, ReadinessReason, Stage } from '../kernel/codes';
import { addDays, countDaysBetween } from '../time/dates';
import type { Duration } from '../time/duration';
import { readPanel, type Panel, type PanelReading, type ParkedApplication } from '../registry/panels';
import type { ChecklistEntry } from './checklist';
import {
  assessAnswers,
  assessIn,
  selectAnswersInForce,
  type LedgerAnswer,
  type PortableItem,
  type AnswerState,
  type Verdict,
} from './platform';

/** An answer in force, as it was recorded. */
export interface GivenAnswer extends LedgerAnswer {
  id: string;
  words: string | null;
  /**
   * The relationship whose ledger has the answer: it speaks for these payers, in these states (null: in every state),
   * and for no others.
   */
  relationship: { id: string; payerIds: readonly string[]; states: readonly string[] | null };
}

/** An application of the provider for a participation of their own. */
export interface DirectApplication {
  id: string;
  payerId: string;
  practiceId: string;
  locationId: string | null;
  state: string;
  lineOfBusiness: LineOfBusiness;
  kind: ApplicationKind;
  stage: Stage;
  open: boolean;
  submittedOn: PlainDate | null;
  expectedDecisionOn: PlainDate | null;
  /** Confirmed, of a participation. */
  effectiveOn: PlainDate | null;
  /** The last day of a participation. */
  endedOn: PlainDate | null;
}

/** A place where a direct participation is wanted; a practice or location left out is any. */
export interface Target {
  payerId: string;
  /** Null if the provider works in no state that is known. */
  state: string | null;
  practiceId: string | null;
  locationId: string | null;
}

/** An agreement of a practice with a payer that has not ended. */
export interface LiveAgreement {
  id: string;
  practiceId: string;
  payerId: string;
  state: string;
}

/** A payer, with the part of its playbook by which its decisions are expected. */
export interface Expectation {
  name: string;
  expectedDecision: Duration;
  window: Window;
}

export interface KnownFacts {
  now: Instant;
  /** Today in the client's zone. */
  today: PlainDate;
  answers: readonly GivenAnswer[];
  applications: readonly DirectApplication[];
  agreements: readonly LiveAgreement[];
  panels: readonly Panel[];
  parked: readonly ParkedApplication[];
}

/** Why a kind of application fits. */
export const FIT_REASONS = [
  'under_way',
  'direct_by_ledger',
  'practice_has_agreement',
  'listed_elsewhere',
  'credentialed_by_ledger',
  'not_listed',
] as const;

/** The kind of application that fits, and what on record says so; the first reason decides. */
export interface Fit {
  kind: ApplicationKind;
  /** The direct contract exists already: it is adopted, and its four facts collected, instead of applied for. */
  adopt: boolean;
  because: { reason: (typeof FIT_REASONS)[number]; applicationId?: string; agreementId?: string; entryId?: string }[];
}

/** The result of a notice period; nothing of it is known if the days are not. */
export interface Notice {
  days: number | null;
  givenOn: PlainDate | null;
  /** The last day to give notice for leaving on the date that was asked for. */
  lastDayToGive: PlainDate | null;
  /** The earliest day of leaving if notice was given on `givenOn`, else today. */
  earliestLeaveOn: PlainDate | null;
  inTime: boolean | null;
}

/** `reasons`: what billing readiness has against billing on the day of leaving. */
export interface Billable {
  status: 'confirmed' | 'expected' | 'late' | 'not_expected';
  expectedOn: PlainDate | null;
  /** The basis of the date. */
  from: 'effective_date' | 'approval' | 'submission' | 'today' | null;
  /** Days of service that would not be paid as in network; null if no end is in sight. */
  gapDays: number | null;
  reasons: ReadinessReason[];
}

/** The meaning of leaving with one payer in one state. */
export interface Consequence {
  payerId: string;
  payerName: string;
  state: string | null;
  verdict: Verdict;
  portable: { answer: AnswerState; entryId: string | null } & Record<PortableItem, AnswerState>;
  notice: Notice;
  restrictions: { freeOf: AnswerState; entryId: string | null; words: string | null };
  application: Pick<DirectApplication, 'id' | 'practiceId' | 'kind' | 'stage' | 'open'> | null;
  fits: Fit;
  panel: PanelReading;
  billable: Billable;
}

export interface Consequences {
  /** The first day without the platform. */
  leaveOn: PlainDate;
  /** The strictest of all; unknown while one is. */
  notice: Notice;
  items: Consequence[];
  /** The payers with which no direct application is open or confirmed. */
  withoutApplication: string[];
  /** The items that the practice has not done yet. */
  risks: LeaveRisk[];
}

/** An open item of the checklist; `late` if it is due after the platform is gone, or not at all. */
type LeaveRisk = Pick<ChecklistEntry, 'item' | 'owner' | 'due'> & { late: boolean };

export interface ConsequencesInput extends KnownFacts {
  leaveOn: PlainDate;
  payers: ReadonlyMap<string, Expectation>;
  /** Those in which the platform covers its payers; empty if none is known. */
  states: readonly string[];
  practiceId: string | null;
  locationId: string | null;
  checklist: readonly ChecklistEntry[];
  /** The answer of billing readiness for an application on the day of leaving; a yes has no reasons. */
  readinessReasons: ReadonlyMap<string, readonly ReadinessReason[]>;
}

/** Assesses what happens, payer by payer and state by state, if a platform is left on a date. */
export function assessConsequences(input: ConsequencesInput): Consequences {
  const { leaveOn, answers, checklist } = input;
  const assessment = assessAnswers([...input.payers.keys()], input.states, answers);
  const items = assessment.byPayer.flatMap(({ payerId, states }) =>
    states.map((assessed): Consequence => {
      const target = { payerId, state: assessed.state, practiceId: input.practiceId, locationId: input.locationId };
      const given = selectAnswersInForce(answers, payerId, assessed.state);
      const standing = new Map(assessed.readings.map(({ question, answer }) => [question, answer]));
      const [portable, restricted] = [given.get('portable_on_exit'), given.get('free_of_restrictions')];
      const fits = findFittingKind(target, input);
      const application = findDirectApplication(target, input);
      const panel = readPanel({ ...target, kind: fits.kind }, input.panels, input.parked, input.today);
      return {
        payerId,
        payerName: input.payers.get(payerId)!.name,
        state: assessed.state,
        verdict: assessed.verdict,
        portable: {
          answer: standing.get('portable_on_exit')!,
          entryId: portable?.id ?? null,
          ...assessed.portable,
        },
        notice: computeNotice(readNoticeDays(restricted), input),
        restrictions: {
          freeOf: standing.get('free_of_restrictions')!,
          entryId: restricted?.id ?? null,
          words: restricted?.words ?? null,
        },
        application: application && summarizeApplication(application),
        fits,
        panel,
        billable: findBillable(application, panel, input.payers.get(payerId)!, input),
      };
    }),
  );
  const days = items.map(({ notice }) => notice.days);
  const underWay = new Set(items.flatMap(({ payerId, fits }) => (isUnderWay(fits) ? payerId : [])));
  return {
    leaveOn,
    notice: computeNotice(days.length === 0 || days.includes(null) ? null : Math.max(...(days as number[])), input),
    items,
    withoutApplication: [...input.payers.keys()].filter((payerId) => !underWay.has(payerId)),
    risks: checklist.flatMap(({ item, owner, due: on, doneOn }) =>
      doneOn === null ? { item, owner, due: on, late: on === null || on > leaveOn } : [],
    ),
  };
}

/** Summarizes an application as it is named beside what it bears on. */
export const summarizeApplication = ({ id, practiceId, kind, stage, open }: DirectApplication) => ({
  id,
  practiceId,
  kind,
  stage,
  open,
});

const isUnderWay = ({ because }: Fit): boolean => because[0]!.reason === 'under_way';

/** Reads the days of notice: zero only if an answer states that there is no restriction. */
const readNoticeDays = (given: LedgerAnswer | undefined): number | null =>
  given?.noticeDays ?? (given?.answer === 'yes' ? 0 : null);

/** Computes by when notice of leaving on a date has to be given, and from when one may leave; `days` is its length. */
export function computeNotice(
  days: number | null,
  { leaveOn, today, checklist }: Pick<ConsequencesInput, 'leaveOn' | 'today' | 'checklist'>,
): Notice {
  const givenOn = checklist.find(({ item }) => item === 'platform_notice')?.doneOn ?? null;
  if (days === null) return { days, givenOn, lastDayToGive: null, earliestLeaveOn: null, inTime: null };
  const earliestLeaveOn = addDays(givenOn ?? today, days);
  return {
    days,
    givenOn,
    lastDayToGive: addDays(leaveOn, -days),
    earliestLeaveOn,
    inTime: earliestLeaveOn <= leaveOn,
  };
}

const isParticipatingOn = ({ stage, endedOn }: DirectApplication, on: PlainDate): boolean =>
  stage === 'confirmed' && (endedOn === null || endedOn >= on);

/**
 * Whether an application is open, or its participation goes on: the payer has the provider on its list, or is being
 * asked to.
 */
const isStanding = (application: DirectApplication, today: PlainDate): boolean =>
  application.open || isParticipatingOn(application, today);

const isFor = (application: DirectApplication, { payerId, state, practiceId, locationId }: Target): boolean =>
  application.payerId === payerId &&
  (state === null || application.state === state) &&
  (practiceId === null || application.practiceId === practiceId) &&
  (locationId === null || application.locationId === null || application.locationId === locationId);

/** The order of stages by their progress; one that closed without a participation comes last. */
const PROGRESS: readonly Stage[] = [
  'withdrawn',
  'denied',
  'panel_closed',
  'preparing',
  'awaiting_attestation',
  'ready_to_submit',
  'submitted',
  'information_requested',
  'in_review',
  'approved',
  'confirmed',
];

/**
 * Finds the application for a target that is furthest on its way, those that stand before others; null if there is
 * none.
 */
export function findDirectApplication(
  target: Target,
  { applications, today }: Pick<KnownFacts, 'applications' | 'today'>,
): DirectApplication | null {
  const rankApplication = (one: DirectApplication) => (isStanding(one, today) ? 100 : 0) + PROGRESS.indexOf(one.stage);
  const [first] = applications
    .filter((one) => isFor(one, target))
    .sort((a, b) => rankApplication(b) - rankApplication(a) || (a.id < b.id ? -1 : 1));
  return first ?? null;
}

/** Lists the result of each ledger that speaks for a payer and state, with its answer on the direct contract. */
function listSpeakingLedgers(answers: readonly GivenAnswer[], payerId: string, state: string | null) {
  const ledgers = new Map<string, GivenAnswer[]>();
  for (const given of answers) {
    const { id, payerIds, states } = given.relationship;
    if (!payerIds.includes(payerId) || (state !== null && states !== null && !states.includes(state))) continue;
    ledgers.set(id, [...(ledgers.get(id) ?? []), given]);
  }
  return [...ledgers.values()].map((own) => ({
    verdict: assessIn(own, payerId, state).verdict,
    contract: selectAnswersInForce(own, payerId, state).get('direct_contract'),
  }));
}

/**
 * Finds which kind of application fits: the one that is under way; none but the adoption of a contract that is direct
 * already; into the group if the practice has an agreement; one that adds a TIN or location if the payer lists the
 * provider already; otherwise a new one.
 */
export function findFittingKind(
  target: Target,
  { answers, applications, agreements, today }: Pick<KnownFacts, 'answers' | 'applications' | 'agreements' | 'today'>,
): Fit {
  const { payerId, state, practiceId } = target;
  const own = findDirectApplication(target, { applications, today });
  if (own && isStanding(own, today))
    return { kind: own.kind, adopt: false, because: [{ reason: 'under_way', applicationId: own.id }] };

  const agreement = agreements.find(
    (held) => held.payerId === payerId && held.state === state && held.practiceId === practiceId,
  );
  const elsewhere = applications.find(
    (one) => one.payerId === payerId && !isFor(one, target) && isStanding(one, today),
  );
  const speaking = listSpeakingLedgers(answers, payerId, state);
  const direct = speaking.find(({ verdict }) => verdict === 'direct');
  if (direct) {
    const because = [{ reason: 'direct_by_ledger', entryId: direct.contract!.id } as const];
    return { kind: 'new_individual', adopt: true, because };
  }
  const credentialed = speaking.find(({ contract }) => contract?.parts?.credentialed === 'yes')?.contract;
  const listed: Fit['because'] = [
    ...(elsewhere ? [{ reason: 'listed_elsewhere', applicationId: elsewhere.id } as const] : []),
    ...(credentialed ? [{ reason: 'credentialed_by_ledger', entryId: credentialed.id } as const] : []),
  ];
  if (agreement)
    return {
      kind: 'add_to_group',
      adopt: false,
      because: [{ reason: 'practice_has_agreement', agreementId: agreement.id }, ...listed],
    };
  if (listed.length > 0) return { kind: 'add_tin_or_location', adopt: false, because: listed };
  return { kind: 'new_individual', adopt: false, because: [{ reason: 'not_listed' }] };
}

/** Finds the answer of billing readiness for the day of leaving; otherwise when it can be expected to be yes. */
function findBillable(
  application: DirectApplication | null,
  panel: PanelReading,
  expectation: Expectation,
  { leaveOn, now, today, readinessReasons }: ConsequencesInput,
): Billable {
  const reasons = [...((application && readinessReasons.get(application.id)) ?? (['no_application'] as const))];
  if (application && reasons.length === 0)
    return { status: 'confirmed', expectedOn: application.effectiveOn, from: 'effective_date', gapDays: 0, reasons };
  const expected = estimateDecisionDay(application, panel, expectation, { leaveOn, now, today });
  if (!expected) return { status: 'not_expected', expectedOn: null, from: null, gapDays: null, reasons };
  const gapDays = Math.max(0, countDaysBetween(leaveOn, expected.expectedOn));
  return { status: gapDays > 0 ? 'late' : 'expected', ...expected, gapDays, reasons };
}

/**
 * Estimates the day of the decision: an overdue one is expected any day; an application that has not begun, or came to
 * nothing, counts from today.
 */
function estimateDecisionDay(
  application: DirectApplication | null,
  panel: PanelReading,
  expectation: Expectation,
  { leaveOn, now, today }: Pick<ConsequencesInput, 'leaveOn' | 'now' | 'today'>,
): { expectedOn: PlainDate; from: Billable['from'] } | null {
  const pickFuture = (on: PlainDate) => (on > today ? on : today);
  const standing = application && isStanding(application, today) ? application : null;
  const { stage, effectiveOn, submittedOn, expectedDecisionOn } = standing ?? {};
  if (stage === 'panel_closed' || (stage === 'confirmed' && !isParticipatingOn(standing!, leaveOn))) return null;
  if (stage === 'confirmed' || stage === 'approved')
    return effectiveOn
      ? { expectedOn: pickFuture(effectiveOn), from: 'effective_date' }
      : { expectedOn: today, from: 'approval' };
  if (submittedOn && expectedDecisionOn) return { expectedOn: pickFuture(expectedDecisionOn), from: 'submission' };
  return panel.status === 'closed' ? null : { expectedOn: computeExpectedDecision(now, expectation), from: 'today' };
}

/** Computes the day on which a decision is expected on what is submitted now. */
export const computeExpectedDecision = (
  now: Instant,
  { expectedDecision, window }: Omit<Expectation, 'name'>,
): PlainDate => toLocalDate(computeDeadline({ at: now }, expectedDecision, window), window.timeZone);
