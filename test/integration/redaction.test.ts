import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createActivities } from '../../activities';
import { buildApplicationWorkflowId } from '../../domain/applications/key';
import { root } from '../../local/paths';
import { buildDatabaseEnvironment } from '../../local/postgres';
import { createDatabase, type Sql } from '../../runtime/database';
import { ADMIN_KEY, CLIENT } from '../support/api';
import { eventually } from '../support/eventually';
import { createTestDatabase, readTestServers } from '../support/servers';
import { System } from '../support/system';

const lines: string[] = [];
let system: System;
beforeAll(async () => {
  system = await System.start({ patienceMs: 100, log: (line) => lines.push(line) });
});
afterAll(() => system.stop());

const mark = () => `MARK${randomBytes(8).toString('hex')}`;
const logOfPostgres = () => readFileSync(join(readTestServers().directory, 'postgres.log'), 'utf8');

/** From now on the database refuses rows of a table, and quotes all that it can of them in message and detail. */
const refuseRows = (sql: Sql, table: string, quoted: string) =>
  sql.unsafe(`
    create or replace function refuse_rows() returns trigger language plpgsql as $$
    begin
      raise exception 'refused: %', (${quoted}) using detail = (${quoted}), hint = (${quoted}), constraint = 'refuse_rows';
    end $$;
    create trigger refuse_rows before insert on ${table} for each row execute function refuse_rows()`);
const refuseNoMore = (sql: Sql) => sql.unsafe('drop function refuse_rows cascade');

test('what a caller sent is in no log where the database refuses it: only code and constraint are', async () => {
  const { api } = system;
  const word = mark();
  await refuseRows(api.deps.sql, 'clients', 'to_jsonb(new)::text');
  lines.length = 0;
  const reply = await fetch(`${api.url}/v1/clients`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...CLIENT, name: word }),
  });
  await refuseNoMore(api.deps.sql);

  expect(reply.status).toBe(500);
  expect(await reply.text()).not.toContain(word);
  const refused = lines.map((line) => JSON.parse(line)).find(({ err }) => err);
  expect(refused.err).toEqual({
    type: 'PostgresError',
    code: 'P0001',
    constraint: 'refuse_rows',
    stack: expect.stringContaining(' at '),
  });
  expect(lines.join()).not.toContain(word);
  expect(logOfPostgres()).toContain('ready to accept connections');
  expect(logOfPostgres()).not.toContain(word);
});

test('a value of a wrong form, which PostgreSQL quotes in its message, is in no log either', async () => {
  const { sql, logger } = system.api.deps;
  const word = mark();
  lines.length = 0;
  const error = await sql`select ${word}::text::uuid`.then(
    () => new Error('taken'),
    (refused: Error) => refused,
  );
  expect(error.message).toContain(word);
  logger.error(error);
  logger.error({ err: error });
  logger.error({ deep: [{ error: new Error('around it', { cause: error }) }] }, 'message');
  expect(lines).toHaveLength(3);
  expect(lines.join()).not.toContain(word);
  expect(lines.join().match(/22P02/g)).toHaveLength(3);
  expect(logOfPostgres()).not.toContain(word);
});

test('a step that the database refuses is set aside by its code, and nothing of the row is in history, list or log', async () => {
  const { sql, temporal } = system.api.deps;
  const application = await system.at('preparing');
  const word = mark();
  await refuseRows(sql, 'events', '(select c.body::text from commands c where c.id = new.command_id)');
  await application.try('notes', { text: word, visibility: 'internal' });
  const stuck = await eventually(async () => {
    const { items } = (await system.api.get('/v1/operations/stuck')).body;
    return items.find((item: { applicationId: string }) => item.applicationId === application.id);
  });
  await refuseNoMore(sql);

  expect(stuck).toMatchObject({ kind: 'step', what: 'notes', cause: 'P0001' });
  expect(JSON.stringify(stuck)).not.toContain(word);
  const { snapshot } = (await sql`select snapshot from applications where id = ${application.id}`)[0]!;
  const history = await temporal.client.workflow.getHandle(buildApplicationWorkflowId(snapshot.key)).fetchHistory();
  expect(JSON.stringify(history)).not.toContain(word);
  expect(lines.join()).not.toContain(word);
  expect(logOfPostgres()).not.toContain(word);
});

test('what an activity throws reaches Temporal as its code, and nothing of the row', async () => {
  const { sql, keyring } = system.api.deps;
  const word = mark();
  const activities = createActivities({ sql, steps: sql, purge: sql, keyring });
  // no id: PostgreSQL quotes it in its message
  const failure = await activities.wake({ watch: 'ending', subject: word, at: new Date().toISOString() }).then(
    () => new Error('taken'),
    (error: Error) => error,
  );
  expect(failure.message).toBe('PostgresError 22P02');
  expect(`${failure.message} ${failure.stack}`).not.toContain(word);
});

test.each(['api/main.js', 'worker/main.js', 'runtime/migrate-main.js'])(
  'a process that an error of the database ends says its code and nothing of the row: %s',
  async (program) => {
    const database = await createTestDatabase();
    const word = mark();
    const sql = createDatabase(database.url, { max: 1 });
    await sql`delete from migrations where id = (select max(id) from migrations)`;
    for (const table of ['migrations', 'registry_services']) await refuseRows(sql, table, `'${word}'`);
    await sql.end();
    const env = {
      ...process.env,
      ...buildDatabaseEnvironment(database.urls),
      ENCRYPTION_KEYS: `k:${randomBytes(32).toString('base64')}`,
      ADMIN_API_KEY: randomBytes(32).toString('hex'),
    };
    const ended = await promisify(execFile)(process.execPath, [join(root, 'dist', program)], { env }).catch(
      (error: unknown) => error as { code: number; stdout: string; stderr: string },
    );
    await database.drop();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('PostgresError P0001') });
    expect(ended.stdout + ended.stderr).not.toContain(word);
  },
);
