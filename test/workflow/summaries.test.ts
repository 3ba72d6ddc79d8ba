import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { buildApplicationWorkflowId } from '../../domain/applications/key';
import { createCodec } from '../../runtime/codec';
import { testKeyring } from '../support/keys';
import { Lives } from '../support/lives';

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin();
});
afterAll(() => lives.stop());

async function summaryOf({ userMetadata }: temporal.api.history.v1.IHistoryEvent): Promise<unknown> {
  const [opened] = await createCodec(testKeyring).decode([userMetadata!.summary! as Payload]);
  return defaultPayloadConverter.fromPayload(opened!);
}

test('each recording step and each timer of a history says in a few words what it is', async () => {
  const playbook = { confirmReceiptAfter: { days: 7 }, followUpEvery: { days: 14 }, contactOverdueAfter: { days: 2 } };
  const life = await lives.open({ attestedDaysAgo: 10, playbook });
  await life.act('submission', { submittedOn: await lives.today(), channel: 'payer_portal' });
  await life.contact('in_review');
  await life.until((s) => s.agenda.items.length > 0, '20 days');
  await life.attest();
  await life.contact('approved');

  const handle = lives.env.client.workflow.getHandle(buildApplicationWorkflowId((await life.state()).key));
  const events = (await handle.fetchHistory()).events!;
  const steps = events.filter(({ markerRecordedEventAttributes: marker }) => marker);
  const timers = events.filter(({ timerStartedEventAttributes: timer }) => timer);
  expect(await Promise.all(steps.map(summaryOf))).toEqual([
    'submission',
    'contacts',
    'follow-up: credentialing',
    'the file changed',
    'contacts',
  ]);
  expect(await Promise.all(timers.map(summaryOf))).toEqual([
    'escalation: step',
    'follow-up: credentialing',
    'follow-up: credentialing',
    'escalation: credentialing',
    'follow-up: confirmation',
  ]);
});
