import { createHash } from 'node:crypto';
import type { Action, Fact } from '../domain/codes';
import type { Circumstances, Command } from '../domain/application/decide';
import type { ApplicationEvent } from '../domain/application/events';
import type { ApplicationState } from '../domain/application/state';
import type { Refusal } from '../domain/application/transitions';
import type { Db, Tx } from '../runtime/database';
import type { Actor } from './principal';

export interface KeptCommand extends Command {
  clientId: string;
  applicationId: string;
  status: 'pending' | 'applied' | 'refused';
  refusal: Refusal | null;
}

/**
 * Keeps a command whole and inert, before anybody acts on it, or as `settled` with what came of it; a command that is
 * there already stays as it is.
 */
export async function keepCommand(
  sql: Db,
  command: {
    id: string;
    clientId: string;
    applicationId: string;
    action: Action | 'open';
    body: object;
    version?: number;
  },
  actor: Actor,
  { settled = false } = {},
): Promise<void> {
  await sql`
    insert into commands ${sql({
      ...(settled && { status: 'applied', settledAt: new Date() }),
      id: command.id,
      clientId: command.clientId,
      applicationId: command.applicationId,
      action: command.action,
      body: sql.json(command.body as never),
      expectedVersion: command.version ?? null,
      actor: sql.json(actor as never),
    })} on conflict (id) do nothing`;
}

/** Whether a command is there already: then this is a retry of it. */
export async function isKept(sql: Db, id: string): Promise<boolean> {
  const rows = await sql`select from commands where id = ${id}`;
  return rows.length > 0;
}

/** A command by its id, as the recording step takes it up. */
export async function pendingCommand(tx: Db, id: string): Promise<KeptCommand> {
  const [row] = await tx<(Omit<KeptCommand, 'version'> & { expectedVersion: number | null })[]>`
    select id, client_id, application_id, action, body, expected_version, status, refusal
    from commands where id = ${id}`;
  if (!row) throw new Error(`no command ${id}`);
  const { expectedVersion, ...command } = row;
  return { ...command, ...(expectedVersion !== null && { version: expectedVersion }) };
}

/** The step's verdict on a command: visible from now on, or kept as refused. */
export async function settleCommand(tx: Db, id: string, refusal: Refusal | null): Promise<void> {
  await tx`
    update commands
    set status = ${refusal ? 'refused' : 'applied'}, refusal = ${refusal ? tx.json(refusal as never) : null}
    where id = ${id} and status = 'pending'`;
}

/** The caller knows that the workflow has it (or refused it): the relay need not deliver it again. */
export async function acknowledgeCommand(sql: Db, id: string): Promise<void> {
  await sql`update commands set settled_at = now() where id = ${id} and settled_at is null`;
}

/** A digest by which two values of a fact are told apart without carrying them. */
export const digest = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 32);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v,
  );

/** What decide has to know of a command beyond its body. */
export async function lookUp(tx: Tx, state: ApplicationState, command: Command): Promise<Partial<Circumstances>> {
  const { body } = command;
  switch (command.action) {
    case 'confirmations': {
      const on = state.facts[body.fact as Fact];
      const current = on && on.status !== 'disputed' ? await factBody(tx, state, body.fact as Fact, on.entryId) : null;
      return {
        digest: digest(body.value),
        identical: current !== null && digest(proof(current)) === digest(proof(body)),
      };
    }
    case 'information':
      return { settled: await settledItems(tx, state, body.items as string[]) };
    case 'corrections': {
      const [row] = await tx<{ event: ApplicationEvent; commandId: string | null; struckBy: string | null }[]>`
        select event, command_id, struck_by from events
        where application_id = ${state.id} and id::text = ${body.entryId as string}`;
      if (!row) return {};
      const own = row.commandId === row.event.id;
      return { entry: { kind: row.event.kind, own, struck: row.struckBy !== null } };
    }
    default:
      return {};
  }
}

/** What makes one confirmation repeat another: everything but the reason for changing it. */
function proof({ value, source, reference, rep, confirmedOn, seen, evidence }: Record<string, unknown>) {
  return { value, source, reference, rep, confirmedOn, seen, evidence };
}

/** The body that an entry of a fact was given with, by a PUT or by an adoption. */
export async function factBody(
  tx: Db,
  state: ApplicationState,
  fact: Fact,
  entryId: string,
): Promise<Record<string, unknown>> {
  const [row] = await tx<{ action: string; body: Record<string, unknown> }[]>`
    select c.action, c.body from events e join commands c on c.id = e.command_id
    where e.application_id = ${state.id} and e.id = ${entryId}`;
  if (!row) throw new Error(`no entry ${entryId}`);
  if (row.action !== 'open') return row.body;
  const adopted = row.body.adopt as { confirmations: Record<Fact, Record<string, unknown>> };
  return adopted.confirmations[fact];
}

/** The outstanding items, by the words in which they were asked for and returned. */
async function settledItems(tx: Tx, state: ApplicationState, returned: string[]): Promise<string[]> {
  const entries = [...new Set(state.outstanding.map((ref) => ref.split('#')[0]!))];
  const rows = await tx<{ id: string; items: string[] }[]>`
    select id, body->'missingItems' as items from commands where id = any(${entries}::uuid[])`;
  const wording = (text: string) => text.trim().replace(/\s+/g, ' ').toLowerCase();
  const given = new Set(returned.map(wording));
  return state.outstanding.filter((ref) => {
    const [entry, index] = ref.split('#');
    const asked = rows.find((row) => row.id === entry)?.items[Number(index)];
    return asked !== undefined && given.has(wording(asked));
  });
}

/** Commands that nobody knows the outcome of: their API is gone, or was answered by nobody in time. */
export async function unsettledCommands(sql: Db, olderThanSeconds: number, limit: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from commands
    where settled_at is null and received_at < now() - make_interval(secs => ${olderThanSeconds})
    order by received_at limit ${limit}`;
  return rows.map((row) => row.id);
}
