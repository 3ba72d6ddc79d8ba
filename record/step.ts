import { randomUUID } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import { append, decide, decideFile, type Intent } from '../domain/application/decide';
import type { ApplicationEvent, Instant, TimerName } from '../domain/application/events';
import { fold } from '../domain/application/reduce';
import { schedule } from '../domain/application/schedule';
import { isOpen, type ApplicationState } from '../domain/application/state';
import type { Refusal } from '../domain/application/transitions';
import { localDate } from '../domain/calendar';
import { sameValue } from '../domain/facts';
import { resolvePlaybook, rulesOf, type Playbook, type ResolvedPlaybook } from '../domain/playbook';
import { lookUp, pendingCommand, settleCommand, type KeptCommand } from './commands';
import { readFile } from './file';
import { project } from './projection';

/** What a caller asks to have recorded: ids, codes and instants only. */
export interface StepRequest {
  applicationId: string;
  /** The version that the caller knows; what came after it comes back. */
  knownVersion: number;
  /** The caller's clock. */
  at: Instant;
  intent: { type: 'command'; commandId: string } | { type: 'timer'; timer: TimerName; due: Instant } | { type: 'file' };
}

export interface StepResult {
  /** What the caller has not seen yet, in order. */
  events: ApplicationEvent[];
  /** Instead of events, where a correction had the history folded again. */
  state?: ApplicationState;
  refusal?: Refusal;
}

interface Row {
  snapshot: ApplicationState;
  timeZone: string;
  playbook: Playbook;
}

/**
 * The recording step: locks the application, decides, folds, schedules and writes, in one transaction. A command is
 * recorded once, whoever repeats it, and a caller that missed a step gets its events with the next.
 */
export function recordStep(sql: Sql, request: StepRequest): Promise<StepResult> {
  return sql.begin(async (tx): Promise<StepResult> => {
    const row = await lock(tx, request.applicationId);
    const before = row.snapshot;
    const command = request.intent.type === 'command' ? await pendingCommand(tx, request.intent.commandId) : null;
    if (command && command.status !== 'pending')
      return { ...(await missed(tx, before, request)), ...(command.refusal && { refusal: command.refusal }) };

    const moved = command ? await movedTo(tx, command, before) : null;
    const playbook = resolvePlaybook(moved?.playbook ?? row.playbook, before.key, row.timeZone);
    const at = [request.at, before.updatedAt].sort()[1]!;
    const today = localDate(at, row.timeZone);
    const intent = command ? { type: 'command' as const, command } : (request.intent as Intent);
    const reading = await readFile(tx, before.key, playbook, today);
    const circumstances = {
      reading,
      today,
      ...(command && (await lookUp(tx, before, command))),
      ...(moved && { rules: rulesOf(before.key.kind, playbook) }),
    };

    const stamp = { at, entryId: command?.id ?? randomUUID(), newId: randomUUID };
    const filed = append(before, decideFile(before, circumstances), stamp);
    const decision = decide(filed.state!, intent, circumstances);
    const { state, events } = append(filed.state, decision.drafts, stamp) as {
      state: ApplicationState;
      events: ApplicationEvent[];
    };
    const all = [...filed.events, ...events];
    const corrected = all.some((e) => e.kind === 'correction');
    const after = corrected ? fold([...(await history(tx, before.id)), ...all]) : state;

    const refusal = decision.refusal ?? (await clash(tx, before, after));
    const outcome = refusal ? { state: filed.state!, events: filed.events } : { state: after, events: all };
    if (outcome.events.length > 0) {
      plan(outcome.state, outcome.events, playbook, row.timeZone);
      await project(tx, before, outcome.state, outcome.events, command?.id ?? null);
    }
    if (moved && !refusal)
      await tx`update applications set playbook_version = ${moved.version} where id = ${before.id}`;
    if (command) await settleCommand(tx, command.id, refusal);

    const unseen = await missed(tx, before, request);
    return {
      events: [...unseen.events, ...outcome.events],
      ...((unseen.state || (corrected && !refusal)) && { state: outcome.state, events: [] }),
      ...(refusal && { refusal }),
    };
  });
}

/** Puts the agenda of a state on the last event of its step, where it changed. */
export function plan(
  state: ApplicationState,
  events: ApplicationEvent[],
  playbook: ResolvedPlaybook,
  timeZone: string,
): void {
  const agenda = schedule(state, playbook, timeZone);
  if (sameValue(agenda, state.agenda)) return;
  state.agenda = agenda;
  events.at(-1)!.agenda = agenda;
}

async function lock(tx: TransactionSql, id: string): Promise<Row> {
  const [row] = await tx<Row[]>`
    select a.snapshot, c.time_zone, p.body as playbook
    from applications a
    join clients c on c.id = a.client_id
    join playbooks p on p.payer_id = a.payer_id and p.version = a.playbook_version
    where a.id = ${id}
    for update of a`;
  if (!row) throw new Error(`no application ${id}`);
  return row;
}

/** The playbook to which a command moves its application; null where it is about something else. */
async function movedTo(
  tx: TransactionSql,
  { action, body }: KeptCommand,
  { key }: ApplicationState,
): Promise<{ version: number; playbook: Playbook } | null> {
  if (action !== 'playbook-migration') return null;
  const [row] = await tx<{ version: number; playbook: Playbook }[]>`
    select version, body as playbook from playbooks
    where payer_id = ${key.payerId} and version = ${body.version as number}`;
  if (!row) throw new Error(`no playbook ${body.version as number} of ${key.payerId}`);
  return row;
}

export async function history(tx: Sql | TransactionSql, id: string, after = 0): Promise<ApplicationEvent[]> {
  const rows = await tx<{ event: ApplicationEvent }[]>`
    select event from events where application_id = ${id} and seq > ${after} order by seq`;
  return rows.map((row) => row.event);
}

/** What was recorded since the version that the caller knows. */
async function missed(tx: TransactionSql, state: ApplicationState, { knownVersion }: StepRequest): Promise<StepResult> {
  const events = knownVersion < state.version ? await history(tx, state.id, knownVersion) : [];
  return events.some((e) => e.kind === 'correction') ? { events: [], state } : { events };
}

/** A correction may not reopen an application while another is open for its key. */
async function clash(tx: TransactionSql, before: ApplicationState, after: ApplicationState): Promise<Refusal | null> {
  if (isOpen(before) || !isOpen(after)) return null;
  const [other] = await tx<{ id: string }[]>`
    select o.id from applications a join applications o on o.natural_key = a.natural_key and o.open
    where a.id = ${after.id} and o.id <> a.id`;
  return other ? { type: 'open_application_exists', existingId: other.id } : null;
}
