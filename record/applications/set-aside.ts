import { addMilliseconds } from '../../domain/time/dates';
import { randomUUID } from 'node:crypto';
import type { Instant } from '../../domain/time/instants';
import type { TimerName } from '../../domain/applications/events';
import type { ApplicationState } from '../../domain/applications/state';
import type { Db, Fragment, Tx } from '../../runtime/database';

/** Work on an application that failed too often by itself, and waits. */
export interface RestingWork {
  what: 'due' | 'file';
  /** Only for due work: its timer. */
  timer: TimerName | null;
  /** When it is tried again. */
  againAt: Instant;
}

/** The pause before work that was set aside is tried again. */
export const TRY_AGAIN_MS = 3_600_000;

/** Lists the due work and the file change of an application that were set aside, as JSON. */
export const listRestingWork = (sql: Db, applicationId: Fragment): Fragment => sql`
  coalesce((
    select jsonb_agg(jsonb_build_object('what', s.what, 'timer', s.timer,
      'againAt', to_char(s.again_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
    from set_aside s where s.application_id = ${applicationId} and s.what <> 'command'), '[]'::jsonb)`;

/** Lists the timers that work silences while it rests; a file silences the timer that reads it. */
export const listSilencedTimers = (work: readonly Pick<RestingWork, 'what' | 'timer'>[]): TimerName[] =>
  work.flatMap(({ what, timer }) => (what === 'file' ? 'file' : (timer ?? [])));

/** Keeps that a piece of an application's work was set aside; again and again it is the same one. */
export async function keepSetAside(
  tx: Tx,
  { snapshot }: { snapshot: ApplicationState },
  {
    at: since,
    ...what
  }: {
    what: 'command' | 'due' | 'file';
    commandId: string | null;
    timer: TimerName | null;
    cause: string;
    at: Instant;
    againAt: Instant | null;
  },
): Promise<void> {
  const row = { id: randomUUID(), clientId: snapshot.clientId, applicationId: snapshot.id, since, ...what };
  await tx`
    insert into set_aside ${tx(row)}
    on conflict (application_id, what, command_id, timer) where watch is null
    do update set cause = excluded.cause, again_at = excluded.again_at`;
}

/**
 * Sets aside for an hour the timers that were due, were handled, and are due still: they came to nothing, and would do so for
 * ever. One that is armed anew meanwhile fires by then.
 */
export async function setAsideIdle(
  tx: Tx,
  row: { snapshot: ApplicationState },
  armed: readonly { at: Instant; timer: TimerName }[],
  { at, timers }: { at: Instant; timers: readonly TimerName[] },
): Promise<TimerName[]> {
  const idle = armed.filter((one) => one.at <= at && !timers.includes(one.timer)).map(({ timer }) => timer);
  const againAt = addMilliseconds(at, TRY_AGAIN_MS);
  for (const timer of idle)
    await keepSetAside(tx, row, { what: 'due', commandId: null, timer, cause: 'came_to_nothing', at, againAt });
  return idle;
}

/**
 * Settles work that was tried again: if it has not failed, it is no longer set aside; if it was put off, it waits for
 * another hour.
 */
export async function settleTriedAgain(
  tx: Tx,
  { snapshot }: { snapshot: ApplicationState },
  { at, tried, putOff }: { at: Instant } & Record<'tried' | 'putOff', readonly RestingWork[]>,
): Promise<void> {
  const againAt = addMilliseconds(at, TRY_AGAIN_MS);
  const isSameWork = ({ what, timer }: RestingWork) => tx`
    application_id = ${snapshot.id} and what = ${what} and timer is not distinct from ${timer}`;
  for (const one of tried) await tx`delete from set_aside where ${isSameWork(one)}`;
  for (const one of putOff) await tx`update set_aside set again_at = ${againAt} where ${isSameWork(one)}`;
}
