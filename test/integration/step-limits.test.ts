import { msToNumber } from '@temporalio/common/lib/time';
import { OPERATOR_ID } from '../../record/screening/exclusions';
import { isOfTheServer } from '../../record/kernel/failure';
import { createWaker } from '../../record/operations/watches';
import { beginStep, createDatabase, isStarved, STEP_LIMITS_MS, type Sql } from '../../runtime/database';
import { RECORDING } from '../../workflows/recording';
import { createTestDatabase } from '../support/servers';
import { System } from '../support/system';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = createDatabase(database.url, { max: 2 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const [SOON, LATE] = [200, 60_000];
const limit = () => sql`select current_setting('statement_timeout') as statement`;

test('a step and its last statement end before the workflow gives up on them', () => {
  const { statement, lock, begin } = STEP_LIMITS_MS;
  expect(lock).toBeLessThan(statement);
  // a step that got the lock at the last moment has time for the rest
  expect(lock).toBeLessThan(begin);
  expect(statement + begin).toBeLessThan(msToNumber(RECORDING.startToCloseTimeout));
});

test('a statement that takes too long ends its step, and its limit is for the step alone', async () => {
  const step = beginStep(sql, (tx) => tx`select pg_sleep(30)`, { statement: SOON, lock: LATE, begin: LATE });
  await expect(step).rejects.toMatchObject({ code: '57014' });
  expect(await limit()).toEqual([{ statement: '30s' }]);
});

test('a lock that another session holds is no failure of the step that waits for it', async () => {
  const other = createDatabase(database.url, { max: 1 });
  await sql`create table locked (id int)`;
  await sql`insert into locked values (1)`;
  let release = () => undefined as void;
  const released = new Promise<void>((resolve) => (release = resolve));
  let holds = () => undefined as void;
  const held = new Promise<void>((resolve) => (holds = resolve));
  const holding = other.begin(async (tx) => {
    await tx`select from locked for update`;
    holds();
    await released;
  });
  await held;
  const error: unknown = await beginStep(sql, (tx) => tx`select from locked for update`, {
    statement: LATE,
    lock: SOON,
    begin: LATE,
  }).catch((failure: unknown) => failure);
  release();
  await holding;
  await other.end();
  expect([(error as { code: string }).code, isOfTheServer(error)]).toEqual(['55P03', true]);
});

test('a step that has no end in sight ends, and nothing of it is kept', async () => {
  const step = beginStep(
    sql,
    async (tx) => {
      await tx`create table half_done ()`;
      for (;;) await tx`select pg_sleep(0.05)`;
    },
    { statement: LATE, lock: LATE, begin: SOON },
  );
  await expect(step).rejects.toThrow('A step took longer than 200 ms.');
  expect(await sql`select to_regclass('half_done') as half`).toEqual([{ half: null }]);
});

test('a machine is starved where a step of nothing takes long, or gets no connection, and not where it does not', async () => {
  const STATEMENTS = 15;
  expect(await isStarved(sql, { statements: STATEMENTS, withinMs: LATE })).toBe(false);
  expect(await isStarved(sql, { statements: STATEMENTS, withinMs: 0 })).toBe(true);
  const busy = createDatabase(database.url, { max: 1 });
  const other = busy`select pg_sleep(1)`.execute();
  expect(await isStarved(busy, { statements: 1, withinMs: SOON })).toBe(true);
  await other;
  await busy.end();
  expect(await isStarved(busy)).toBe(true);
});

test('that others hold the connections for long takes none of the time of a step', async () => {
  const busy = createDatabase(database.url, { max: 1 });
  const other = busy`select pg_sleep(${(2 * SOON) / 1000})`.execute();
  const step = beginStep(busy, (tx) => tx`select 1 as done`, { statement: LATE, lock: LATE, begin: SOON });
  expect(await step).toEqual([{ done: 1 }]);
  await other;
  await busy.end();
});

/** Reads the limits with which rows of a table are written meanwhile. */
async function limitsOf(db: Sql, table: string, write: () => Promise<unknown>): Promise<string[]> {
  await db`create table limits_of_writers (statement text)`;
  await db`grant insert on limits_of_writers to public`;
  await db`
    create function note_limit() returns trigger language plpgsql as $$ begin
      insert into limits_of_writers values (current_setting('statement_timeout'));
      return null;
    end $$`;
  await db`create trigger note_limit after insert on ${db(table)} for each row execute function note_limit()`;
  await write();
  const seen = await db<{ statement: string }[]>`select distinct statement from limits_of_writers`;
  return seen.map(({ statement }) => statement);
}

test('the wake of a watch has these limits', async () => {
  const asked = { watch: 'exclusionList', subject: OPERATOR_ID, at: new Date().toISOString() } as const;
  expect(await limitsOf(sql, 'tasks', () => createWaker(sql)(asked))).toEqual(['5s']);
});

describe('over a running system', () => {
  let system: System;
  let own: Sql;
  beforeAll(async () => {
    system = await System.start();
    own = createDatabase(system.api.databaseUrls.owner, { max: 1 });
  });
  afterAll(async () => {
    await own.end();
    await system.stop();
  });

  test('a recording step has these limits', async () => {
    const application = await system.at('ready_to_submit');
    expect(await limitsOf(own, 'events', () => application.submit())).toEqual(['5s']);
  });
});
