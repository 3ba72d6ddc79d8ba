import type { ApplicationEvent } from '../../domain/applications/events';
import type { Instant } from '../../domain/time/instants';
import { foldEvents, RULES_VERSION } from '../../domain/applications/reduce';
import type { ApplicationState } from '../../domain/applications/state';
import { isSameValue } from '../../domain/kernel/facts';
import { toJson, type Db, type Fragment } from '../../runtime/database';
import { buildColumns } from '../applications/projection';
import { isSpanAsFolded } from '../applications/spans';

export type RoundName = 'closed_runs' | 'late_runs' | 'comparison';

/** The counts of a round: restarted, repaired and so on. */
export type Summary = Record<string, number>;

export interface Round {
  startedAt: Instant;
  lookedThrough: Instant;
  lastId: string | null;
  summary: Summary | null;
}

/** Claims a round that is due, for `seconds` in which no other worker makes it; null if none is due. */
export async function claimRound(sql: Db, name: RoundName, seconds: number): Promise<Round | null> {
  const [round] = await sql<Round[]>`
    update rounds set next_at = now() + make_interval(secs => ${seconds}) where name = ${name} and next_at <= now()
    returning now() as started_at, looked_through, last_id, summary`;
  return round ?? null;
}

/** Keeps a claimed round for longer. */
export async function extendRound(sql: Db, name: RoundName, seconds: number): Promise<void> {
  await sql`update rounds set next_at = now() + make_interval(secs => ${seconds}) where name = ${name}`;
}

/** Ends a round, or a part of one; the next is due after `afterSeconds`. */
export async function endRound(
  sql: Db,
  name: RoundName,
  of: { afterSeconds: number; lookedThrough?: Instant; lastId?: string; summary: Summary },
): Promise<void> {
  const { afterSeconds, lookedThrough, lastId = null, summary } = of;
  const counted = toJson(sql, summary);
  await sql`
    update rounds set next_at = now() + make_interval(secs => ${afterSeconds}),
      looked_through = coalesce(${lookedThrough ?? null}, looked_through), last_id = ${lastId},
      ${lastId === null ? sql`summary = null, last_summary = ${counted}` : sql`summary = ${counted}`}
    where name = ${name}`;
}

/** An application whose workflow is to be looked at; `isLate`: it should have asked the record by now. */
export interface Suspect {
  id: string;
  isLate: boolean;
}

/** Writes the condition that no start of the application `a` waits in the outbox: such a workflow is about to be there. */
const hasNoWaitingStart = (sql: Db): Fragment => sql`
  not exists (select from outbox o where o.subject = a.id and o.topic in ('start_application', 'start_participation'))`;

/** Lists workflows that are late to ask the record by more than `lateSeconds`, and those that are due to be looked at again. */
export function listSuspects(
  sql: Db,
  { lateSeconds, limit }: { lateSeconds: number; limit: number },
): Promise<Suspect[]> {
  const late = sql`a.wakes_at < now() - make_interval(secs => ${lateSeconds})`;
  return sql<Suspect[]>`
    (select a.id, true as is_late from applications a left join run_checks c on c.application_id = a.id
      where ${late} and coalesce(c.next_check_at <= now(), true) and ${hasNoWaitingStart(sql)}
      order by a.wakes_at limit ${limit})
    union all
    (select a.id, false from run_checks c join applications a on a.id = c.application_id
      where c.next_check_at <= now() and (${late}) is not true and ${hasNoWaitingStart(sql)}
      order by c.next_check_at limit ${limit})`;
}

/** Whether the start of a workflow is still in the outbox. */
export async function isStartWaiting(sql: Db, applicationId: string): Promise<boolean> {
  const [row] = await sql`select from applications a where a.id = ${applicationId} and ${hasNoWaitingStart(sql)}`;
  return row === undefined;
}

export interface Finding {
  found: 'restarted' | 'woken' | 'late' | 'failing' | 'error';
  runId?: string | null;
  error?: string;
}

/**
 * Keeps the finding about a workflow, and looks again later each time; returns since when it has been so, and how often
 * it was restarted.
 */
export async function keepFinding(
  sql: Db,
  applicationId: string,
  { found, runId = null, error }: Finding,
): Promise<{ since: Instant; restarts: number }> {
  const same = sql`(run_checks.found = excluded.found and run_checks.run_id is not distinct from excluded.run_id)`;
  const restarted = found === 'restarted' ? 1 : 0;
  const [row] = await sql<{ since: Instant; restarts: number }[]>`
    insert into run_checks (application_id, found, run_id, restarts, next_check_at, last_error)
    values (${applicationId}, ${found}, ${runId}, ${restarted}, now() + interval '1 minute', ${error ?? null})
    on conflict (application_id) do update set found = excluded.found, run_id = excluded.run_id,
      since = case when ${same} then run_checks.since else now() end,
      attempts = run_checks.attempts + 1, restarts = run_checks.restarts + excluded.restarts,
      next_check_at = now() + least(interval '10 minutes', interval '1 minute' * (2 ^ least(run_checks.attempts, 10))),
      last_error = excluded.last_error
    returning since, restarts`;
  return row!;
}

/** Deletes the finding about a workflow that is well again. */
export async function deleteFinding(sql: Db, applicationId: string): Promise<void> {
  await sql`delete from run_checks where application_id = ${applicationId}`;
}

/** An application's row and the purposes of its items of the queue, with its timeline. */
export type ComparedApplication = {
  id: string;
  snapshot: ApplicationState;
  history: ApplicationEvent[] | null;
} & Record<string, unknown>;

/** Lists the next applications to be compared with their timelines, in the order of their ids. */
export function listApplicationsToCompare(
  sql: Db,
  afterId: string | null,
  limit: number,
): Promise<ComparedApplication[]> {
  return sql<ComparedApplication[]>`
    select a.*, (select jsonb_agg(e.event order by e.seq) from events e where e.application_id = a.id) as history,
      coalesce((select jsonb_agg(w.purpose order by w.purpose) from work_items w where w.application_id = a.id), '[]') as items
    from applications a
    where ${afterId === null ? sql`true` : sql`a.id > ${afterId}`}
    order by a.id limit ${limit}`;
}

/**
 * Lists the differences of an application from its timeline: the snapshot, columns, items of the queue, the span that
 * billing readiness reads. A state that other rules folded says `rules` alone: it is folded again. A timeline that
 * cannot be folded is put before a person.
 */
export async function listDifferences(sql: Db, { snapshot, history, ...row }: ComparedApplication): Promise<string[]> {
  if (history?.[0]?.kind !== 'opened') return ['timeline'];
  const folded = JSON.parse(JSON.stringify(foldEvents(history))) as ApplicationState;
  const isSnapshot = isSameValue(folded, snapshot);
  if (row.rulesVersion !== RULES_VERSION) return isSnapshot ? [] : ['rules'];
  const items = folded.agenda.items.map(({ purpose }) => purpose).sort();
  const columns = Object.entries({ ...buildColumns(folded), items }).flatMap(([name, value]) =>
    isSameValue(row[name], value) ? [] : [name],
  );
  const isSpan = await isSpanAsFolded(sql, folded);
  return [...(isSnapshot ? [] : ['snapshot']), ...columns, ...(isSpan ? [] : ['span'])];
}
