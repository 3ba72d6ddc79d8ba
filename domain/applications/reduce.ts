import { addDays } from '../time/dates';
import type { Agenda, ApplicationEvent, EventData, EventKind, Track } from './events';
import { findFactLack, type FactLack } from '../kernel/facts';
import type { Instant, PlainDate } from '../time/instants';
import {
  type ContractStatus,
  type Fact,
  type Outcome,
  type Stage,
  type WaitingOn,
  WAITING_ON,
  type Purpose,
} from '../kernel/codes';
import {
  updateParticipation,
  applyContact,
  recordDecisionDay,
  PARTICIPATION_HANDLERS,
  findPayerDay,
  type Entry,
} from './participation';
import {
  type ApplicationState,
  areFactsOnFile,
  BEFORE_SUBMISSION,
  type BlockerCode,
  type Clock,
  type ClockedTrack,
  type EndedAttempt,
  findLackOf,
  type FollowUp,
  findFollowUp,
  isHeld,
  isMendable,
  isOpen,
  isParticipating,
  listAwaitedFacts,
  LONGEST_SILENCE_DAYS,
  type LossCause,
  ATTEMPT_FIELDS,
  type Silence,
} from './state';

const EMPTY_AGENDA: Agenda = { timers: {}, followUps: {}, items: [], expectedDecisionAt: null };

/**
 * The version of these rules: raised whenever recorded timelines fold to another state than before (test/replay says
 * so). The next step of an application folds anew what an earlier version folded.
 */
export const RULES_VERSION = 2;

type Handlers = { [K in Exclude<EventKind, 'opened'>]: (s: ApplicationState, data: EventData<K>, e: Entry) => void };

/** Folds one event into a state; the state is changed in place and returned. `opened` makes the state. */
export function applyEvent(state: ApplicationState | null, event: ApplicationEvent): ApplicationState {
  const next = event.kind === 'opened' ? openState(event.data, event) : state;
  if (!next) throw new Error('an application begins with `opened`');
  if (event.kind !== 'opened') {
    const { stage, attempt } = next;
    // a kind that only a newer version writes is unknown here
    const handle = HANDLERS[event.kind] as ((s: ApplicationState, data: unknown, e: Entry) => void) | undefined;
    handle?.(next, event.data, event);
    applyDerivedChanges(next, event);
    endHold(next, event, next.stage !== stage || next.attempt !== attempt);
  }
  if (event.agenda) next.agenda = event.agenda;
  accrueWaitingTime(next, event.at);
  next.version = event.seq;
  next.updatedAt = event.at;
  return next;
}

/** Folds a whole history, leaving out what corrections struck, with what followed from it. */
export function foldEvents(events: readonly ApplicationEvent[]): ApplicationState {
  const struck = new Set(events.flatMap((e) => (e.kind === 'correction' ? [e.data.strikes] : [])));
  let state: ApplicationState | null = null;
  for (const event of events)
    if (!struck.has(event.id) && !(event.causeId && struck.has(event.causeId))) state = applyEvent(state, event);
  if (!state) throw new Error('an application begins with `opened`');
  return state;
}

function openState(data: EventData<'opened'>, e: Entry): ApplicationState {
  const state: ApplicationState = {
    v: 1,
    id: data.applicationId,
    clientId: data.clientId,
    key: data.key,
    rules: data.rules,
    version: 0,
    openedAt: e.at,
    updatedAt: e.at,
    closedAt: null,
    stage: 'preparing',
    stageSince: e.at,
    attempt: 1,
    submitted: false,
    submittedOn: null,
    submittedAt: null,
    ended: [],
    file: data.file,
    waivers: [],
    blockers: [],
    contract: { status: 'none', on: null },
    facts: {},
    outstanding: [],
    noRecordLooks: 0,
    paused: null,
    participationEndedOn: null,
    assignee: null,
    step: null,
    followUps: {},
    agenda: EMPTY_AGENDA,
    waiting: { ...createClock('operator'), since: e.at },
  };
  enterStage(state, findReadyStage(state), e);
  return state;
}

const HANDLERS: Handlers = {
  adopted(s, data, e) {
    s.submitted = true;
    s.submittedOn = data.submittedOn ?? null;
    s.submittedAt = e.at;
    enterStage(s, data.stage, e);
    if (data.stageSince) s.stageSince = `${data.stageSince}T00:00:00.000Z`;
    if (data.stage === 'denied') closeApplication(s, e);
    if (!isOpen(s)) return;
    const from = data.lastContactOn ?? data.stageSince ?? data.submittedOn;
    const how = { ...(from && { from }), ...(data.nextFollowUpOn && { on: data.nextFollowUpOn }) };
    if (data.stage === 'approved') chaseFacts(s, e, how);
    else armFollowUp(s, 'credentialing', e, how);
  },

  file(s, data) {
    s.file = data.reading;
    s.waivers = s.waivers.filter((w) => w.until >= data.today);
  },

  submission(s, data, e) {
    // out of order it gives the filing date of the running attempt, unless that one is decided
    const another = !data.outOfOrder || s.stage === 'panel_closed' || s.stage === 'denied';
    if (s.submitted && another) startAttempt(s, 'submission', e);
    const first = !s.submitted;
    s.submitted = true;
    s.submittedOn = data.submittedOn;
    s.submittedAt = e.at;
    if (!first) return;
    enterStage(s, 'submitted', e);
    armFollowUp(s, 'credentialing', e, { from: data.submittedOn });
  },

  contact(s, data, e) {
    if (isParticipating(s) && OF_A_PARTICIPATION.includes(data.outcome)) return applyContact(s, data, e);
    if (isCountedByCall(data.outcome) && data.call) {
      const call = `${data.outcome} ${data.call}`;
      if (s.countedCalls?.includes(call)) return;
      s.countedCalls = [...(s.countedCalls ?? []), call];
    }
    if (data.outcome === 'no_answer') {
      countUnanswered(s, data, e);
      return;
    }
    delete s.unanswered;
    const from = s.stage;
    if (data.toldOfChanges) s.toldOfChangesAt = e.at;
    if (data.itemsNotNeeded) endInformationRequest(s, e);
    OUTCOME_HANDLERS[data.outcome](s, data, e);
    recordDecisionDay(s, data, e);
    if (data.outcome !== 'no_record') {
      s.noRecordLooks = 0;
      delete s.countedCalls;
    }
    if (s.submitted && isProofOfReceipt(data) && s.outstanding.length === 0) {
      s.completeAt ??= e.at;
      if (data.completeOn) s.completeOn = data.completeOn;
    }
    if (data.outcome === 'information_requested') {
      delete s.completeAt;
      delete s.completeOn;
      requestItems(s, data.missingItems ?? 0, e);
    }
    if (isOpen(s)) rearmFollowUps(s, data, e, from);
  },

  information(s, data, e) {
    s.toldOfChangesAt = e.at;
    s.outstanding = s.outstanding.filter((item) => !data.settled.includes(item));
    if (s.outstanding.length > 0) return;
    endInformationRequest(s, e);
    if (s.stage === 'submitted') enterStage(s, 'in_review', e);
    if (s.stage === 'in_review')
      armFollowUp(s, 'credentialing', e, {
        rule: 'confirmReceiptAfter',
        purpose: 'confirm_receipt',
        from: data.providedOn,
      });
  },

  contract(s, data, e) {
    s.contract = { status: data.status, on: data.on };
    chaseContract(s, e, data.on);
  },

  confirmation(s, data, e) {
    const entry = {
      entryId: e.id,
      digest: data.digest,
      counts: data.counts,
      ...(data.effectiveOn && { effectiveOn: data.effectiveOn }),
      ...(data.partyRead && { partyRead: data.partyRead }),
      ...(data.documented && { documented: data.documented }),
      ...(data.awaitsApproval && { awaitsApproval: data.awaitsApproval }),
    };
    const on = s.facts[data.fact];
    const lacks = findFactLack(data.fact, data, s.file.demands ?? {}) !== null;
    const settledAs = { ...entry, status: data.counts && !lacks ? 'confirmed' : 'claimed', against: [] } as const;
    if (!on || data.reasoned) s.facts[data.fact] = { ...settledAs, against: [] };
    else if (on.status === 'disputed') {
      if (on.digest !== data.digest && !on.against.some((a) => a.digest === data.digest))
        on.against.push({ entryId: e.id, digest: data.digest });
    } else if (on.digest === data.digest) {
      // the same said once more takes nothing from what was proven
      const takesNothing = on.status === 'claimed' && (data.counts || !on.awaitsApproval);
      if (settledAs.status === 'confirmed' || takesNothing) s.facts[data.fact] = { ...settledAs, against: [] };
    } else s.facts[data.fact] = { ...on, status: 'disputed', against: [{ entryId: e.id, digest: data.digest }] };
    if (data.fact === 'contract' && s.facts.contract?.status === 'confirmed') endContracting(s, e);
    if (s.stage === 'approved') chaseFacts(s, e);
  },

  approval(s, { fact, entryId }) {
    // the facts are settled after every entry
    const on = s.facts[fact];
    if (on?.entryId === entryId) delete on.awaitsApproval;
  },

  waiver(s, data) {
    s.waivers = [...s.waivers.filter((w) => w.prerequisite !== data.prerequisite), data];
  },

  withdrawal(s, _data, e) {
    enterStage(s, 'withdrawn', e);
  },

  pause(s, data, e) {
    s.paused = { since: s.paused?.since ?? e.at, until: data.until ?? null };
  },

  resume(s, { renews }, e) {
    if (s.paused && renews) s.pauses = [...listLastingPauses(s), { from: s.paused.since, to: e.at }];
    s.paused = null;
  },

  appeal(s, _data, e) {
    if (s.stage !== 'denied') return; // the denial was struck out
    enterStage(s, 'in_review', e);
    armFollowUp(s, 'credentialing', e, {});
  },

  resubmission(s, _data, e) {
    if (s.submitted) startAttempt(s, 'resubmission', e);
    else enterStage(s, findReadyStage(s), e);
  },

  restoration(s, data, e) {
    const lost = s.ended.find((a) => a.number === data.attempt);
    if (lost) restoreAttempt(s, lost, e);
  },

  note() {},

  // the agenda that comes with it is the new playbook's
  playbook(s, data) {
    if (data.rules) s.rules = data.rules;
  },

  details() {},

  assignment(s, data) {
    s.assignee = data.assignee;
  },

  correction() {},

  participation_end(s, data) {
    if (data.ahead) s.participationEndsOn = data.on;
    else endParticipation(s, data.on);
  },

  participation_over(s, data) {
    endParticipation(s, data.on);
  },

  ...PARTICIPATION_HANDLERS,

  nudge(s, data, e) {
    const followUp = findFollowUp(s, data.track);
    if (followUp?.armedBy === data.armedBy) followUp.firedAt ??= e.at;
  },

  escalation(s, data, e) {
    const due = data.track === 'step' ? s.step : findFollowUp(s, data.track);
    if (due?.armedBy === data.armedBy) due.escalatedAt ??= e.at;
  },

  deadline_passed(s, data, e) {
    if (s.step?.armedBy === data.armedBy) s.step.deadlinePassedAt ??= e.at;
  },

  appeal_window_closed(s, _data, e) {
    if (s.stage === 'denied') closeApplication(s, e);
  },

  stage() {},

  // the agenda that comes with it is of today's rules
  rules() {},

  found_behind(s, data, e) {
    s.held = { since: s.held && isHeld(s) ? s.held.since : e.at, known: data, endedAt: null };
  },

  restore_review(s, _data, e) {
    if (s.held) s.held.endedAt ??= e.at;
  },

  workflow_restarted() {},

  // the agenda that comes with it is of what it rests on now
  replanned() {},

  repaired() {},
};

/** Lists the pauses that ended after something was armed that is awaited, or can be again. */
const listLastingPauses = ({ pauses = [], followUps, step, mending = [], ended }: ApplicationState): Silence[] => {
  const armed = [
    ...Object.values(followUps).map(({ at }) => at),
    ...[step, ...mending, ...ended.map((attempt) => attempt.step)].map((one) => one?.since),
  ];
  return pauses.filter(({ to }) => armed.some((at) => at !== undefined && at < to));
};

function endParticipation(s: ApplicationState, on: PlainDate): void {
  s.participationEndedOn = on;
  delete s.participationEndsOn;
}

/** The outcomes of a contact after the confirmation. */
const OF_A_PARTICIPATION: readonly Outcome[] = ['no_answer', 'other'];

/** The outcomes by which the payer says that it is at work on the application, and so has all that it needs. */
const AT_WORK: readonly Outcome[] = ['in_review', 'committee', 'tabled'];

type Contact = EventData<'contact'>;

/** Whether it is evidence of a complete receipt: the payer is at work, or names the day; a call needs its reference. */
const isProofOfReceipt = ({ outcome, channel, completeOn, vouched }: Contact): boolean =>
  (AT_WORK.includes(outcome) || (outcome === 'received' && completeOn !== undefined)) &&
  (channel !== 'phone' || vouched === true);

type OutcomeHandler = (s: ApplicationState, data: Contact, e: Entry) => void;

/** Marks that the payer is reviewing; a vague outcome undoes neither an open request nor an approval. */
const enterReview: OutcomeHandler = (s, _data, e) => {
  if (!['information_requested', 'approved', 'confirmed'].includes(s.stage)) enterStage(s, 'in_review', e);
  s.submitted = true;
};
const beginNewAttempt =
  (cause: LossCause): OutcomeHandler =>
  (s, _data, e) => {
    if (s.submitted) startAttempt(s, cause, e);
    else enterStage(s, findReadyStage(s), e);
  };
const moveTo =
  (stage: Stage): OutcomeHandler =>
  (s, _data, e) => {
    s.submitted = true;
    enterStage(s, stage, e);
  };

/** Applies each outcome of a contact; facts are never refused, so each works from every open stage. */
const OUTCOME_HANDLERS: Record<Exclude<Outcome, 'no_answer'>, OutcomeHandler> = {
  received(s, data, e) {
    const lost = s.submitted ? undefined : s.ended.findLast((a) => a.submitted);
    if (lost) restoreAttempt(s, lost, e);
    enterReview(s, data, e);
  },
  in_review: enterReview,
  committee: enterReview,
  tabled: enterReview,
  information_requested(s, data, e) {
    // items that are asked for again are due when they first were
    const due = s.stage === 'information_requested' && !s.step?.deadlinePassedAt;
    if (!due) moveTo('information_requested')(s, data, e);
  },
  invited: beginNewAttempt('invited'),
  no_record(s, data, e) {
    s.noRecordLooks += 1;
    if (s.submitted && s.noRecordLooks > 1) beginNewAttempt('no_record')(s, data, e);
  },
  returned(s, data, e) {
    // an application that came back had been submitted, known or not
    if (!s.submitted) moveTo('submitted')(s, data, e);
    startAttempt(s, 'returned', e);
  },
  panel_closed(s, _data, e) {
    if (s.stage !== 'panel_closed') enterStage(s, 'panel_closed', e);
  },
  approved: (s, data, e) => {
    if (s.stage !== 'approved' && s.stage !== 'confirmed') moveTo('approved')(s, data, e);
  },
  denied: (s, data, e) => {
    if (s.stage !== 'denied') moveTo('denied')(s, data, e);
  },
  other() {},
};

/** Settles what was due after a contact, and arms the next follow-up. */
function rearmFollowUps(s: ApplicationState, data: Contact, e: Entry, from: Stage): void {
  const named: { on?: PlainDate } = data.nextFollowUpOn
    ? { on: data.nextFollowUpOn }
    : data.promisedOn
      ? { on: [addDays(data.promisedOn, 1), addDays(findPayerDay(e), LONGEST_SILENCE_DAYS)].sort()[0]! }
      : {};
  for (const track of ['contracting', 'confirmation'] as const) {
    const followUp = s.followUps[track];
    if (followUp?.firedAt || followUp?.purpose === 'second_look') armFollowUp(s, track, e, {});
  }
  if (data.outcome === 'no_record' && s.submitted) {
    armFollowUp(s, findPrimaryTrack(s), e, { rule: 'contactOverdueAfter', purpose: 'second_look', ...named });
    return;
  }
  if (s.stage === 'approved') {
    delete s.followUps.confirmation;
    chaseFacts(s, e, named);
    return;
  }
  if (BEFORE_SUBMISSION.includes(s.stage)) {
    if (named.on) armFollowUp(s, 'credentialing', e, { purpose: 'check_status', ...named });
    else delete s.followUps.credentialing;
    return;
  }
  if (s.stage === 'panel_closed' || s.stage === 'denied') {
    const awaited =
      s.stage === from ? s.followUps.credentialing?.purpose === 'obtain_written_notice' : data.channel === 'phone';
    const written = data.outcome === s.stage && data.channel !== 'phone';
    if (awaited && !written)
      armFollowUp(s, 'credentialing', e, { rule: 'confirmationChase', purpose: 'obtain_written_notice', ...named });
    else if (s.stage === 'panel_closed' || named.on) armFollowUp(s, 'credentialing', e, named);
    else delete s.followUps.credentialing;
    return;
  }
  armFollowUp(s, 'credentialing', e, named);
}

/** The usual follow-up of a stage. */
const STAGE_FOLLOW_UPS: Partial<Record<Stage, Pick<FollowUp, 'rule' | 'purpose'>>> = {
  submitted: { rule: 'confirmReceiptAfter', purpose: 'confirm_receipt' },
  in_review: { rule: 'followUpEvery', purpose: 'check_status' },
  information_requested: { rule: 'followUpEvery', purpose: 'check_status' },
  panel_closed: { rule: 'panelRecheck', purpose: 'recheck_panel' },
};
const TRACK_CHASES: Record<'contracting' | 'confirmation', Pick<FollowUp, 'rule' | 'purpose'>> = {
  contracting: { rule: 'contractChase', purpose: 'chase_contract' },
  confirmation: { rule: 'confirmationChase', purpose: 'confirm_facts' },
};
/** The operator's own step of a stage. */
const STAGE_STEPS: Partial<Record<Stage, Purpose>> = {
  preparing: 'prepare',
  awaiting_attestation: 'obtain_attestation',
  ready_to_submit: 'submit',
  information_requested: 'provide_information',
  denied: 'decide_on_appeal',
};
const CONTRACT_RUNS: readonly ContractStatus[] = ['sent', 'negotiating', 'signed'];
const CLEARED_FOLLOW_UP = {
  from: undefined,
  on: undefined,
  firedAt: undefined,
  escalatedAt: undefined,
  hurriedAt: undefined,
};
/** Whether two contacts of an outcome mean more than one does; the same call, logged again, is still one. */
const isCountedByCall = (outcome: Outcome): boolean => outcome === 'no_record' || outcome === 'no_answer';
/** The number of unanswered calls in a row after which the next follow-up comes sooner. */
const TOO_OFTEN_UNANSWERED = 2;

/**
 * Records an unanswered call: it is no contact, and what is due stays due. The follow-up moves to the day that was named;
 * without one it comes sooner once calls have stayed unanswered too often.
 */
function countUnanswered(s: ApplicationState, { nextFollowUpOn: on }: Contact, e: Entry): void {
  s.unanswered = (s.unanswered ?? 0) + 1;
  const chases = (['confirmation', 'contracting'] as const).filter((track) => s.followUps[track]);
  for (const track of s.stage === 'approved' ? chases : (['credentialing'] as const)) {
    const followUp = s.followUps[track];
    if (on) armFollowUp(s, track, e, { ...followUp, ...CLEARED_FOLLOW_UP, on });
    else if (followUp && s.unanswered >= TOO_OFTEN_UNANSWERED) followUp.hurriedAt ??= e.at;
  }
}

function armFollowUp(s: ApplicationState, track: Track, e: Entry, how: Partial<FollowUp>): void {
  const usual =
    track === 'credentialing' ? (STAGE_FOLLOW_UPS[s.stage] ?? STAGE_FOLLOW_UPS.in_review!) : TRACK_CHASES[track];
  const followUp: FollowUp = { ...usual, ...how, at: e.at, armedBy: e.id };
  s.followUps[track] = JSON.parse(JSON.stringify(followUp)) as FollowUp;
}

/** Finds the track on which a lost application is chased: credentialing until approval, then the facts. */
const findPrimaryTrack = (s: ApplicationState): Track =>
  s.stage !== 'approved' ? 'credentialing' : s.followUps.confirmation ? 'confirmation' : 'contracting';

/** Leaves one stage for another and brings up the new one's own step. */
function enterStage(s: ApplicationState, stage: Stage, e: Entry): void {
  s.stage = stage;
  s.stageSince = e.at;
  s.closedAt = null;
  s.noRecordLooks = 0;
  delete s.unanswered;
  delete s.countedCalls;
  const purpose = STAGE_STEPS[stage];
  s.step = purpose ? { purpose, since: e.at, armedBy: e.id } : null;
  delete s.followUps.credentialing;
  if (stage !== 'information_requested') s.outstanding = [];
  if (stage === 'withdrawn' || stage === 'confirmed') closeApplication(s, e);
  else if (stage === 'approved') chaseFacts(s, e);
  else {
    delete s.followUps.confirmation;
    if (!CONTRACT_RUNS.includes(s.contract.status)) delete s.followUps.contracting;
  }
}

/** Closes the application: nothing is awaited any more. */
function closeApplication(s: ApplicationState, e: Entry): void {
  s.closedAt = e.at;
}

/** Marks the contract as executed, now that it is confirmed. */
function endContracting(s: ApplicationState, e: Entry): void {
  if (s.contract.status !== 'executed') s.contract = { status: 'executed', on: findPayerDay(e) };
  delete s.followUps.contracting;
}

/** Settles which facts on record count, as the backing that they need may have changed. */
function settleFacts(s: ApplicationState, e: Entry): void {
  let changed = false;
  for (const [name, on] of Object.entries(s.facts)) {
    const fact = name as Fact;
    if (!on.counts || on.status === 'disputed') continue;
    const status = findLackOf(s, fact) ? 'claimed' : 'confirmed';
    if (status === on.status) continue;
    changed = true;
    on.status = status;
    if (fact === 'contract' && status === 'confirmed') endContracting(s, e);
  }
  if (changed && s.stage === 'approved') chaseFacts(s, e);
}

/** The operator's task that mends each lack. */
const MENDED_BY: Record<FactLack, Purpose> = {
  party: 'read_the_party',
  document: 'attach_document',
  approval: 'approve_fact',
};

/** Lists what the operator has to mend of the facts, each since it arose. */
function listMending(s: ApplicationState, e: Entry): NonNullable<ApplicationState['mending']> {
  if (!isOpen(s) && !isParticipating(s)) return [];
  const lacks = s.rules.facts.flatMap((fact) => (isMendable(s, fact) ? findLackOf(s, fact)! : []));
  return [...new Set(lacks)].map((lack) => {
    const purpose = MENDED_BY[lack];
    return s.mending?.find((one) => one.purpose === purpose) ?? { purpose, since: e.at };
  });
}

/** Chases every missing fact after approval: the contract on its own track. */
function chaseFacts(s: ApplicationState, e: Entry, named: { on?: PlainDate; from?: PlainDate } = {}): void {
  const missing = listAwaitedFacts(s);
  const others = missing.some((fact) => fact !== 'contract');
  for (const [track, needed] of [
    ['confirmation', others],
    ['contracting', missing.includes('contract')],
  ] as const) {
    if (!needed) delete s.followUps[track];
    else if (!s.followUps[track] || named.on || named.from) armFollowUp(s, track, e, named);
  }
}

function chaseContract(s: ApplicationState, e: Entry, from: PlainDate): void {
  const running = CONTRACT_RUNS.includes(s.contract.status);
  const unconfirmed = s.stage === 'approved' && s.facts.contract?.status !== 'confirmed';
  if (s.rules.facts.includes('contract') && (running || unconfirmed)) armFollowUp(s, 'contracting', e, { from });
  else delete s.followUps.contracting;
}

function requestItems(s: ApplicationState, items: number, e: Entry): void {
  s.outstanding = [...s.outstanding, ...Array.from({ length: items }, (_item, i) => `${e.id}#${i}`)];
}

function endInformationRequest(s: ApplicationState, e: Entry): void {
  s.outstanding = [];
  if (s.stage === 'information_requested') enterStage(s, 'in_review', e);
}

/** Finds the stage that the file allows before submission. */
function findReadyStage(s: ApplicationState): Stage {
  if (listUnmet(s).length > 0) return 'preparing';
  return s.file.attestation && s.file.attestation.state !== 'current' ? 'awaiting_attestation' : 'ready_to_submit';
}

/** The kinds of entry by which a user records what happened to the application. */
const ENTERED_KINDS: readonly EventKind[] = [
  ...(['submission', 'contact', 'information', 'contract', 'confirmation', 'approval', 'correction'] as const),
  ...(['withdrawal', 'appeal', 'resubmission', 'restoration', 'waiver'] as const),
  ...(['loading', 'directory', 'issue', 'issue_resolved', 'committee_date', 'recredentialing'] as const),
  'participation_end',
];

/** Ends a hold when an entry brings the application back to what the workflow knew, or ends it. */
function endHold(s: ApplicationState, { kind, at }: ApplicationEvent, moved: boolean): void {
  if (!s.held || !isHeld(s)) return;
  const { stage, attempt } = s.held.known;
  const entered = ENTERED_KINDS.includes(kind);
  // an entry that a person made before the loss was found is not what was lost
  const isBack = s.stage === stage && s.attempt === attempt && (moved || (entered && at > s.held.since));
  const isOver = entered && !isOpen(s) && !isParticipating(s);
  if (isBack || isOver) s.held.endedAt = at;
}

/** Lists prerequisites that neither the file nor a waiver meets. */
const listUnmet = (s: ApplicationState) =>
  s.file.prerequisites.filter((p) => !p.met && !s.waivers.some((w) => w.prerequisite === p.code));

function endAttempt(s: ApplicationState, endedBy: LossCause, e: Entry): void {
  const { attempt: number, stage, submitted, submittedOn, submittedAt, step, outstanding } = s;
  const filingDateLost = endedBy === 'returned';
  const dates = { submittedOn, submittedAt, endedAt: e.at };
  const ended: EndedAttempt = { number, stage, submitted, ...dates, endedBy, filingDateLost, step, outstanding };
  moveAttemptFields(s, ended);
  s.ended = [...s.ended.filter((a) => a.number !== number), ended].sort((a, b) => a.number - b.number);
}

/** Moves what is known of one attempt alone from one holder to another. */
function moveAttemptFields(from: Partial<EndedAttempt>, to: Partial<EndedAttempt>): void {
  for (const name of ATTEMPT_FIELDS) {
    if (from[name] !== undefined) to[name] = from[name];
    delete from[name];
  }
}

function startAttempt(s: ApplicationState, cause: LossCause, e: Entry): void {
  endAttempt(s, cause, e);
  s.attempt = Math.max(...s.ended.map((a) => a.number)) + 1;
  s.submitted = false;
  s.submittedOn = null;
  s.submittedAt = null;
  enterStage(s, findReadyStage(s), e);
}

/** Restores an attempt where it was, with its deadlines. */
function restoreAttempt(s: ApplicationState, lost: EndedAttempt, e: Entry): void {
  endAttempt(s, 'restoration', e);
  s.ended = s.ended.filter((a) => a.number !== lost.number);
  s.attempt = lost.number;
  s.submitted = lost.submitted;
  s.submittedOn = lost.submittedOn;
  s.submittedAt = lost.submittedAt;
  moveAttemptFields(lost, s);
  if (!lost.submitted) {
    enterStage(s, findReadyStage(s), e);
    return;
  }
  enterStage(s, lost.stage, e);
  s.step = lost.step;
  s.outstanding = lost.outstanding;
  if (STAGE_FOLLOW_UPS[s.stage]) armFollowUp(s, 'credentialing', e, {});
}

/** Applies what follows from any event: the file moves an unsubmitted application, the last fact confirms an approved one. */
function applyDerivedChanges(s: ApplicationState, e: Entry): void {
  settleFacts(s, e);
  if (isOpen(s) && !s.submitted && BEFORE_SUBMISSION.includes(s.stage) && s.stage !== findReadyStage(s))
    enterStage(s, findReadyStage(s), e);
  if (s.stage === 'approved' && areFactsOnFile(s)) enterStage(s, 'confirmed', e);
  if (!isOpen(s)) {
    s.step = null;
    s.followUps = {};
    s.paused = null;
    delete s.pauses;
  }
  updateParticipation(s, e);
  const mending = listMending(s, e);
  if (mending.length > 0) s.mending = mending;
  else delete s.mending;
  const codes = s.submitted && isOpen(s) ? listBlockers(s) : [];
  s.blockers = codes.map((code) => s.blockers.find((b) => b.code === code) ?? { code, since: e.at });
}

/** Lists the changes since the payer got the file or was notified of one: the submission no longer matches them. */
function listUntoldChanges({
  file: { changes = [] },
  submittedAt,
  toldOfChangesAt = '',
}: ApplicationState): BlockerCode[] {
  return changes.flatMap(({ code, at }) => (at > (submittedAt ?? '') && at > toldOfChangesAt ? [code] : []));
}

function listBlockers(s: ApplicationState): BlockerCode[] {
  const attestation = s.file.attestation?.state ?? 'current';
  return [
    ...listUnmet(s).map((p): BlockerCode => p.code),
    ...(attestation === 'current' ? [] : [`attestation_${attestation}` as const]),
    ...listUntoldChanges(s),
  ];
}

/** Finds the party that each track waits on. */
export function findWaitingOnByTrack(s: ApplicationState): { credentialing: WaitingOn; contracting: WaitingOn } {
  return { credentialing: findCredentialingWaitingOn(s), contracting: findContractingWaitingOn(s) };
}

function findCredentialingWaitingOn(s: ApplicationState): WaitingOn {
  if (!isOpen(s) || s.stage === 'panel_closed') return 'nobody';
  if (s.stage === 'preparing') {
    const practices = listUnmet(s).some((p) => p.code.startsWith('practice_'));
    return s.key.kind === 'new_group' || practices ? 'operator' : 'provider';
  }
  if (s.stage === 'awaiting_attestation') return 'provider';
  if (s.step || s.rules.facts.some((fact) => fact !== 'contract' && isMendable(s, fact))) return 'operator';
  const isOperatorBlocker = ({ code }: { code: BlockerCode }) =>
    code.startsWith('practice_') || code.endsWith('_changed');
  if (s.blockers.length > 0) return s.blockers.some(isOperatorBlocker) ? 'operator' : 'provider';
  const missing = listAwaitedFacts(s).some((fact) => fact !== 'contract');
  return s.stage === 'approved' && !missing ? 'nobody' : 'payer';
}

function findContractingWaitingOn(s: ApplicationState): WaitingOn {
  if (!isOpen(s) || !s.rules.facts.includes('contract') || s.facts.contract?.status === 'confirmed') return 'nobody';
  if (isMendable(s, 'contract')) return 'operator';
  switch (s.contract.status) {
    case 'sent':
      return 'provider';
    case 'negotiating':
    case 'signed':
      return 'payer';
    case 'none':
      return s.stage === 'approved' || (s.submitted && s.rules.trackOrder === 'contracting_first') ? 'payer' : 'nobody';
    case 'executed':
    case 'declined':
      return s.stage === 'approved' ? 'operator' : 'nobody';
  }
}

/**
 * Finds the party that is waited for: the operator before the provider before the payer; a paused application waits for
 * nobody.
 */
export function findWaitingOn(s: ApplicationState): WaitingOn {
  if (s.paused) return 'nobody';
  const tracks = findWaitingOnByTrack(s);
  return WAITING_ON.find((who) => who === tracks.credentialing || who === tracks.contracting)!;
}

/** Adds the time up to an entry to the clock of the party that was waited for, and sets the party from now on. */
function accrueWaitingTime(s: ApplicationState, at: Instant): void {
  const until = s.closedAt ?? at;
  const elapsed = Math.max(0, Date.parse(until) - Date.parse(s.waiting.since));
  const advanceClock = (clock: Clock, on: WaitingOn): Clock => ({
    on,
    ms: { ...clock.ms, [clock.on]: clock.ms[clock.on] + elapsed },
  });
  const now = findWaitingOnByTrack(s);
  const advanceTrack = (name: ClockedTrack) =>
    // a state from before there were clocks by track: the total count stands for each
    advanceClock(s.waiting.tracks?.[name] ?? s.waiting, s.paused ? 'nobody' : now[name]);
  const tracks = { credentialing: advanceTrack('credentialing'), contracting: advanceTrack('contracting') };
  s.waiting = { ...advanceClock(s.waiting, findWaitingOn(s)), since: until, tracks };
}

const createClock = (on: WaitingOn): Clock => ({ on, ms: { operator: 0, provider: 0, payer: 0, nobody: 0 } });
