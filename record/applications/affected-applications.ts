import { isSameAgreement } from './same-key';
import type { Bodies } from '../../domain/applications/bodies';
import { findGivenLastDay, findLastDay, type ApplicationState } from '../../domain/applications/state';
import type { PlainDate } from '../../domain/time/instants';
import type { Db, Fragment, Tx } from '../../runtime/database';
import { deriveId } from '../kernel/digest';
import { readFactBody } from './commands';

/** Writes the condition that `o` is another confirmed application for the scope of an application `t`. */
export const isSameScope = (sql: Db): Fragment => sql`
  ${isSameAgreement(sql, 'o', 't')} and o.provider_id = t.provider_id
  and o.location_id is not distinct from t.location_id and o.stage = 'confirmed'`;

/** A participation as a termination ends it. */
export interface TerminatedParticipation {
  id: string;
  clientId: string;
  /** The entry of the end that the termination gave it before; `holds`: it is still the one that it gives. */
  given: { id: string; holds: boolean } | null;
  /** The body of the command that ends it; null: the termination gives no last day any more. */
  body: Bodies['participation-end'] | null;
}

interface Row {
  id: string;
  clientId: string;
  effectiveFrom: PlainDate | null;
  effectiveTo: PlainDate | null;
  terminatedOn: PlainDate | null;
  ending: { id: string; body: Bodies['participation-end'] } | null;
}

/**
 * Lists the participations that a termination ends, or ended: those that it gave their end, and while it gave none yet
 * those that had begun and have no end. An end with another source stays as it is, and while the last day is in dispute
 * so does everything.
 */
export async function listTerminatedParticipations(sql: Db, terminationId: string): Promise<TerminatedParticipation[]> {
  const [termination] = await sql<{ snapshot: ApplicationState }[]>`
    select snapshot from applications where id = ${terminationId}`;
  if (!termination || isLastDayDisputed(termination.snapshot)) return [];
  const lastDay = findGivenLastDay(termination.snapshot);
  const body = lastDay && (await buildEnding(sql, termination.snapshot, lastDay));
  const rows = await selectTerminable(sql, terminationId);
  const own = rows.filter((row) => isGivenBy(row, terminationId));
  const others = rows.filter(({ effectiveFrom, effectiveTo, terminatedOn }) =>
    body
      ? effectiveTo === null && (effectiveFrom ?? body.on) <= body.on
      : effectiveTo === null && terminatedOn !== null,
  );
  return (own.length > 0 ? own : others).map((row) => ({
    id: row.id,
    clientId: row.clientId,
    given: isGivenBy(row, terminationId) ? { id: row.ending!.id, holds: isSameEnding(row.ending!.body, body) } : null,
    body,
  }));
}

/** Whether the last day that a participation has on record came from a termination that no longer gives it. */
export async function isEndWithdrawn(sql: Db, state: ApplicationState): Promise<boolean> {
  const on = findLastDay(state);
  if (on === null) return false;
  const [given] = await sql<{ entryId: string | null; snapshot: ApplicationState | null }[]>`
    select c.body->'givenBy'->>'entryId' as entry_id, t.snapshot from commands c
    left join applications t on t.id = (c.body->'givenBy'->>'terminationId')::uuid
    where c.application_id = ${state.id} and c.action = 'participation-end' and c.status <> 'refused'
      and c.body->>'on' = ${on}
      and not exists (
        select from commands x
        where x.application_id = c.application_id and x.action = 'corrections' and x.body->>'entryId' = c.id::text
          and x.status = 'applied')
    order by c.received_at desc, c.id desc limit 1`;
  if (!given?.snapshot || isLastDayDisputed(given.snapshot)) return false;
  return findGivenLastDay(given.snapshot)?.entryId !== given.entryId;
}

const isLastDayDisputed = ({ facts }: ApplicationState): boolean => facts.effectiveDate?.status === 'disputed';

/** Locks a termination, so that what follows from it is worked out by one at a time; returns its version. */
export async function lockTermination(tx: Tx, terminationId: string): Promise<number> {
  const [row] = await tx<{ version: number }[]>`
    select version from applications where id = ${terminationId} for no key update`;
  if (!row) throw new Error(`no application ${terminationId}`);
  return row.version;
}

/**
 * Finds when the latest of the participations began that a termination would end or has ended; null if there is none.
 */
export async function findTerminableSince(sql: Db, terminationId: string): Promise<PlainDate | null> {
  const rows = await selectTerminable(sql, terminationId);
  const own = rows.filter((row) => isGivenBy(row, terminationId));
  const since = (own.length > 0 ? own : rows.filter(({ effectiveTo }) => effectiveTo === null)).flatMap(
    ({ effectiveFrom }) => effectiveFrom ?? [],
  );
  return since.sort().at(-1) ?? null;
}

/** Selects the participations of a termination's scope, each with the last end on record or on its way. */
const selectTerminable = (sql: Db, terminationId: string): Promise<Row[]> => sql<Row[]>`
  select o.id, o.client_id, s.effective_from, s.effective_to, s.terminated_on, e.ending
  from applications t
  join applications o on ${isSameScope(sql)}
  join network_spans s on s.application_id = o.id and s.known_to is null
  left join lateral (
    select jsonb_build_object('id', c.id, 'body', c.body) as ending from commands c
    where c.application_id = o.id and c.action = 'participation-end'
      and (c.status = 'applied' or c.status = 'pending' and c.body->'givenBy'->>'terminationId' = ${terminationId})
      and not exists (
        select from commands x
        where x.application_id = o.id and x.action = 'corrections' and x.body->>'entryId' = c.id::text
          and x.status <> 'refused')
    order by c.received_at desc, c.id desc limit 1) e on true
  where t.id = ${terminationId}`;

/** Whether a termination gave a participation its end; an earlier end names the termination by its id. */
const isGivenBy = ({ id, ending }: Row, terminationId: string): boolean =>
  ending !== null &&
  (ending.body.givenBy?.terminationId === terminationId || ending.id === deriveId(`${terminationId}/${id}`));

const isSameEnding = (one: Bodies['participation-end'], other: Bodies['participation-end'] | null): boolean =>
  one.givenBy ? one.givenBy.entryId === other?.givenBy?.entryId : one.on === other?.on;

async function buildEnding(
  sql: Db,
  termination: ApplicationState,
  { on, entryId }: { on: PlainDate; entryId: string },
): Promise<Bodies['participation-end']> {
  const { source, reference } = await readFactBody(sql, termination, 'effectiveDate', entryId);
  return { on, reason: 'termination', source, reference, givenBy: { terminationId: termination.id, entryId } };
}
