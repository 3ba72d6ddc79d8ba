import type { ApplicationEvent, Draft, KnownProgress, TimerName } from './events';
import type { Instant } from '../time/instants';
import type { Command } from './bodies';
import { appendEntries, decideIntent, decideFile, type Circumstances } from './decide';
import type { Refusal } from './progress';
import { foldEvents, RULES_VERSION } from './reduce';
import { listArmedTimers, computeAgenda } from './schedule';
import { isOpen, type ApplicationState } from './state';
import type { ResolvedPlaybook } from '../registry/playbook';
import { isSameValue } from '../kernel/facts';

/** The input of a step. */
export interface StepInput {
  before: ApplicationState;
  /** The version of the rules that folded `before`. */
  rulesVersion: number;
  /** All entries so far, if the step folds them again: for a correction, and if other rules folded `before`. */
  history: readonly ApplicationEvent[];
  /** The progress that the workflow knows; left out if no workflow asks. */
  known?: KnownProgress | null;
  /** Null if a timer is due or the file changed. */
  command: Command | null;
  /** An entry that the system makes by itself: a workflow that it started again. */
  notice?: Draft;
  /** The differences from the timeline, if the step is to fold it again because of them. */
  differs?: string[];
  circumstances: Circumstances;
  /** Another application that is open for the key: a correction may not reopen this one. */
  otherOpenId?: string | undefined;
  playbook: ResolvedPlaybook;
  /** The time zone of the client. */
  timeZone: string;
  at: Instant;
  createId: () => string;
  /** The parts that failed before are left out, so that the rest goes on. */
  leaveOut?: Exceptions | undefined;
}

/** The parts of the work that a step does not try. */
export interface Exceptions {
  file?: boolean;
  /** Timers that were set aside. */
  timers?: readonly TimerName[];
  /** The due timers that are left out: all, or all but the first. */
  due?: 'all' | 'but_first';
}

/** A state, and the entries that led to it, in order. */
export interface StepOutcome {
  state: ApplicationState;
  events: ApplicationEvent[];
}

/** No state arms more timers than this at one instant. */
const MOST_DUE = 100;

/** Whether a step needs the entries so far. */
export const isHistoryNeeded = ({
  rulesVersion,
  command,
  differs,
}: Pick<StepInput, 'rulesVersion' | 'command' | 'differs'>): boolean =>
  rulesVersion !== RULES_VERSION || differs !== undefined || command?.action === 'corrections';

/**
 * Takes one step of an application: today's rules, then changes in the file, then the command, then whatever is due by
 * now. The agenda stands on the last entry; it is computed anew in every step, so that nothing is done by one that is
 * out of date. A refusal leaves the rest in place.
 */
export function takeStep(input: StepInput): StepOutcome & { refusal: Refusal | null } {
  const { history, command, circumstances } = input;
  const folded = foldAgain(input);
  const found = recordDrafts(input, folded, detectLoss(input, folded.state));
  const current = recordDrafts(input, found, input.notice ? [input.notice] : []);
  const readFile = (recorded: StepOutcome): StepOutcome =>
    input.leaveOut?.file ? recorded : recordDrafts(input, recorded, decideFile(recorded.state, circumstances));
  const filed = readFile(current);
  const decision = command && decideIntent(filed.state, { type: 'command', command }, circumstances);
  const own = recordDrafts(input, filed, decision?.drafts ?? [], command?.id);
  const after =
    command?.action === 'corrections' && own.events.length > filed.events.length
      ? { ...own, state: foldEvents([...history, ...own.events]) }
      : own;
  const refusal = decision?.refusal ?? refuseReopening(input, after.state);
  // an application that a correction opens again has not read its file since it was closed
  const taken = armAgenda(input, recordNewPlan(input, refusal ? filed : readFile(after)));
  return { ...handleDueTimers(input, taken), refusal };
}

/** Folds a state again that other rules folded, or that differs from its timeline, with an entry that says so. */
function foldAgain(input: StepInput): StepOutcome {
  const { before, rulesVersion, history, differs } = input;
  const draft: Draft | undefined =
    rulesVersion !== RULES_VERSION
      ? { kind: 'rules', data: { version: RULES_VERSION } }
      : differs && { kind: 'repaired', data: { differs } };
  return draft
    ? recordDrafts(input, { state: foldEvents(history), events: [] }, [draft])
    : { state: before, events: [] };
}

/** Whether a workflow knows an application as it is on record; two diverging records may have the same version. */
export const isInStep = (
  known: Pick<KnownProgress, 'version' | 'stage' | 'attempt'>,
  state: ApplicationState,
): boolean => known.version === state.version && known.stage === state.stage && known.attempt === state.attempt;

/**
 * Detects that a workflow knows more than the record, or other than it: it knew a record that has been restored since.
 */
function detectLoss({ known, before }: StepInput, { held }: ApplicationState): Draft[] {
  if (!known || known.version < before.version || isInStep(known, before)) return [];
  const { version, stage, attempt, next } = known;
  // the same step once more, its answer lost on the way
  if (isSameValue(held?.known, known)) return [];
  return [{ kind: 'found_behind', data: { version, stage, attempt, next } }];
}

/** Handles every timer that has come due, the earliest first, and what falls due by that; each once, whatever it comes to. */
function handleDueTimers(input: StepInput, taken: StepOutcome): StepOutcome {
  const { due: leftOut, timers: setAside = [] } = input.leaveOut ?? {};
  const most = leftOut === 'all' ? 0 : leftOut === 'but_first' ? 1 : MOST_DUE;
  const handled = new Set<string>();
  let now = taken;
  while (handled.size < most) {
    const due = listArmedTimers(now.state).find(
      ({ at, timer }) => at <= input.at && !handled.has(`${timer} ${at}`) && !setAside.includes(timer),
    );
    if (!due) break;
    handled.add(`${due.timer} ${due.at}`);
    const { drafts } = decideIntent(now.state, { type: 'timer', timer: due.timer, due: due.at }, input.circumstances);
    now = armAgenda(input, recordDrafts(input, now, drafts));
  }
  return now;
}

function recordDrafts(
  { at, playbook, createId }: StepInput,
  { state: before, events: earlier }: StepOutcome,
  drafts: readonly Draft[],
  entryId: string = createId(),
): StepOutcome {
  const { state, events } = appendEntries(before, drafts, {
    at,
    payerZone: playbook.window.timeZone,
    entryId,
    createId,
  });
  return { state: state ?? before, events: [...earlier, ...events] };
}

/**
 * Records the new agenda: if nothing happened and the agenda has changed all the same, what it rests on has changed,
 * and an entry takes the new one.
 */
function recordNewPlan(input: StepInput, recorded: StepOutcome): StepOutcome {
  const { state, events } = recorded;
  const isPlanned =
    events.length > 0 || isSameValue(computeAgenda(state, input.playbook, input.timeZone), state.agenda);
  return isPlanned ? recorded : recordDrafts(input, recorded, [{ kind: 'replanned', data: {} }]);
}

/** Puts the agenda of a state on the last entry of its step, if it changed. */
export function armAgenda(
  { playbook, timeZone }: Pick<StepInput, 'playbook' | 'timeZone'>,
  recorded: StepOutcome,
): StepOutcome {
  const last = recorded.events.at(-1);
  if (!last) return recorded;
  const agenda = computeAgenda(recorded.state, playbook, timeZone);
  if (isSameValue(agenda, recorded.state.agenda)) return recorded;
  return {
    state: { ...recorded.state, agenda },
    events: [...recorded.events.slice(0, -1), { ...last, agenda }],
  };
}

/** Refuses a correction that would reopen an application while another is open for its key. */
const refuseReopening = ({ before, otherOpenId }: StepInput, after: ApplicationState): Refusal | null =>
  otherOpenId !== undefined && !isOpen(before) && isOpen(after)
    ? { type: 'open_application_exists', existingId: otherOpenId }
    : null;
