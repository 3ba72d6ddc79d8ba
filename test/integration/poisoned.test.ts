import { buildApplicationWorkflowId } from '../../domain/applications/key';
import type { ApplicationKey } from '../../domain/applications/events';
import { MOST_STEP_TRIES } from '../../record/kernel/step-tries';
import { createDatabase, type Sql } from '../../runtime/database';
import { WORKER_OPTIONS } from '../../worker/options';
import { eventually } from '../support/eventually';
import { System, type OpenApplication } from '../support/system';

const POISONED = 54;
const OTHERS = 12;

let system: System;
let sql: Sql;
beforeAll(async () => {
  system = await System.start();
  sql = createDatabase(system.api.databaseUrls.owner, { max: 2 });
});
afterAll(async () => {
  await sql.end();
  await system.stop();
});

async function openMany(count: number): Promise<OpenApplication[]> {
  const { clientId, payerId } = await system.file();
  const all: OpenApplication[] = [];
  while (all.length < count)
    all.push(await system.open(await system.file({ clientId, payerId }), { adopt: { stage: 'in_review' } }));
  return all;
}

const note = async (application: OpenApplication): Promise<number> =>
  (await application.try('notes', { text: 'x', visibility: 'internal' })).status;

/** How long the history of each application's workflow is. */
const historyLengths = (applications: readonly OpenApplication[]): Promise<number[]> =>
  Promise.all(
    applications.map(async ({ id }) => {
      const [row] = await sql<
        { key: ApplicationKey }[]
      >`select snapshot->'key' as key from applications where id = ${id}`;
      const handle = system.api.deps.temporal.client.workflow.getHandle(buildApplicationWorkflowId(row!.key));
      return (await handle.fetchHistory()).events!.length;
    }),
  );

test(`${POISONED} steps that fail by themselves, more than a worker has places for, hold up nobody else’s`, async () => {
  expect(POISONED).toBeGreaterThan(WORKER_OPTIONS.maxConcurrentWorkflowTaskExecutions);
  const [poisoned, others] = [await openMany(POISONED), await openMany(OTHERS)];
  const ids = poisoned.map(({ id }) => id);
  await sql`update applications set snapshot = snapshot #- '{waiting,ms}' where id = any(${ids}::uuid[])`;

  const answered: string[] = [];
  const answer = async (application: OpenApplication) => void answered.push(`${await note(application)}`);
  await Promise.all([...poisoned, ...others].map(answer));
  // the others were asked last, and are answered before the poisoned ones have come to their end
  expect(answered).toEqual([...Array<string>(OTHERS).fill('200'), ...Array<string>(POISONED).fill('409')]);
  const [row] = await sql`
    select count(*), min(c.step_tries) as least, max(c.step_tries) as most
    from set_aside s join commands c on c.id = s.command_id where s.application_id = any(${ids}::uuid[])`;
  expect(row).toEqual({ count: POISONED, least: MOST_STEP_TRIES, most: MOST_STEP_TRIES });

  // set aside, they wait for a person, and their histories stay as they are while others go on
  const before = await historyLengths(poisoned);
  for (const other of others) expect(await note(other)).toBe(200);
  expect(await historyLengths(poisoned)).toEqual(before);
});

test('a person has a command tried again, and the workflow that refused it records it, once', async () => {
  const [application] = await openMany(1);
  const { id } = application!;
  const [row] = await sql<{ ms: object }[]>`select snapshot#>'{waiting,ms}' as ms from applications where id = ${id}`;
  await sql`update applications set snapshot = snapshot #- '{waiting,ms}' where id = ${id}`;
  const refused = await application!.try('notes', { text: 'kept all the same', visibility: 'internal' });
  expect([refused.status, refused.body.detail]).toEqual([409, 'Cause: TypeError']);
  const stuck: { id: string; applicationId: string }[] = (await system.api.get('/v1/operations/stuck?limit=200')).body
    .items;
  const item = stuck.find(({ applicationId }) => applicationId === id)!;
  await sql`
    update applications set snapshot = jsonb_set(snapshot, '{waiting,ms}', ${JSON.stringify(row!.ms)}::text::jsonb)
    where id = ${id}`;
  expect((await system.api.post(`/v1/operations/stuck/${item.id}/retry`, {})).status).toBe(204);
  const notes = async () => (await application!.timeline()).filter(({ kind }) => kind === 'note');
  await eventually(async () => (await notes()).length > 0);
  expect(await notes()).toMatchObject([{ text: 'kept all the same' }]);
  const [command] = await sql`select status, retried from commands where application_id = ${id} and action = 'notes'`;
  expect(command).toEqual({ status: 'applied', retried: 1 });
});
