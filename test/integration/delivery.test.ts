import { buildApplicationWorkflowId } from '../../domain/applications/key';
import type { ApplicationState } from '../../domain/applications/state';
import { eventually } from '../support/eventually';
import { System, type OpenApplication } from '../support/system';

const PATIENCE_MS = 1_000;

let system: System;
beforeAll(async () => {
  system = await System.start({ patienceMs: PATIENCE_MS });
});
afterAll(() => system.stop());

async function workflowOf({ id }: OpenApplication) {
  const { sql, temporal } = system.api.deps;
  const [row] = await sql<{ snapshot: ApplicationState }[]>`select snapshot from applications where id = ${id}`;
  return temporal.client.workflow.getHandle(buildApplicationWorkflowId(row!.snapshot.key));
}

async function signals(application: OpenApplication): Promise<number> {
  const { events } = await (await workflowOf(application)).fetchHistory();
  return events!.filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}

const note = (application: OpenApplication, text: string) =>
  application.try('notes', { text, visibility: 'internal' }).then(({ status }) => status);
const notes = async (application: OpenApplication): Promise<string[]> =>
  (await application.timeline()).filter(({ kind }) => kind === 'note').map(({ text }) => text);

test('an application whose workflow is gone goes on from its record when its file changes, and its siblings are signalled once', async () => {
  const filed = await system.file();
  const [gone, ...siblings] = [
    await system.open(filed),
    await system.open({ ...filed, payerId: await system.payer() }),
    await system.open({ ...filed, payerId: await system.payer() }),
  ];
  const before = await Promise.all(siblings.map(signals));
  await (await workflowOf(gone!)).terminate('lost');

  await system.api.patch(`/v1/providers/${filed.providerId}`, { malpractice: null });
  for (const application of [gone!, ...siblings])
    await eventually(async () => (await application.get()).stage === 'preparing');
  expect(await note(gone!, 'it goes on')).toBe(200);
  await eventually(
    async () => (await system.api.deps.sql`select from outbox where topic like 'file_changed%'`).length === 0,
  );
  expect(await Promise.all(siblings.map(signals))).toEqual(before.map((count) => count + 1));
});

test('what is asked for later is recorded after what was accepted before and still waits', async () => {
  const application = await system.at('in_review');
  await system.stopWorker();
  expect([await note(application, '1'), await note(application, '2')]).toEqual([202, 202]);
  await system.startWorker();
  await note(application, '3');
  await eventually(async () => (await notes(application)).length === 3);
  expect(await notes(application)).toEqual(['1', '2', '3']);
});

describe('a command that is kept, and that the record is too busy to judge', () => {
  /** Asks while another transaction keeps the application locked until there is an answer. */
  const whileLocked = <T>({ id }: OpenApplication, ask: () => Promise<T>) =>
    system.api.deps.sql.begin(async (tx) => {
      await tx`select from applications where id = ${id} for no key update`;
      return ask();
    });

  test.each(['open', 'closed'])('is on its way, and recorded once, where its application is %s', async (which) => {
    const application = await system.at('in_review');
    expect(await note(application, 'to be struck out')).toBe(200);
    const entryId = (await application.timeline()).find(({ kind }) => kind === 'note').id;
    if (which === 'closed') await application.act('withdrawal', { reason: 'their wish' });
    const body = { entryId, reason: 'a slip' };
    const { status, headers } = await whileLocked(application, () => application.try('corrections', body));
    expect([status, headers.get('Location')]).toEqual([202, `/v1/applications/${application.id}`]);
    const struck = async () => (await application.timeline()).filter(({ kind }) => kind === 'correction');
    await eventually(async () => (await struck()).length > 0);
    const [row] = await system.api.deps.sql`
      select count(*), bool_and(status = 'applied') as applied from commands
      where application_id = ${application.id} and action = 'corrections'`;
    expect([(await struck()).length, row]).toEqual([1, { count: 1, applied: true }]);
  });
});

test('of many callers of one application, each has its own asked for in order, once', async () => {
  const application = await system.at('in_review');
  const callers = Array.from({ length: 12 }, (_, caller) => caller);
  await Promise.all(
    callers.map(async (caller) => {
      for (let n = 0; n < 3; n += 1) await note(application, `${caller}/${n}`);
    }),
  );
  await eventually(async () => (await notes(application)).length >= 36);
  const recorded = await notes(application);
  for (const caller of callers)
    expect(recorded.filter((text) => text.startsWith(`${caller}/`))).toEqual([0, 1, 2].map((n) => `${caller}/${n}`));
  expect(recorded).toHaveLength(36);
});
