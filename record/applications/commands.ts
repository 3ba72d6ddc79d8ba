import { readClock } from '../../runtime/clock';
import { computeDigest } from '../kernel/digest';
import type { PlainDate } from '../../domain/time/instants';
import type { Action, Fact } from '../../domain/kernel/codes';
import type { Bodies, Command, GivenFact, OpeningBody, ActionWithBody } from '../../domain/applications/bodies';
import { describeCall, type Circumstances } from '../../domain/applications/decide';
import type { ApplicationEvent } from '../../domain/applications/events';
import { findLackOf, type ApplicationState } from '../../domain/applications/state';
import type { Refusal } from '../../domain/applications/progress';
import { addProofs, findInheritedAgreement, readProof, type Proof } from '../../domain/kernel/facts';
import type { NextTry } from '../../domain/kernel/relay-tries';
import { toJson, type Db, type Fragment, type Tx } from '../../runtime/database';
import { isUuid } from '../../runtime/uuid';
import { readProofs } from '../billing/proofs';
import { readStoredDocuments } from '../registry/document-files';
import { selectWaveTime } from '../kernel/outbox';
import { recordAudit } from '../kernel/audit';
import { buildActor, type Actor, type Requester } from '../kernel/principal';
import { isSet } from '../kernel/settings';
import { findUserBehind } from '../registry/api-keys';

/** The error of a command that is not delivered yet for a reason other than its own. */
export const NO_ANSWER = 'no_answer';

export type KeptCommand = Command & {
  clientId: string;
  applicationId: string;
  status: 'pending' | 'applied' | 'refused';
  /** The number of times that a person had it tried again. */
  retried: number;
  refusal: Refusal | null;
  actor: Actor;
  requestId: string | null;
  callerRequestId: string | null;
};

/**
 * Keeps a command whole and inert, before anybody acts on it, or as `settled` with its result; a command that is there
 * already stays as it is.
 */
export async function keepCommand(
  sql: Db,
  command: (ActionWithBody | { action: 'open'; body: OpeningBody }) & {
    id: string;
    clientId: string;
    applicationId: string;
    version?: number;
  },
  requester: Requester,
  { settled = false } = {},
): Promise<void> {
  await sql`
    insert into commands ${sql({
      ...(settled && { status: 'applied', settledAt: readClock() }),
      id: command.id,
      clientId: command.clientId,
      applicationId: command.applicationId,
      action: command.action,
      body: toJson(sql, command.body),
      expectedVersion: command.version ?? null,
      actor: toJson(sql, buildActor(requester)),
      requestId: requester.requestId ?? null,
      callerRequestId: requester.callerRequestId ?? null,
    })} on conflict (id) do nothing`;
}

/** A command that follows for an application from something that was recorded elsewhere. */
export interface FollowUp<A extends Action> {
  id: string;
  clientId: string;
  applicationId: string;
  body: Bodies[A];
}

/** Keeps a command for each, once, for the relay to deliver: a wave of them a second; what one application has kept first comes first. */
export async function keepFollowUps<A extends Action>(
  tx: Tx,
  action: A,
  followUps: readonly FollowUp<A>[],
  actor: Actor,
): Promise<void> {
  if (followUps.length === 0) return;
  await tx`
    insert into commands (id, client_id, application_id, action, body, actor, received_at, next_attempt_at)
    select (f.v->>'id')::uuid, (f.v->>'clientId')::uuid, (f.v->>'applicationId')::uuid, ${action}, f.v->'body',
      ${toJson(tx, actor)}, clock_timestamp(), ${selectWaveTime(tx, tx`f.n`)}
    from jsonb_array_elements(${toJson(tx, followUps)}) with ordinality as f(v, n)
    on conflict (id) do nothing`;
  await tx`notify commands`;
}

/** Whether a command is there already: then this is a retry of it. */
export async function isKept(sql: Db, id: string): Promise<boolean> {
  const rows = await sql`select from commands where id = ${id}`;
  return rows.length > 0;
}

/** Gets a command by its id, whatever its result. */
export async function getCommand(tx: Db, id: string): Promise<KeptCommand> {
  const command = await findCommand(tx, id);
  if (!command) throw new Error(`no command ${id}`);
  return command;
}

/** Finds a command by its id; null if there is none, whatever the id looks like. */
export async function findCommand(sql: Db, id: string): Promise<KeptCommand | null> {
  if (!isUuid(id)) return null;
  const [row] = await sql<CommandRow[]>`select ${selectCommandColumns(sql)} from commands o where o.id = ${id}`;
  return row ? readCommand(row) : null;
}

type CommandRow = KeptCommand & { expectedVersion: number | null };

const selectCommandColumns = (sql: Db): Fragment =>
  sql`o.id, o.client_id, o.application_id, o.action, o.body, o.expected_version, o.status, o.refusal,
    o.retried, o.actor, o.request_id, o.caller_request_id`;

const readCommand = ({ expectedVersion, ...command }: CommandRow): KeptCommand => ({
  ...command,
  ...(expectedVersion !== null && { version: expectedVersion }),
});

/** Settles a command by the step's verdict: it is visible from now on, or kept as refused. */
export async function settleCommand(tx: Db, id: string, refusal: Refusal | null): Promise<void> {
  await tx`
    update commands
    set status = ${refusal ? 'refused' : 'applied'}, refusal = ${refusal ? toJson(tx, refusal) : null}
    where id = ${id} and status = 'pending'`;
}

/** Describes the parts of an application that an action may change: codes, days and ids, no words. */
const describeStanding = (state: ApplicationState) => {
  const { stage, attempt, submittedOn, contract, facts, waivers, paused, assignee, participationEndedOn } = state;
  return { stage, attempt, submittedOn, contract, facts, waivers, paused, assignee, participationEndedOn };
};

/** Writes an action that the record took into the audit log; what was said stays with its command. */
export async function recordAction(
  tx: Db,
  command: Pick<KeptCommand, 'id' | 'clientId' | 'applicationId'> & { action: Action | 'open'; body: object },
  requester: Requester,
  { before, after }: { before: ApplicationState | null; after: ApplicationState },
): Promise<void> {
  const { id: commandId, clientId, applicationId, action, body } = command;
  const reason = 'reason' in body ? { reason: body.reason } : {};
  await recordAudit(tx, requester, {
    action: `application.${action}`,
    subjectType: 'application',
    subjectId: applicationId,
    clientId,
    detail: { commandId, ...reason },
    change: { before: before ? describeStanding(before) : {}, after: describeStanding(after) },
  });
}

/**
 * Acknowledges a command that the record has decided, so that the relay need not deliver it again; returns its result.
 * Null, and nothing acknowledged, while the record says `pending`, whatever a workflow has answered.
 */
export async function acknowledgeCommand(sql: Db, id: string): Promise<{ refusal: Refusal | null } | null> {
  const [decided] = await sql<{ refusal: Refusal | null }[]>`
    update commands set settled_at = coalesce(settled_at, now()) where id = ${id} and status <> 'pending'
    returning refusal`;
  return decided ?? null;
}

/** Reads what `decide` has to know about a command beyond its body. */
export async function readCircumstances(
  tx: Tx,
  state: ApplicationState,
  command: Command,
  today: PlainDate,
): Promise<Partial<Circumstances>> {
  const { id, action, body } = command;
  switch (action) {
    case 'confirmations': {
      const on = state.facts[body.fact];
      const current = on && on.status !== 'disputed' ? await readFactBody(tx, state, body.fact, on.entryId) : null;
      const proof = await readFactProof(tx, body.fact, body);
      // the same words say more once the file is stored that they named
      const mends = proof.evidence.length > 0 && findLackOf(state, body.fact) === 'document';
      return {
        digest: computeDigest(body.value),
        identical:
          current !== null && !mends && computeDigest(pickWording(current)) === computeDigest(pickWording(body)),
        proof,
        phoneFactsNeedApproval: await areApprovalsWanted(tx),
      };
    }
    case 'approval': {
      const on = state.facts[body.fact];
      if (!on) return {};
      const [row] = await tx<{ recorder: string | null; approver: string | null }[]>`
        select ${findUserBehind(tx, tx`(select c.actor from events e join commands c on c.id = e.command_id where e.id = ${on.entryId})`)} as recorder,
          ${findUserBehind(tx, tx`(select actor from commands where id = ${id})`)} as approver`;
      const { recorder, approver } = row!;
      return { bySecondPerson: approver !== null && approver !== recorder };
    }
    case 'contacts': {
      const [rep, referenceNumber] = [body.rep, body.referenceNumber].map((text) => text && normalizeWords(text));
      return { call: computeDigest(describeCall({ ...body, rep, referenceNumber }, today)) };
    }
    case 'information':
      return { settled: await listSettledItems(tx, state, body.items) };
    case 'corrections': {
      const [row] = await tx<{ event: ApplicationEvent; commandId: string | null; struckBy: string | null }[]>`
        select event, command_id, struck_by from events
        where application_id = ${state.id} and id::text = ${body.entryId}`;
      if (!row) return {};
      const own = row.commandId === row.event.id;
      return { entry: { kind: row.event.kind, own, struck: row.struckBy !== null } };
    }
    default:
      return {};
  }
}

/** Whether a fact by phone that is recorded now awaits a second person's approval. */
export async function areApprovalsWanted(sql: Db): Promise<boolean> {
  const [row] = await sql<{ wanted: boolean }[]>`select ${isSet(sql, 'phoneFactsNeedApproval')} as wanted`;
  return row!.wanted;
}

/** Picks the fields by which one confirmation repeats another: everything but the reason for changing it. */
function pickWording({ value, source, reference, rep, confirmedOn, seen, evidence }: GivenFact) {
  return { value, source, reference, rep, confirmedOn, seen, evidence };
}

/** Reads the proof behind a fact, with the proof behind the one that it is inherited from: documents only with their file. */
export async function readFactProof(sql: Db, fact: Fact, given: GivenFact): Promise<Proof> {
  const proof = await readNamedProof(sql, fact, given);
  const wasStored = await readStoredDocuments(sql, proof.evidence);
  return { ...proof, evidence: proof.evidence.filter((id) => wasStored(id)) };
}

async function readNamedProof(sql: Db, fact: Fact, given: GivenFact): Promise<Proof> {
  const own = readProof(given);
  const agreementId = findInheritedAgreement(given.value);
  if (agreementId === null) return own;
  const column = fact === 'contract' ? sql`contract` : sql`claims_route`;
  const [held] = await sql<{ entryId: string | null }[]>`
    select ${column}->>'entryId' as entry_id from agreements where id = ${agreementId}`;
  const proofs = await readProofs(sql, held?.entryId ? [held.entryId] : []);
  return addProofs(own, proofs.get(held?.entryId ?? ''));
}

/** Reads the body that an entry of a fact was given with, by a PUT or by an adoption. */
export async function readFactBody(tx: Db, state: ApplicationState, fact: Fact, entryId: string): Promise<GivenFact> {
  const [row] = await tx<FactRow[]>`
    select c.action, c.body from events e join commands c on c.id = e.command_id
    where e.application_id = ${state.id} and e.id = ${entryId}`;
  const given = row?.action === 'open' ? row.body.adopt?.confirmations?.[fact] : row?.body;
  if (!given) throw new Error(`no entry ${entryId}`);
  return given;
}

type FactRow = { action: 'open'; body: OpeningBody } | { action: 'confirmations'; body: Bodies['confirmations'] };

/** Reads the outstanding items, in the words in which they were asked for. */
export async function readOutstandingItems(
  sql: Db,
  { outstanding }: ApplicationState,
): Promise<{ ref: string; item: string }[]> {
  if (outstanding.length === 0) return [];
  return sql<{ ref: string; item: string }[]>`
    select o.ref, c.body->'missingItems'->>split_part(o.ref, '#', 2)::int as item
    from unnest(${outstanding}::text[]) with ordinality as o(ref, position)
    join commands c on c.id = split_part(o.ref, '#', 1)::uuid
    order by position`;
}

const normalizeWords = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase();

/** Lists the outstanding items that are among those that were sent. */
async function listSettledItems(tx: Tx, state: ApplicationState, sent: string[]): Promise<string[]> {
  const given = new Set(sent.map(normalizeWords));
  return (await readOutstandingItems(tx, state))
    .filter(({ item }) => given.has(normalizeWords(item)))
    .map(({ ref }) => ref);
}

/** Lists the places of items that the payer did not ask for; none if the request lists none. */
export async function listUnaskedItems(sql: Db, state: ApplicationState, sent: string[]): Promise<number[]> {
  const asked = new Set((await readOutstandingItems(sql, state)).map(({ item }) => normalizeWords(item)));
  return asked.size === 0 ? [] : sent.flatMap((item, index) => (asked.has(normalizeWords(item)) ? [] : [index]));
}

/**
 * Writes the condition that a command is in its application's line: it has no outcome yet, and has not failed by itself
 * and rests.
 */
const isInLine = (sql: Db): Fragment => sql`
  c.settled_at is null and c.dead_at is null
  and (c.last_error is null or c.last_error = ${NO_ANSWER} or c.next_attempt_at <= now())`;

/** A command as a caller has it delivered. */
export interface CommandDelivery {
  command: KeptCommand;
  /** Its outcome is known. */
  settled: boolean;
  /** The oldest command that waits before it and is not in another API's hands. */
  olderId: string | null;
}

/** Reads a command by its id, and what is to be delivered before it; `passed` are those that are not waited for. */
export async function readDelivery(sql: Db, id: string, passed: readonly string[] = []): Promise<CommandDelivery> {
  const [row] = await sql<(CommandRow & { settled: boolean; olderId: string | null })[]>`
    select ${selectCommandColumns(sql)}, o.settled_at is not null as settled, (
      select c.id from commands c
      where c.application_id = o.application_id and (c.received_at, c.id) < (o.received_at, o.id)
        and ${isInLine(sql)} and (c.attempts > 0 or c.next_attempt_at <= now()) and c.id <> all(${passed}::uuid[])
      order by c.received_at, c.id limit 1) as older_id
    from commands o where o.id = ${id}`;
  if (!row) throw new Error(`no command ${id}`);
  const { settled, olderId, ...rest } = row;
  return { command: readCommand(rest), settled, olderId };
}

/** Leaves a command, for which its caller waits no longer, to the relay. */
export async function handToRelay(sql: Db, id: string): Promise<void> {
  const left = await sql`
    update commands set next_attempt_at = now()
    where id = ${id} and settled_at is null and dead_at is null and attempts = 0 returning id`;
  if (left.length > 0) await sql`notify commands`;
}

/** A command that a relay has in hand. */
export interface ClaimedCommand {
  id: string;
  applicationId: string;
  attempts: number;
}

/**
 * Takes the oldest waiting command of up to `limit` applications for as long as the lease lasts; the next of the same
 * application waits until it is settled. Those that never failed come first, and chance is fair to applications.
 */
export const claimCommands = (sql: Db, limit: number, leaseSeconds: number): Promise<ClaimedCommand[]> =>
  // from one application to the next, however many commands wait behind each
  sql<ClaimedCommand[]>`
    with recursive heads as (
      (select c.application_id, c.id from commands c where ${isInLine(sql)}
        order by c.application_id, c.received_at, c.id limit 1)
      union all
      select n.application_id, n.id from heads h cross join lateral (
        select c.application_id, c.id from commands c where ${isInLine(sql)} and c.application_id > h.application_id
        order by c.application_id, c.received_at, c.id limit 1) n)
    update commands set
      attempts = attempts + 1, last_error = null, next_attempt_at = now() + make_interval(secs => ${leaseSeconds})
    where id in (
      select c.id from heads h join commands c on c.id = h.id
      where c.next_attempt_at <= now() and c.settled_at is null and c.dead_at is null
      order by c.attempts > 0, random() limit ${limit} for no key update of c skip locked)
    returning id, application_id, attempts`;

/** Postpones a command after a failed try. */
export async function postponeCommand(sql: Db, id: string, next: NextTry, error: string): Promise<void> {
  await sql`
    update commands set
      attempts = ${next.tries}, next_attempt_at = now() + make_interval(secs => ${next.inSeconds}),
      last_error = ${error}, dead_at = ${next.dead ? sql`now()` : null}
    where id = ${id} and settled_at is null`;
}
