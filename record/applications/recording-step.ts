import { addMilliseconds } from '../../domain/time/dates';
import { isSameAgreement } from './same-key';
import { randomUUID } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import type { DetailsBody } from '../../domain/applications/bodies';
import type { Circumstances } from '../../domain/applications/decide';
import type { ApplicationEvent, KnownProgress, RestartCause, TimerName } from '../../domain/applications/events';
import type { Instant } from '../../domain/time/instants';
import type { Progress, Refusal } from '../../domain/applications/progress';
import { listArmedTimers, computeProgress } from '../../domain/applications/schedule';
import type { ApplicationState } from '../../domain/applications/state';
import { isHistoryNeeded, takeStep, type Exceptions, type StepInput } from '../../domain/applications/step';
import { isSameValue } from '../../domain/kernel/facts';
import { toLocalDate } from '../../domain/time/calendar';
import { resolvePlaybook, deriveRules, type Playbook } from '../../domain/registry/playbook';
import { readClock } from '../../runtime/clock';
import { beginStep, limitWrites } from '../../runtime/database';
import { findCommand, readCircumstances, getCommand, recordAction, settleCommand, type KeptCommand } from './commands';
import { readFile } from './provider-file';
import { projectStep } from './projection';
import {
  keepSetAside,
  listRestingWork,
  listSilencedTimers,
  setAsideIdle,
  settleTriedAgain,
  TRY_AGAIN_MS,
  type RestingWork,
} from './set-aside';

/** A caller's request to have something recorded: ids, codes and instants only. */
export interface StepRequest {
  applicationId: string;
  /** The progress that the workflow knows; null if no workflow asks. */
  known: KnownProgress | null;
  /** The caller's clock. */
  at: Instant;
  intent:
    | { type: 'command'; commandId: string }
    | { type: 'due' }
    | { type: 'file' }
    /** Its workflow is gone: the step leaves a row in the outbox to start it again. */
    | { type: 'restart'; because: RestartCause }
    /** Its snapshot or columns differ from its timeline. */
    | { type: 'repair'; differs: string[] };
}

/** A workflow's request to have something recorded. */
export type WorkflowStepRequest = StepRequest & {
  intent: { type: 'command'; commandId: string } | { type: 'due' } | { type: 'file' };
};

export interface StepResult {
  progress: Progress;
  refusal?: Refusal;
}

interface Row {
  snapshot: ApplicationState;
  rulesVersion: number;
  wakesAt: Instant | null;
  stepTries: number;
  setAside: RestingWork[];
  timeZone: string;
  playbook: Playbook;
}

/** Begins a step, which may write rows of its application's client. */
const beginOwnStep = <T>(sql: Sql, applicationId: string, work: (tx: TransactionSql) => Promise<T>) =>
  beginStep(sql, (tx) => {
    limitWrites(tx, tx`select client_id from applications where id = ${applicationId}`);
    return work(tx);
  });

/** A workflow asks about an application that is not on record. */
export class NoApplication extends Error {
  override name = 'NoApplication';
}

/** A try after one that failed: it leaves out what need not be part of it. */
export interface StepTry {
  further: boolean;
}

/**
 * Takes the recording step: locks the application, decides, folds, handles whatever is due, schedules and writes, in
 * one transaction. A command is recorded once, however often it is sent. The answer wakes its caller after `at` at the
 * earliest.
 */
export function recordStep(
  sql: Sql,
  request: StepRequest,
  { further }: StepTry = { further: false },
): Promise<StepResult> {
  const { applicationId, at, intent } = request;
  return beginOwnStep(sql, applicationId, async (tx): Promise<StepResult> => {
    const row = await lockApplication(tx, applicationId);
    const found = intent.type === 'command' ? await findCommand(tx, intent.commandId) : null;
    // a command that is not on record, or belongs to another application, is answered for good, and the workflow goes
    // on
    const command = found?.applicationId === applicationId ? found : null;
    const unknown: Refusal | null = intent.type === 'command' && !command ? { type: 'unknown_command' } : null;
    const isSettled = command !== null && command.status !== 'pending';
    const resting = row.setAside.filter(({ againAt }) => againAt > at);
    const again = row.setAside.filter((one) => !resting.includes(one));
    const putOff = further ? listFailedAgain(row, request, { resting, again }) : [];
    const timers = listSilencedTimers([...resting, ...putOff]);
    const first = further && putOff.every(({ timer }) => !timer) ? findFirstDue(row, request, timers) : undefined;
    // if the file's own timer comes first, the file is what is tried
    const isFileTried = intent.type === 'file' || first?.timer === 'file';
    const leaveOut: Exceptions = {
      file: resting.some(({ what }) => what === 'file') || (further && !isFileTried),
      timers,
      ...(further && { due: first ? 'but_first' : 'all' }),
    };
    const { step, playbook, movesTo } = await decideStep(tx, row, isSettled ? null : command, request, leaveOut);
    const { state, events, refusal } = step;
    if (events.length > 0) await projectStep(tx, row.snapshot, state, events, command?.id ?? null);
    if (movesTo !== null && !refusal)
      await tx`update applications set playbook_version = ${movesTo} where id = ${applicationId}`;
    if (command?.action === 'details' && !isSettled && !refusal) await putDetails(tx, applicationId, command.body);
    if (command && !isSettled) {
      await settleCommand(tx, command.id, refusal);
      const { actor, requestId, callerRequestId } = command;
      const requester = { ...actor, ...(requestId && { requestId }), ...(callerRequestId && { callerRequestId }) };
      if (!refusal && events.length > 0)
        await recordAction(tx, command, requester, { before: row.snapshot, after: state });
    }

    const armed = listArmedTimers(state).filter((one) => !further || isSameValue(one, first));
    const idle = await setAsideIdle(tx, row, armed, { at, timers });
    const ended = again.filter(({ timer }) => timer === null || !idle.includes(timer));
    const tried = further ? ended.filter(({ what }) => what === 'file' && intent.type === 'file') : ended;
    await settleTriedAgain(tx, row, { at, tried, putOff });
    const isPutOff = idle.length > 0 || putOff.length > 0;
    const progress = computeProgress(state, playbook.window.timeZone, {
      setAside: [...timers, ...idle],
      againAt:
        [
          ...resting.map(({ againAt }) => againAt),
          ...(isPutOff ? [addMilliseconds(at, TRY_AGAIN_MS)] : []),
        ].sort()[0] ?? null,
    });
    await setWakesAt(tx, row, progress);
    const verdict = isSettled ? command.refusal : (unknown ?? refusal);
    return { progress, ...(verdict && { refusal: verdict }) };
  });
}

/**
 * Lists the work that was tried again after its hour and has failed once more, as a further try is made, and that waits
 * for another hour: the file, and the first of the due timers. Later timers are tried by themselves.
 */
function listFailedAgain(
  row: Row,
  request: StepRequest,
  { resting, again }: Record<'resting' | 'again', readonly RestingWork[]>,
): RestingWork[] {
  const file = again.filter(({ what }) => what === 'file' && request.intent.type !== 'file');
  const first = findFirstDue(row, request, listSilencedTimers([...resting, ...file]));
  return [...file, ...again.filter(({ what, timer }) => what === 'due' && first && timer === first.timer)];
}

/** Finds the first of the timers that a workflow asks for as due. */
const findFirstDue = ({ snapshot }: Row, { at, intent }: StepRequest, silenced: readonly TimerName[]) =>
  intent.type === 'due'
    ? listArmedTimers(snapshot).find((one) => one.at <= at && !silenced.includes(one.timer))
    : undefined;

/** Sets a step aside that failed too often: the application stays as it is, and the failed work waits. */
export function setStepAside(sql: Sql, request: WorkflowStepRequest, cause: string): Promise<StepResult> {
  const { applicationId, at, intent } = request;
  return beginOwnStep(sql, applicationId, async (tx): Promise<StepResult> => {
    const row = await lockApplication(tx, applicationId);
    const { snapshot, setAside } = row;
    const resting = setAside.filter((one) => one.againAt > at);
    const silenced = listSilencedTimers(resting);
    const first = findFirstDue(row, request, silenced)?.timer ?? null;
    const what = first === 'file' ? 'file' : intent.type;
    const timer = what === 'due' ? first : null;
    const againAt = intent.type === 'command' ? null : addMilliseconds(at, TRY_AGAIN_MS);
    const commandId = intent.type === 'command' ? intent.commandId : null;
    await keepSetAside(tx, row, { what, commandId, timer, cause, at, againAt });
    const refusal: Refusal | null = commandId === null ? null : { type: 'set_aside', cause };
    if (commandId !== null) await settleCommand(tx, commandId, refusal);
    const progress = computeProgress(snapshot, findPayerZone(row), {
      setAside: [...silenced, ...(what === 'command' ? [] : listSilencedTimers([{ what, timer }]))],
      againAt: [...resting.map((one) => one.againAt), ...(againAt ? [againAt] : [])].sort()[0] ?? null,
    });
    await setWakesAt(tx, row, progress);
    return { progress, ...(refusal && { refusal }) };
  });
}

/** Refuses a command that the record does not take as it stands; null, and nothing written, if it may be taken. */
export function refuseCommand(sql: Sql, applicationId: string, commandId: string): Promise<Refusal | null> {
  return beginOwnStep(sql, applicationId, async (tx) => {
    const row = await lockApplication(tx, applicationId);
    const command = await getCommand(tx, commandId);
    if (command.status !== 'pending') return command.refusal;
    const { refusal } = (await decideStep(tx, row, command, { at: readClock(), known: null })).step;
    if (refusal) await settleCommand(tx, commandId, refusal);
    return refusal;
  });
}

/** Decides the result of a step, before anything is written. */
async function decideStep(
  tx: TransactionSql,
  row: Row,
  command: KeptCommand | null,
  { at: clock, known, intent }: Pick<StepRequest, 'at' | 'known'> & Partial<StepRequest>,
  leaveOut?: Exceptions,
) {
  const { snapshot: before, rulesVersion, timeZone } = row;
  const moved = command && (await findNextPlaybook(tx, command, before));
  const playbook = resolvePlaybook(moved?.playbook ?? row.playbook, before.key, timeZone);
  const at = [clock, before.updatedAt].sort()[1]!;
  const today = toLocalDate(at, timeZone);
  const circumstances: Circumstances = {
    reading: await readFile(tx, before.key, playbook, today),
    today,
    ...(command && (await readCircumstances(tx, before, command, today))),
    ...(moved && { rules: deriveRules(before.key.kind, playbook) }),
  };
  const own = intent && buildEntry(intent);
  const again = isHistoryNeeded({ rulesVersion, command, ...own });
  const step = takeStep({
    before,
    rulesVersion,
    history: again ? await readHistory(tx, before.id) : [],
    known,
    command,
    ...own,
    circumstances,
    otherOpenId: again ? await findOtherOpenId(tx, before.id) : undefined,
    playbook,
    timeZone,
    at,
    createId: randomUUID,
    leaveOut,
  });
  return { step, playbook, movesTo: moved ? moved.version : null };
}

/** Builds the entry that the record makes by itself for an intent. */
function buildEntry(intent: StepRequest['intent']): Pick<StepInput, 'notice' | 'differs'> {
  if (intent.type === 'restart') return { notice: { kind: 'workflow_restarted', data: { because: intent.because } } };
  return intent.type === 'repair' ? { differs: intent.differs } : {};
}

/** Finds the payer's time zone; the client's if the playbook is what fails. */
function findPayerZone({ playbook, snapshot, timeZone }: Row): string {
  try {
    return resolvePlaybook(playbook, snapshot.key, timeZone).window.timeZone;
  } catch {
    return timeZone;
  }
}

/**
 * Keeps when the workflow asks again, so that one which does not is found; the next step has its first try before it. That is
 * the instant as computed: if wakes are spread one day, `wakes_at` is the spread one, and `nextFollowUpAt` stays.
 */
async function setWakesAt(
  tx: TransactionSql,
  { snapshot, wakesAt, stepTries }: Row,
  { next }: Progress,
): Promise<void> {
  const at = next?.at ?? null;
  if (at !== wakesAt || stepTries !== 1)
    await tx`update applications set wakes_at = ${at}, step_tries = 1 where id = ${snapshot.id}`;
}

async function lockApplication(tx: TransactionSql, id: string): Promise<Row> {
  const [row] = await tx<Row[]>`
    select a.snapshot, a.rules_version, a.wakes_at, a.step_tries, ${listRestingWork(tx, tx`a.id`)} as set_aside, c.time_zone, p.body as playbook
    from applications a
    join clients c on c.id = a.client_id
    join playbooks p on p.payer_id = a.payer_id and p.version = a.playbook_version
    where a.id = ${id}
    for no key update of a`;
  if (!row) throw new NoApplication(`no application ${id}`);
  return row;
}

/** Finds the playbook to which a command moves its application; null if it is about something else. */
async function findNextPlaybook(
  tx: TransactionSql,
  { action, body }: KeptCommand,
  { key }: ApplicationState,
): Promise<{ version: number; playbook: Playbook } | null> {
  if (action !== 'playbook-migration') return null;
  const [row] = await tx<{ version: number; playbook: Playbook }[]>`
    select version, body as playbook from playbooks
    where payer_id = ${key.payerId} and version = ${body.version}`;
  if (!row) throw new Error(`no playbook ${body.version} of ${key.payerId}`);
  return row;
}

/** Changes what was stated at the opening; the timeline has who changed it, the command to what. */
async function putDetails(tx: TransactionSql, id: string, { neededBy, monthlyValue }: DetailsBody): Promise<void> {
  const columns = { ...(neededBy !== undefined && { neededBy }), ...(monthlyValue !== undefined && { monthlyValue }) };
  if (Object.keys(columns).length > 0) await tx`update applications set ${tx(columns)} where id = ${id}`;
}

export async function readHistory(tx: Sql | TransactionSql, id: string): Promise<ApplicationEvent[]> {
  const rows = await tx<{ event: ApplicationEvent }[]>`
    select event from events where application_id = ${id} order by seq`;
  return rows.map((row) => row.event);
}

/** Finds another application that is open for the same key. */
async function findOtherOpenId(tx: TransactionSql, id: string): Promise<string | undefined> {
  const [other] = await tx<{ id: string }[]>`
    select o.id from applications a
    join applications o on o.open and o.provider_id is not distinct from a.provider_id and o.kind = a.kind
      and o.location_id is not distinct from a.location_id and ${isSameAgreement(tx, 'o', 'a')}
    where a.id = ${id} and o.id <> a.id`;
  return other?.id;
}
