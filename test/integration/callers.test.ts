import { randomUUID } from 'node:crypto';
import { runForCaller, runForAll, keepCaller, createCallerDatabase, createStepDatabase } from '../../runtime/callers';
import { beginStep, createDatabase, limitWrites, type Db, type Sql } from '../../runtime/database';
import { requireRole } from '../../runtime/roles';
import { mapRoles, type DatabaseRole } from '../../runtime/row-security';
import { createSuperuserUrl, createTestDatabase } from '../support/servers';

const [OURS, THEIRS] = [randomUUID(), randomUUID()];
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pools: Record<DatabaseRole, Sql>;
let sql: Sql;

const listNames = async (db: Db) =>
  (await db<{ name: string }[]>`select name from clients order by name`).map(({ name }) => name);

beforeAll(async () => {
  database = await createTestDatabase();
  // one connection of each: whatever is not given back is missed
  pools = mapRoles((role) => createDatabase(database.urls[role], { max: 1 }));
  sql = createCallerDatabase(pools);
  for (const [id, name] of [
    [OURS, 'ours'],
    [THEIRS, 'theirs'],
  ])
    await pools.owner`
      insert into clients ${pools.owner({ id: id!, name: name!, timeZone: 'UTC', contactEmail: 'x@example.org' })}`;
});
afterAll(async () => {
  await Promise.all(Object.values(pools).map((pool) => pool.end()));
  await database.drop();
});

test('a statement without a caller is refused, whatever it asks', () => {
  expect(() => sql`select 1`).toThrow('No caller is known');
  expect(() => sql.begin((tx) => tx`select 1`)).toThrow('No caller is known');
});

test('a caller of some clients is shown theirs, one of every client all, and one of none nothing', async () => {
  expect(await runForCaller({ clientIds: [OURS] }, () => listNames(sql))).toEqual(['ours']);
  expect(await runForCaller({ clientIds: [OURS, THEIRS] }, () => listNames(sql))).toEqual(['ours', 'theirs']);
  expect(await runForCaller({ clientIds: [] }, () => listNames(sql))).toEqual([]);
  expect(await runForAll(() => listNames(sql))).toEqual(['ours', 'theirs']);
});

test('callers at once never see with the eyes of one another, though they share a connection', async () => {
  const asked = Array.from(
    { length: 60 },
    (_, n) =>
      [
        n % 2 === 0 ? 'ours' : 'theirs',
        runForCaller({ clientIds: [n % 2 === 0 ? OURS : THEIRS] }, () =>
          n % 3 === 0 ? sql.begin((tx) => listNames(tx)) : listNames(sql),
        ),
      ] as const,
  );
  for (const [whose, names] of asked) expect(await names).toEqual([whose]);
});

test('a part of a query that was made for a caller goes with the query that it is in', async () => {
  const found = await runForCaller({ clientIds: [OURS] }, () => {
    const part = sql`where name = ${'ours'} or ${sql`name = ${'theirs'}`}`;
    return sql`select name from clients ${part}`;
  });
  expect(found).toEqual([{ name: 'ours' }]);
});

test('a statement that fails says why itself, and leaves the connection as it was', async () => {
  for (const fail of [() => sql`select 1 / 0`, () => sql`select ${'x'}::int`, () => sql`select from no_such_table`]) {
    const error: unknown = await runForCaller({ clientIds: [OURS] }, async () => fail()).catch(
      (failure: unknown) => failure,
    );
    expect((error as { code: string }).code).toMatch(/^(22012|22P02|42P01)$/);
    expect(await runForCaller({ clientIds: [THEIRS] }, () => listNames(sql))).toEqual(['theirs']);
  }
});

test('a change reads what it has to tell others of, and writes rows of its clients alone', async () => {
  const change = (id: string) =>
    runForCaller({ clientIds: [OURS], changes: true }, () =>
      sql.begin(async (tx) => (await tx`update clients set name = name where id = ${id}`).count),
    );
  expect(
    await runForCaller({ clientIds: [OURS], changes: true }, () => sql.begin((tx) => tx`select from clients`)),
  ).toHaveLength(2);
  expect([await change(OURS), await change(THEIRS)]).toEqual([1, 0]);
});

test('a step of a workflow writes rows of its clients alone, and its tries are counted by the system', async () => {
  const steps = createStepDatabase(pools);
  const change = (id: string, of: string) =>
    beginStep(steps, async (tx) => {
      limitWrites(tx, tx`select ${of}::uuid`);
      return (await tx`update clients set name = name where id = ${id}`).count;
    });
  expect([await change(OURS, OURS), await change(THEIRS, OURS)]).toEqual([1, 0]);
  expect(await beginStep(steps, async (tx) => (await tx`update clients set name = name`).count)).toBe(0);
  expect(await steps`select from clients`).toHaveLength(2);
});

test('what is read later is read for the caller of then', async () => {
  const later = runForCaller({ clientIds: [OURS] }, () => keepCaller(() => listNames(sql)));
  expect(await runForAll(later)).toEqual(['ours']);
});

test('a process refuses a superuser, and a role that is for something else', async () => {
  const superuser = createDatabase(createSuperuserUrl(database.url), { max: 1 });
  await expect(requireRole(superuser, 'DATABASE_URL', 'owner')).rejects.toThrow(
    'DATABASE_URL: countersign is a superuser or bypasses row security: must be cs_owner',
  );
  await superuser.end();
  await expect(requireRole(pools.owner, 'DATABASE_URL_SCOPED', 'scoped')).rejects.toThrow(
    'DATABASE_URL_SCOPED: is the URL of cs_owner: must be cs_scoped',
  );
  for (const role of ['owner', 'scoped', 'every', 'worker', 'purge'] as const)
    await requireRole(pools[role], 'DATABASE_URL', role);
});
