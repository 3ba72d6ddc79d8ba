import { AsyncLocalStorage } from 'node:async_hooks';
import type postgres from 'postgres';
import type { Db, Fragment, Sql, Tx } from './database';

/** A caller for whom statements are sent: one of some clients, whose rows alone the database then shows, or, null, of all. */
export interface Caller {
  clientIds: readonly string[] | null;
  /** Whether the caller may change something: a change reads all, as every client concerned is notified of it. */
  changes?: boolean;
}

const callers = new AsyncLocalStorage<Caller>();

/** Runs work for a caller: statements to a database of `createCallerDatabase` go under the caller's role meanwhile. */
export const runForCaller = <T>(caller: Caller, work: () => T): T => callers.run(caller, work);

/** Runs work of the system's own, which looks at every client. */
export const runForAll = <T>(work: () => T): T => callers.run({ clientIds: null }, work);

/** Makes a function that runs for the caller of now, from wherever it is called later. */
export const keepCaller = <F extends (...args: never[]) => unknown>(work: F): F => AsyncLocalStorage.bind(work);

/** Selects, and thereby sets, the clients of a transaction: it may write their rows alone, and `cs_scoped` reads no others. */
export const selectScope = (sql: Db, clientIds: readonly string[]): Fragment =>
  sql`select set_config('countersign.scope', ${`{${clientIds.join()}}`}, true)`;

/** Connections of the roles that statements of requests go under. */
interface Pools {
  every: Sql;
  scoped: Sql;
  worker: Sql;
}

/**
 * Creates a database whose statements go under the role of the caller that `runForCaller` named, so that no statement can
 * forget it; without a caller it throws. Each statement of a caller of some clients is one transaction with its scope. It does
 * not reserve a connection to send all of that at once: the driver's reserve() never returns once its connection was closed.
 */
export function createCallerDatabase({ every, scoped, worker }: Pools): Sql {
  function beginForCaller(options: string | Work, work?: Work): Promise<unknown> {
    const { clientIds, changes } = readCaller();
    const [how, what] = typeof options === 'string' ? [options, work!] : ['', options];
    if (clientIds === null) return every.begin(how, what);
    return beginInScope(changes ? worker : scoped, clientIds, what, how);
  }

  return new Proxy(every, {
    apply(target, self, args: Parameters<Sql>) {
      const made: unknown = Reflect.apply(target, self, args);
      if (!(made instanceof Promise)) return made;
      const { clientIds } = readCaller();
      return clientIds === null ? made : wrapQuery(scoped, clientIds, made as Fragment);
    },
    get: (target, name): unknown => (name === 'begin' ? beginForCaller : Reflect.get(target, name)),
  });
}

/**
 * Creates a database whose transactions, the steps of workflows, go under `cs_worker`, each with the clients of its step
 * (`limitWrites`); its other statements, by which tries are counted, are the system's own.
 */
export const createStepDatabase = ({ every, worker }: Pick<Pools, 'every' | 'worker'>): Sql =>
  new Proxy(every, {
    get: (target, name): unknown => (name === 'begin' ? worker.begin.bind(worker) : Reflect.get(target, name)),
  });

type Work = (tx: Tx) => unknown;

function readCaller(): Caller {
  const caller = callers.getStore();
  if (!caller) throw new Error('No caller is known for whom this statement is.');
  return caller;
}

/** Wraps a query, so that it is sent in a transaction of its own with the scope; as a part of another it goes with that one. */
function wrapQuery(scoped: Sql, clientIds: readonly string[], query: Fragment): Fragment {
  let answer: Promise<unknown> | undefined;
  const sendOnce = () => (answer ??= beginInScope(scoped, clientIds, (tx) => tx<postgres.Row[]>`${query}`));
  const wrapped: Fragment = new Proxy(query, {
    get(target, name): unknown {
      if (name === 'then') return (...args: Parameters<Promise<unknown>['then']>) => sendOnce().then(...args);
      if (name === 'catch') return (...args: Parameters<Promise<unknown>['catch']>) => sendOnce().catch(...args);
      if (name === 'finally') return (...args: Parameters<Promise<unknown>['finally']>) => sendOnce().finally(...args);
      if (name === 'execute')
        return () => {
          sendOnce().catch(() => undefined);
          return wrapped;
        };
      if (name === 'cursor' || name === 'forEach') throw new Error(`${name} needs a transaction`);
      return Reflect.get(target, name);
    },
  });
  return wrapped;
}

/** Begins a transaction with its scope, which is sent ahead of the first statement, without waiting; if it fails, that one does. */
const beginInScope = (sql: Sql, clientIds: readonly string[], work: Work, options = ''): Promise<unknown> =>
  sql.begin(options, (tx) => {
    selectScope(tx, clientIds)
      .execute()
      .catch(() => undefined);
    return work(tx);
  });
