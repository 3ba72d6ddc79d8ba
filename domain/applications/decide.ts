import { toLocalDate } from '../time/calendar';
import { toUtcDate } from '../time/dates';
import { FACTS, type ParticipationTrack, type Fact, type FactDemands } from '../kernel/codes';
import { isApprovalNeeded, isSameValue, type Proof } from '../kernel/facts';
import type { Bodies, Command, GivenFact, OpeningBody } from './bodies';
import type { ApplicationKey, ApplicationEvent, Draft, FileReading, TimerName, Track } from './events';
import type { Instant, PlainDate } from '../time/instants';
import type { Rules } from '../registry/application-rules';
import { applyEvent } from './reduce';
import { FACTS_DISPROVED_BY_ISSUE } from './participation';
import { findFollowUp, isOpen, isParticipating, type ApplicationState } from './state';
import type { Refusal } from './progress';
import { findRefusal, type ActionRequest } from './transitions';

/** The occasion of a step: a person's command, or a timer of the agenda. */
export type Intent = { type: 'command'; command: Command } | { type: 'timer'; timer: TimerName; due: Instant };

/** The facts that the recording step looked up for an intent. */
export interface Circumstances {
  reading: FileReading;
  today: PlainDate;
  /** Only for a confirmation: a digest of its value, and whether it repeats what is on file word for word. */
  digest?: string;
  identical?: boolean;
  /** The proof behind the fact. */
  proof?: Proof;
  /** Whether facts by phone await a second person's approval from now on. */
  phoneFactsNeedApproval?: boolean;
  /** Only for an approval: whether a user gives it who is not the one that recorded the fact. */
  bySecondPerson?: boolean;
  /** Only for a contact: a digest of what identifies its call. */
  call?: string;
  /** Only for an information: the outstanding items that it settles. */
  settled?: string[];
  /** Only for a move to another playbook: the demands of that one. */
  rules?: Rules;
  /** Only for a correction: the entry that it names, if the application has it. */
  entry?: { kind: ApplicationEvent['kind']; own: boolean; struck: boolean };
}

export interface Decision {
  drafts: Draft[];
  refusal?: Refusal;
}

/** Takes from a command what the transition table depends on. */
export const buildActionRequest = ({ action, body, version }: Command): ActionRequest => ({
  action,
  ...(action === 'contacts' && { outcome: body.outcome }),
  ...('outOfOrder' in body && body.outOfOrder !== undefined && { outOfOrder: true }),
  ...(action === 'restoration' && { attempt: body.attempt }),
  ...(action === 'approval' && { fact: body.fact }),
  ...(version !== undefined && { version }),
});

type Call = Pick<Bodies['contacts'], 'channel' | 'outcome' | 'nextFollowUpOn' | 'evenIfExists'> & {
  rep: string | undefined;
  referenceNumber: string | undefined;
};

/**
 * Identifies a call by how the payer was reached, who answered and under which reference. If either of these is
 * unknown, the day serves as well, as an accidental second click happens on the same one; for a call that nobody
 * answered, so does the date that was named. A caller who says that it is another call is believed.
 */
export const describeCall = (
  { channel, outcome, rep, referenceNumber, nextFollowUpOn, evenIfExists }: Call,
  today: PlainDate,
): unknown[] => [
  channel,
  rep,
  referenceNumber,
  ...(rep && referenceNumber ? [] : [today]),
  ...(outcome === 'no_answer' && nextFollowUpOn ? [{ nextFollowUpOn }] : []),
  ...(evenIfExists ? [{ evenIfExists }] : []),
];

/** Decides the file's part in a step: it is recorded when it reads differently, or a waiver has run out. */
export function decideFile(state: ApplicationState, { reading, today }: Circumstances): Draft[] {
  const same = isSameValue(state.file, reading);
  const waiverOver = state.waivers.some((w) => w.until < today);
  if (isOpen(state)) return !same || waiverOver ? [{ kind: 'file', data: { reading, today } }] : [];
  // a participation no longer depends on the file, but still on what its facts must be backed by
  const { demands, ...rest } = state.file;
  if (!isParticipating(state) || isSameValue(demands ?? {}, reading.demands ?? {})) return [];
  return [{ kind: 'file', data: { reading: { ...rest, ...addDemands(reading.demands) }, today } }];
}

const addDemands = (demands: FactDemands | undefined) => (demands ? { demands } : {});

/** Turns an intent into entries, on a state that already contains the file's part. */
export function decideIntent(state: ApplicationState, intent: Intent, of: Circumstances): Decision {
  if (intent.type === 'timer') return { drafts: decideTimer(state, intent) };
  const { command } = intent;
  const no = findRefusal(state, buildActionRequest(command));
  if (no) return { drafts: [], refusal: no };
  if (command.action === 'corrections') {
    if (!of.entry) return { drafts: [], refusal: { type: 'unknown_entry' } };
    if (!of.entry.own || of.entry.struck || of.entry.kind === 'correction' || of.entry.kind === 'opened')
      return { drafts: [], refusal: { type: 'not_correctable' } };
  }
  if (command.action === 'approval' && !of.bySecondPerson)
    return { drafts: [], refusal: { type: 'second_person_needed' } };
  if (command.action === 'confirmations' && of.identical) return { drafts: [] };
  return { drafts: [buildEntry(state, command, of)] };
}

function decideTimer(state: ApplicationState, { timer, due }: { timer: TimerName; due: Instant }): Draft[] {
  if (state.agenda.timers[timer] !== due) return [];
  const [name, track] = timer.split(':') as [string, Track | ParticipationTrack | 'step'];
  switch (name) {
    case 'followUp': {
      const followUp = track === 'step' ? undefined : findFollowUp(state, track);
      if (track === 'step' || !followUp) return [];
      return [{ kind: 'nudge', data: { track, purpose: followUp.purpose, armedBy: followUp.armedBy, at: due } }];
    }
    case 'escalation': {
      const late = track === 'step' ? state.step : findFollowUp(state, track);
      return late ? [{ kind: 'escalation', data: { track, armedBy: late.armedBy } }] : [];
    }
    case 'informationDeadline':
      return state.step ? [{ kind: 'deadline_passed', data: { armedBy: state.step.armedBy } }] : [];
    case 'appealWindow':
      return [{ kind: 'appeal_window_closed', data: {} }];
    case 'pauseEnd':
      return [{ kind: 'resume', data: { renews: true } }];
    case 'effective':
      return state.participation?.effective
        ? [{ kind: 'effective', data: { on: state.participation.effective.on } }]
        : [];
    case 'participationEnd':
      return state.participationEndsOn ? [{ kind: 'participation_over', data: { on: state.participationEndsOn } }] : [];
    case 'recredentialing':
      return decideRecredentialingTimer(state, timer);
    default:
      return [];
  }
}

function decideRecredentialingTimer(
  { agenda: { recredentialing: cycle } }: ApplicationState,
  timer: TimerName,
): Draft[] {
  if (!cycle) return [];
  const { from, dueOn, remindOn } = cycle;
  switch (timer) {
    case 'recredentialing:due':
      return [{ kind: 'recredentialing_due', data: { from, dueOn } }];
    case 'recredentialing:reminder':
      return remindOn ? [{ kind: 'recredentialing_reminder', data: { from, dueOn, ...remindOn } }] : [];
    default:
      return [{ kind: 'recredentialing_missed', data: { from, dueOn } }];
  }
}

/** Picks those fields of a body that are set. */
function pickSetFields<Body extends object, K extends keyof Body>(body: Body, ...keys: K[]) {
  const set: { [P in K]?: NonNullable<Body[P]> } = {};
  for (const key of keys) {
    const value = body[key];
    if (value !== undefined && value !== null) set[key] = value;
  }
  return set;
}
const pickOutOfOrder = (body: { outOfOrder?: object }) =>
  body.outOfOrder === undefined ? {} : { outOfOrder: true as const };

/** Builds the date of a sighting, and whether it is older than the last one. */
const buildSighting = ({ seenOn }: { seenOn: PlainDate }, last: { seenOn: PlainDate } | null | undefined) => ({
  seenOn,
  ...(last && seenOn < last.seenOn && { outdated: true as const }),
});

/** Builds the entry that a command writes: its codes and dates, never its words. */
function buildEntry(state: ApplicationState, { action, body }: Command, of: Circumstances): Draft {
  switch (action) {
    case 'submission':
      return { kind: 'submission', data: { submittedOn: body.submittedOn, ...pickOutOfOrder(body) } };
    case 'contacts':
      return {
        kind: 'contact',
        data: {
          ...(body.toldOfChanges && { toldOfChanges: true }),
          outcome: body.outcome,
          channel: body.channel,
          ...(body.missingItems && { missingItems: body.missingItems.length }),
          ...(body.itemsNotNeeded && { itemsNotNeeded: true }),
          ...pickSetFields(body, 'promisedOn', 'nextFollowUpOn', 'completeOn', 'about'),
          ...(body.rep && body.referenceNumber ? { vouched: true } : {}),
          ...(of.call !== undefined && { call: of.call }),
          ...pickOutOfOrder(body),
        },
      };
    case 'information':
      return {
        kind: 'information',
        data: { providedOn: body.providedOn, settled: of.settled ?? [], ...pickOutOfOrder(body) },
      };
    case 'contract':
      return { kind: 'contract', data: { status: body.status, on: body.on, ...pickOutOfOrder(body) } };
    case 'confirmations':
      return buildConfirmation(body, of.digest!, of);
    case 'approval':
      return { kind: 'approval', data: { fact: body.fact, entryId: state.facts[body.fact]!.entryId } };
    case 'waivers':
      return { kind: 'waiver', data: { prerequisite: body.prerequisite, until: body.until } };
    case 'withdrawal':
      return { kind: 'withdrawal', data: {} };
    case 'pause':
      // a pause that is recorded again without a date keeps the one that it has
      return {
        kind: 'pause',
        data: pickSetFields({ until: body.until === undefined ? state.paused?.until : body.until }, 'until'),
      };
    case 'resume':
      return { kind: 'resume', data: { renews: true } };
    case 'restore-review':
      return { kind: 'restore_review', data: {} };
    case 'appeal':
      return { kind: 'appeal', data: { filedOn: body.filedOn } };
    case 'resubmission':
      return { kind: 'resubmission', data: {} };
    case 'restoration':
      return { kind: 'restoration', data: { attempt: body.attempt } };
    case 'notes':
      return { kind: 'note', data: { visibility: body.visibility } };
    case 'playbook-migration':
      return { kind: 'playbook', data: { version: body.version, ...(of.rules && { rules: of.rules }) } };
    case 'details':
      return { kind: 'details', data: {} };
    case 'assignment':
      return { kind: 'assignment', data: { assignee: body.assignee } };
    case 'corrections':
      return { kind: 'correction', data: { strikes: body.entryId } };
    case 'loading':
      return { kind: 'loading', data: { status: body.status, ...buildSighting(body, state.participation?.loading) } };
    case 'directory':
      return {
        kind: 'directory',
        data: { status: body.status, ...buildSighting(body, state.participation?.directory) },
      };
    case 'issues': {
      const { code, since, disproves = [...FACTS_DISPROVED_BY_ISSUE[code]] } = body;
      return { kind: 'issue', data: { code, since, disproves } };
    }
    case 'issue-resolution':
      return { kind: 'issue_resolved', data: { code: body.code, resolvedOn: body.resolvedOn } };
    case 'committee-date':
      return { kind: 'committee_date', data: { on: body.on } };
    case 'recredentialing':
      return { kind: 'recredentialing', data: { startedOn: body.startedOn, ...pickSetFields(body, 'dueOn') } };
    case 'change-notice':
      return {
        kind: 'change',
        data: { field: body.field, changedOn: body.changedOn, ...pickSetFields(body, 'dueOn') },
      };
    case 'participation-end':
      return { kind: 'participation_end', data: { on: body.on, ...(body.on >= of.today && { ahead: true }) } };
  }
}

function buildConfirmation(
  given: Bodies['confirmations'],
  digest: string,
  { proof, phoneFactsNeedApproval = false }: Pick<Circumstances, 'proof' | 'phoneFactsNeedApproval'>,
): Draft & { kind: 'confirmation' } {
  const { fact, value, source, reason } = given;
  return {
    kind: 'confirmation',
    data: {
      fact,
      digest,
      counts: source !== 'client_word',
      reasoned: reason !== undefined,
      // an effective date has only dates as values
      ...(fact === 'effectiveDate' && typeof value === 'string' && { effectiveOn: value }),
      ...(proof?.partyRead && { partyRead: true as const }),
      ...(proof && proof.evidence.length > 0 && { documented: true as const }),
      ...(isApprovalNeeded(source, phoneFactsNeedApproval) && { awaitsApproval: true as const }),
      ...pickOutOfOrder(given),
    },
  };
}

/** The facts that an opening needs beside its body. */
export interface Opening {
  applicationId: string;
  clientId: string;
  key: ApplicationKey;
  rules: Rules;
  reading: FileReading;
  today: PlainDate;
  computeDigest: (value: unknown) => string;
  /** The proof behind each fact that is adopted. */
  proofs?: Partial<Record<Fact, Proof>>;
  /** Whether facts by phone await a second person's approval. */
  phoneFactsNeedApproval?: boolean;
}

/** Decides the entries that open an application; for an adopted one also its earlier history. */
export function decideOpening({ adopt }: OpeningBody, of: Opening): Draft[] {
  const { applicationId, clientId, key, rules, reading: file } = of;
  const opened: Draft = { kind: 'opened', data: { applicationId, clientId, key, rules, file } };
  if (!adopt) return [opened];
  const stage = adopt.stage === 'confirmed' ? 'approved' : adopt.stage;
  const collectBacking = (fact: Fact) => ({
    ...(of.proofs?.[fact] && { proof: of.proofs[fact] }),
    ...pickSetFields(of, 'phoneFactsNeedApproval'),
  });
  const buildAdoptedFact = (fact: Fact, given: GivenFact | undefined): Draft[] =>
    given
      ? [
          {
            ...buildConfirmation({ fact, ...given }, of.computeDigest(given.value), collectBacking(fact)),
            derived: true,
          },
        ]
      : [];
  return [
    opened,
    {
      kind: 'adopted',
      derived: true,
      data: { stage, ...pickSetFields(adopt, 'stageSince', 'submittedOn', 'lastContactOn', 'nextFollowUpOn') },
    },
    ...(adopt.contractStatus
      ? [
          {
            kind: 'contract',
            derived: true,
            data: { status: adopt.contractStatus, on: adopt.stageSince ?? of.today },
          } as const,
        ]
      : []),
    ...FACTS.flatMap((fact) => buildAdoptedFact(fact, adopt.confirmations?.[fact])),
  ];
}

/** Numbers, dates and folds drafts: the entries of one step, with the moves between stages that followed from each. */
export function appendEntries(
  before: ApplicationState | null,
  drafts: readonly Draft[],
  stamp: { at: Instant; payerZone: string; entryId: string; createId: () => string },
): { state: ApplicationState | null; events: ApplicationEvent[] } {
  if (drafts.length === 0) return { state: before, events: [] };
  let state = before && clonePlain(before);
  const events: ApplicationEvent[] = [];
  const payerDay = toLocalDate(stamp.at, stamp.payerZone);
  const addEntry = (draft: Draft, id: string, causeId?: string) => {
    const event = {
      v: 1,
      seq: (state?.version ?? 0) + 1,
      id,
      at: stamp.at,
      ...(payerDay !== toUtcDate(stamp.at) && { payerDay }),
      kind: draft.kind,
      ...(causeId && { causeId }),
      data: draft.data,
    } as ApplicationEvent;
    state = applyEvent(state, event);
    events.push(event);
    return event;
  };
  for (const draft of drafts) {
    const from = state?.stage;
    const attempt = state?.attempt;
    const own = !draft.derived && draft.kind !== 'file';
    const event = addEntry(draft, own ? stamp.entryId : stamp.createId(), draft.derived && stamp.entryId);
    if (from && (state!.stage !== from || state!.attempt !== attempt))
      addEntry(
        { kind: 'stage', data: { from, to: state!.stage, attempt: state!.attempt } },
        stamp.createId(),
        event.causeId ?? event.id,
      );
  }
  return { state, events };
}

/**
 * Clones a state, as the fold changes its own in place. Every step does this; by way of JSON it takes five times as
 * long.
 */
function clonePlain<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(clonePlain) as T;
  const clone = {} as typeof value;
  for (const name of Object.keys(value) as (keyof typeof value)[])
    if (value[name] !== undefined) clone[name] = clonePlain(value[name]);
  return clone;
}
