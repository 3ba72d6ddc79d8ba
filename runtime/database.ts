import { setTimeout } from 'node:timers/promises';
import postgres from 'postgres';

const options = {
  types: {
    // A date stays text: a Date would move it by the process's zone.
    date: { to: 1082, from: [1082], serialize: (day: string) => day, parse: (day: string) => day },
    timestamptz: {
      to: 1184,
      from: [1184],
      serialize: (instant: string | Date) => (instant instanceof Date ? instant.toISOString() : instant),
      // as RFC 3339: in PostgreSQL's own form JavaScript takes the year 0001 for 2001
      parse: (instant: string) => new Date(instant.replace(' ', 'T').replace('+00', 'Z')).toISOString(),
    },
    // Counts and identity columns: all far below 2^53.
    bigint: { to: 20, from: [20], serialize: String, parse: Number },
  },
  // Column names only: postgres.camel would rename keys inside jsonb too.
  transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
  connect_timeout: 5,
  onnotice: () => undefined,
};

export type Sql = postgres.Sql;
/** The connection of a query: the pool or a transaction of it. */
export type Db = postgres.ISql;
export type Tx = postgres.TransactionSql;
/** Makes a value for a column of type jsonb. */
export const toJson = (sql: Db, value: unknown): postgres.Parameter => sql.json(value as postgres.JSONValue);

/**
 * Makes rows for an insert, or the columns for an update, by the names of their columns. The driver's own type knows neither optional
 * columns nor fragments among the values.
 */
export const toRows = (sql: Db, rows: object | readonly object[]) => sql(rows as Record<string, string>[]);

/** A piece of a query. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>;

/** Two changes that waited for each other: PostgreSQL undoes one of them, and it works once the other is done. */
const UNDONE = /^40(001|P01)$/;
export const isUndone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && UNDONE.test(String(error.code));

/** Whether others held a lock for longer than it was waited for. */
export const isLockTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '55P03';

/** How long, in milliseconds, a transaction that PostgreSQL undid is begun again, and the longest pause before that. */
const AGAIN = { within: 3000, pause: 100 };

/**
 * Creates the process's one pool of at most `max` connections; it connects on first use. Rows have camelCase columns,
 * dates as YYYY-MM-DD, instants as RFC 3339 UTC with milliseconds, and jsonb as it was stored. A transaction that
 * PostgreSQL undid for the sake of another is begun again, so its effects outside of the database must bear repeating.
 */
export function createDatabase(url: string, { max }: { max: number }): Sql {
  const sql = postgres(url, {
    ...options,
    max,
    connection: { TimeZone: 'UTC', statement_timeout: 30_000, application_name: 'countersign' },
  });
  const begin = sql.begin.bind(sql);
  return Object.assign(sql, {
    begin: (...args: Parameters<typeof begin>) => retryUndone(() => begin(...args)),
  });
}

/**
 * Begins a transaction whose statements all see the record as of one moment, whatever others commit meanwhile. It changes
 * nothing, unless its mode says so.
 */
export const beginAtOneMoment = <T>(
  sql: Sql,
  work: (tx: Tx) => Promise<T>,
  mode: 'read only' | 'read write' = 'read only',
) => sql.begin(`isolation level repeatable read ${mode}`, work);

/** Does work again while PostgreSQL undoes it, at most for three seconds. */
async function retryUndone<T>(work: () => Promise<T>): Promise<T> {
  const late = performance.now() + AGAIN.within;
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!isUndone(error) || performance.now() > late) throw error;
      await setTimeout(Math.random() * AGAIN.pause);
    }
}

/**
 * How long one statement of a step may take, and wait for a lock that others hold (which is no failure of the step, and
 * leaves time for the rest), and after how long a step may begin no other: together less than a workflow waits for it,
 * so that the next try finds no lock of the last one.
 */
export const STEP_LIMITS_MS = { statement: 5000, lock: 3000, begin: 4000 };

/** A step that took longer than it may. */
export class StepTooLong extends Error {
  override name = 'StepTooLong';
}

/** Whether a step, or a statement of it, took longer than it may. */
export const isTooLong = (error: unknown): boolean =>
  error instanceof StepTooLong || (error instanceof Error && 'code' in error && error.code === '57014');

/** A step that does nothing, in about as many statements as others have: a quarter of their time is too long for it. */
const IDLE_STEP = { statements: 15, withinMs: STEP_LIMITS_MS.begin / 4 };

/** Whether this process, its connections or the server are too busy for a step to be done in time, whatever it does. */
export function isStarved(sql: Sql, { statements, withinMs } = IDLE_STEP): Promise<boolean> {
  const late = performance.now() + withinMs;
  const idle = sql.begin(async (tx) => {
    for (let n = 0; n < statements; n += 1) await tx`select`;
  });
  return Promise.race([
    idle.then(
      () => performance.now() > late,
      () => true,
    ),
    setTimeout(withinMs, true, { ref: false }),
  ]);
}

/**
 * Takes a workflow's step in one transaction, which is rolled back if it exceeds its limits. PostgreSQL's limits for
 * transactions are no use here: they end the session, and the driver then runs the rest of the work in another one.
 */
export function beginStep<T>(sql: Sql, work: (tx: Tx) => Promise<T>, limits = STEP_LIMITS_MS) {
  let begun: number | undefined;
  return sql.begin((tx) => {
    // from here: it is no fault of this step that others hold the connections
    begun ??= performance.now();
    const late = begun + limits.begin;
    // Sent ahead of the first statement, without waiting; if it fails, that one does.
    tx`
      select set_config('statement_timeout', ${String(limits.statement)}, true),
        set_config('lock_timeout', ${String(limits.lock)}, true)`
      .execute()
      .catch(() => undefined);
    const limited = new Proxy(tx, {
      apply(target, self, args) {
        if (performance.now() > late) throw new StepTooLong(`A step took longer than ${limits.begin} ms.`);
        return Reflect.apply(target, self, args);
      },
    });
    return work(limited);
  });
}

/**
 * Limits what a transaction under `cs_worker` may write to rows of the clients whose ids a query selects. Sent ahead of the next
 * statement, without waiting; if it fails, that one does.
 */
export function limitWrites(tx: Tx, clients: Fragment): void {
  tx`select set_config('countersign.scope', array(${clients})::text, true)`.execute().catch(() => undefined);
}
