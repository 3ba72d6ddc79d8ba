import { applicationWorkflowId } from '../../domain/application/key';
import type { ApplicationState } from '../../domain/application/state';
import { eventually } from '../support/eventually';
import { System, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

async function workflowOf({ id }: OpenApplication) {
  const { sql, temporal } = system.api.deps;
  const [row] = await sql<{ snapshot: ApplicationState }[]>`select snapshot from applications where id = ${id}`;
  return temporal.client.workflow.getHandle(applicationWorkflowId(row!.snapshot.key));
}

async function signals(application: OpenApplication): Promise<number> {
  const { events } = await (await workflowOf(application)).fetchHistory();
  return events!.filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}

test('an application whose workflow is gone goes on from its record when its file changes, and its siblings hear once', async () => {
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
  await gone!.act('notes', { text: 'it goes on', visibility: 'internal' });
  await eventually(
    async () => (await system.api.deps.sql`select from outbox where topic like 'file_changed%'`).length === 0,
  );
  expect(await Promise.all(siblings.map(signals))).toEqual(before.map((count) => count + 1));
});
