import { areOneEntry, isAmong } from '../kernel/one-entry';
import type { Db, Fragment, Tx } from '../../runtime/database';

/** Adds spans from a day on: the relationship reaches payers in its states, or in every state if it names none. */
export async function addSpans(
  tx: Tx,
  { id: relationshipId, clientId, states }: { id: string; clientId: string; states: readonly string[] | null },
  payerIds: readonly string[],
  fromOn: Fragment,
): Promise<void> {
  await tx`
    insert into platform_spans (client_id, relationship_id, payer_id, states, from_on)
    select ${clientId}, ${relationshipId}, payer_id, ${states && [...states]}::text[], ${fromOn}
    from unnest(${[...payerIds]}::uuid[]) as payer_id`;
}

/** Restates some spans of a relationship; what was known about them before is kept. */
export async function restateSpans(
  tx: Tx,
  relationshipId: string,
  {
    which,
    fromOn = tx`from_on`,
    untilOn = tx`until_on`,
    states = tx`states`,
  }: { which: Fragment; fromOn?: Fragment; untilOn?: Fragment; states?: Fragment },
): Promise<void> {
  await tx`
    with before as (
      update platform_spans set known_to = now()
      where relationship_id = ${relationshipId} and known_to is null and (${which}) returning *)
    insert into platform_spans (client_id, relationship_id, payer_id, states, from_on, until_on)
    select client_id, relationship_id, payer_id, ${states}, ${fromOn}, ${untilOn} from before order by id`;
}

/** Writes the condition that the payer `n` of a span is this one, was merged with it or stands for it. */
const isBilledAs = (sql: Db, payerId: Fragment): Fragment => sql`
  exists (select from payers asked
    where asked.id = ${payerId}
      and (${areOneEntry(sql, 'n', 'asked')}
        or ${isAmong(sql, 'asked', sql`n.covers`)}))`;

/** Writes the condition that the span `m` is about a state; a state that is not known may be any. */
export const isAboutState = (sql: Db, state: Fragment): Fragment => sql`
  (m.states is null or ${state} is null or ${state} = any(m.states))`;

/** Writes the condition that a payer is billed through the relationship `r` on a day in a state. */
export const isCarried = (sql: Db, payerId: Fragment, state: Fragment, on: Fragment): Fragment => sql`
  exists (select from platform_spans m join payers n on n.id = m.payer_id
    where m.relationship_id = r.id and m.known_to is null and ${on} between m.from_on and m.until_on
      and ${isAboutState(sql, state)} and ${isBilledAs(sql, payerId)})`;

/** Writes the condition that a payer is billed through the relationship `r` in a state, on a day or later. */
export const isCarriedFrom = (sql: Db, payerId: Fragment, state: Fragment, day: Fragment): Fragment => sql`
  exists (select from platform_spans m join payers n on n.id = m.payer_id
    where m.relationship_id = r.id and m.known_to is null and m.until_on >= greatest(m.from_on, ${day})
      and ${isAboutState(sql, state)} and ${isBilledAs(sql, payerId)})`;

/**
 * Selects the day since when a platform has covered a provider's payer in a state, or from when it will; -infinity if
 * the day is unknown. An ended cover counts too, as its letters are still about.
 */
export const selectCoveredSince = (sql: Db, providerId: Fragment, payerId: string, state: string): Fragment => sql`
  (select min(m.from_on)::text from platform_relationships r
    join platform_spans m on m.relationship_id = r.id and m.known_to is null and m.from_on <= m.until_on
    join payers n on n.id = m.payer_id
    where r.provider_id = ${providerId} and ${isAboutState(sql, sql`${state}::text`)} and ${isBilledAs(sql, sql`${payerId}::uuid`)})`;

/**
 * Selects the last day on which the payer of the application `a` is billed through the relationship `r`; if it never
 * was, the relationship's own.
 */
export const selectLastDayThrough = (sql: Db): Fragment => sql`
  coalesce(
    (select max(m.until_on) from platform_spans m join payers n on n.id = m.payer_id
      where m.relationship_id = r.id and m.known_to is null
        and ${isAboutState(sql, sql`a.state`)} and ${isBilledAs(sql, sql`a.payer_id`)}),
    r.ended_on, 'infinity')`;
