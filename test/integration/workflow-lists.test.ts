import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { WATCH_TYPES } from '../../domain/kernel/codes';
import { createDataConverter } from '../../runtime/codec';
import { PROVIDER } from '../support/api';
import { eventually } from '../support/eventually';
import { readDevServerAddress } from '../support/servers';
import { daysAhead, System, type OpenApplication } from '../support/system';

let system: System;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  system = await System.start();
  connection = await Connection.connect({ address: readDevServerAddress() });
  client = new Client({ connection, dataConverter: createDataConverter(system.api.deps.keyring) });
});
afterAll(async () => {
  await system.stop();
  await connection.close();
});

/** Waits until a list, asked for as operators do, has just these workflows. */
async function expectListed(query: string, workflowIds: readonly string[]): Promise<void> {
  const wanted = [...workflowIds].sort().join(' ');
  await eventually(async () => {
    const ids: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
    if (ids.sort().join(' ') !== wanted) throw new Error(`${query}: ${ids.join(' ')}, not ${wanted}`);
    return true;
  });
}

const workflowOf = async (application: OpenApplication): Promise<string> =>
  (await application.api.get(`${application.path}/workflow`)).body.workflowId;
const personOf = async ({ api, filed }: OpenApplication): Promise<string> => {
  const [row] = await api.deps.sql<
    { personId: string }[]
  >`select person_id from providers where id = ${filed.providerId}`;
  return row!.personId;
};

describe('workflows of applications', () => {
  let preparing: OpenApplication;
  let inReview: OpenApplication;
  let ids: { preparing: string; inReview: string };
  let ours: string;
  beforeAll(async () => {
    preparing = await system.at('preparing');
    const filed = await system.file({ clientId: preparing.filed.clientId });
    inReview = await system.at('in_review', { filed });
    await inReview.contact('in_review', { nextFollowUpOn: daysAhead(9) });
    ids = { preparing: await workflowOf(preparing), inReview: await workflowOf(inReview) };
    ours = `ExecutionStatus = 'Running' AND CountersignClientId = '${preparing.filed.clientId}'`;
  });

  test('are found by stage, by whose turn it is, by payer and by client', async () => {
    await expectListed(ours, [ids.preparing, ids.inReview]);
    await expectListed(`${ours} AND CountersignStage = 'in_review'`, [ids.inReview]);
    await expectListed(`${ours} AND CountersignWaitingOn = 'payer'`, [ids.inReview]);
    await expectListed(`${ours} AND CountersignWaitingOn != 'payer'`, [ids.preparing]);
    await expectListed(`ExecutionStatus = 'Running' AND CountersignPayerId = '${preparing.filed.payerId}'`, [
      ids.preparing,
    ]);
    await expectListed(`CountersignApplicationId = '${inReview.id}' AND WorkflowType = 'payerApplication'`, [
      ids.inReview,
    ]);
  });

  test('are found by the date of the next follow-up, and by another once it is another', async () => {
    const before = (days: number) => `${ours} AND CountersignNextFollowUpOn < '${daysAhead(days)}T00:00:00Z'`;
    await expectListed(before(10), [ids.inReview]);
    await expectListed(before(9), []);
    await inReview.contact('in_review', { nextFollowUpOn: daysAhead(12) });
    await expectListed(before(10), []);
    await expectListed(before(13), [ids.inReview]);
  });

  test('are found by where they have come to', async () => {
    const moving = await system.at('ready_to_submit');
    const id = await workflowOf(moving);
    const list = `WorkflowType = 'payerApplication' AND CountersignPersonId = '${await personOf(moving)}'`;
    await expectListed(`${list} AND CountersignStage = 'ready_to_submit'`, [id]);
    await moving.submit();
    await expectListed(`${list} AND CountersignStage = 'ready_to_submit'`, []);
    await expectListed(`${list} AND CountersignStage = 'submitted' AND CountersignWaitingOn = 'payer'`, [id]);
  });

  test('say in a line what they are for, and which part of the procedure they are in, and name nobody', async () => {
    const handle = client.workflow.getHandle(ids.inReview);
    const summary = await (await handle.describe()).staticSummary();
    expect(summary).toBe('Payer application: new_individual, CA, commercial');
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('in_review');
    expect(currentDetails).toContain('follow up until the payer decides');
    for (const word of [PROVIDER.firstName, PROVIDER.lastName, inReview.filed.providerNpi])
      expect(`${summary} ${currentDetails}`).not.toContain(word);
  });

  test('a person’s upkeep is found by the person', async () => {
    const person = await personOf(inReview);
    await system.api.deps.dispatch.notifyWatch('providerUpkeep', person);
    await expectListed(
      `WorkflowType = 'providerUpkeep' AND ExecutionStatus = 'Running' AND CountersignPersonId = '${person}'`,
      [`providerUpkeep/${person}`],
    );
  });
});

describe('watches', () => {
  // their effect on a missing subject does not matter here
  beforeAll(() => system.stopWorker());

  test.each(WATCH_TYPES)('%s is found by its subject, and says in a line what it is for', async (type) => {
    const subject = randomUUID();
    await system.api.deps.dispatch.notifyWatch(type, subject);
    const workflowId = `${type}/${subject}`;
    await expectListed(`WorkflowType = '${type}' AND CountersignSubjectId = '${subject}'`, [workflowId]);
    const handle = client.workflow.getHandle(workflowId);
    const summary = await (await handle.describe()).staticSummary();
    expect(summary).toMatch(/^[A-Z][a-z]+ [A-Za-z' ]+$/);
    await handle.terminate();
  });
});
