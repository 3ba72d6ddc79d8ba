import { randomUUID } from 'node:crypto';
import { foldEvents, RULES_VERSION } from '../../domain/applications/reduce';
import { keepCommand } from '../../record/applications/commands';
import { openApplication } from '../../record/applications/opening';
import { claimLateWatches } from '../../record/operations/watches';
import { listDifferences, listApplicationsToCompare } from '../../record/operations/runs';
import { readHistory, recordStep } from '../../record/applications/recording-step';
import { createDatabase, type Sql } from '../../runtime/database';
import { migrateDatabase } from '../../runtime/migrate';
import { createBook } from '../support/file';
import { createTestDatabase } from '../support/servers';

/** The last migration before the rules had a version, and the last that took every state for one of today's rules. */
const [UNVERSIONED, MISTAKEN] = [39, 44];
/** The last before it was kept when each watch asks its step again. */
const UNWATCHED = 48;
const ADOPTED: object = { adopt: { stage: 'in_review' } };
const ACTOR = { type: 'system', id: 'test', name: 'Test' } as const;

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function database(how: { empty: boolean }): Promise<{ url: string; sql: Sql }> {
  const made = await createTestDatabase(how);
  const sql = createDatabase(made.url, { max: 2 });
  ends.push(
    () => made.drop(),
    () => sql.end(),
  );
  return { url: made.url, sql };
}

/** The tables that an application needs, in the order in which rows refer to each other. */
const TABLES = 'clients practices persons providers licences payers playbooks applications commands events'.split(' ');

/** A data directory as an earlier version left it: an application whose state is not what its entries say by today's rules. */
async function oldDirectory(through: number) {
  const [today, old] = [await database({ empty: false }), await database({ empty: true })];
  const { clientId, practiceId, providerId, payerId } = await createBook(today.sql);
  const scope = { practiceId, providerId, payerId, state: 'CO', locationId: null } as const;
  const key = { ...scope, lineOfBusiness: 'commercial', kind: 'new_individual' } as const;
  const id = randomUUID();
  const at = new Date().toISOString();
  await openApplication(today.sql, { id, clientId, key, body: { ...key, ...ADOPTED }, at }, ACTOR);

  await migrateDatabase(old.url, { through });
  for (const table of TABLES) {
    const columns = await old.sql<{ name: string }[]>`
      select column_name as name from information_schema.columns
      where table_schema = 'public' and table_name = ${table} and is_generated = 'NEVER'`;
    const rows = await today.sql<
      { row: Record<string, unknown> }[]
    >`select to_jsonb(t) as row from ${today.sql(table)} t`;
    for (const { row } of rows) {
      const shared = columns.flatMap(({ name }) => (name in row ? [name] : []));
      await old.sql`
        insert into ${old.sql(table)} (${old.sql(shared)})
        select ${old.sql(shared)} from jsonb_populate_record(null::${old.sql(table)}, ${JSON.stringify(row)}::text::jsonb)`;
    }
  }
  await old.sql`
    update applications set stage = 'submitted', snapshot = jsonb_set(snapshot, '{stage}', '"submitted"')
    where id = ${id}`;
  return { ...old, id, clientId };
}

/** Lists the differences of each application from its timeline. */
const compare = async (sql: Sql): Promise<string[][]> =>
  Promise.all((await listApplicationsToCompare(sql, null, 10)).map((one) => listDifferences(sql, one)));

/** Adds a note, and returns what was entered with it. */
async function note(sql: Sql, { id, clientId }: { id: string; clientId: string }): Promise<object[]> {
  const before = (await readHistory(sql, id)).length;
  const commandId = randomUUID();
  const body = { text: 'x', visibility: 'internal' } as const;
  await keepCommand(sql, { id: commandId, clientId, applicationId: id, action: 'notes', body }, ACTOR);
  const intent = { type: 'command', commandId } as const;
  await recordStep(sql, { applicationId: id, known: null, at: new Date().toISOString(), intent });
  return (await readHistory(sql, id)).slice(before).map(({ kind, data }) => ({ kind, data }));
}

test.each([
  ['from before the rules had a version', UNVERSIONED],
  ['whose states were taken for those of today’s rules', MISTAKEN],
])('a data directory %s: its next step folds it again, and says so once', async (_which, through) => {
  const old = await oldDirectory(through);
  // the rules got their version after the last entry
  await old.sql`update migrations set applied_at = now() + interval '1 second' where id = 40`;
  await migrateDatabase(old.url);
  expect(await compare(old.sql)).toEqual([['rules']]);

  const [said, own] = await note(old.sql, old);
  expect(said).toEqual({ kind: 'rules', data: { version: RULES_VERSION } });
  expect(own).toMatchObject({ kind: 'note' });
  const [row] = await old.sql`select stage, rules_version, snapshot from applications where id = ${old.id}`;
  expect(row).toMatchObject({ stage: 'in_review', rulesVersion: RULES_VERSION });
  expect(row!.snapshot).toEqual(foldEvents(await readHistory(old.sql, old.id)));
  expect(await compare(old.sql)).toEqual([[]]);
  expect(await note(old.sql, old)).toMatchObject([{ kind: 'note' }]);
});

test('what has been recorded since the rules have a version keeps it', async () => {
  const old = await oldDirectory(MISTAKEN);
  await old.sql`update migrations set applied_at = '2020-01-01' where id = 40`;
  await migrateDatabase(old.url);
  expect(await old.sql`select rules_version from applications`).toEqual([{ rulesVersion: RULES_VERSION }]);
  expect(await note(old.sql, old)).toMatchObject([{ kind: 'note' }]);
});

test('the watches of an earlier version are due, and so looked at, at once; what the outbox starts is left to it', async () => {
  const old = await oldDirectory(UNWATCHED);
  const [person] = await old.sql<{ id: string }[]>`select id from persons`;
  const [practice] = await old.sql<{ id: string }[]>`select id from practices`;
  await old.sql`insert into outbox (topic, subject) values ('nppesRecord', ${person!.id})`;
  await migrateDatabase(old.url);
  const late = await claimLateWatches(old.sql, { lateSeconds: 0, limit: 100 });
  expect(new Set(late)).toEqual(
    new Set([
      { watch: 'providerUpkeep', subject: person!.id },
      { watch: 'caqhStatus', subject: person!.id },
      { watch: 'enrolmentChase', subject: practice!.id },
    ]),
  );
});
