import { randomUUID } from 'node:crypto';
import { PROVIDER, type Reply } from '../support/api';
import { eventually } from '../support/eventually';
import { daysAgo, daysAhead, System, TODAY } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const rules = ({ body }: Reply) => body.errors.map((e: { path: string; rule: string }) => `${e.path} ${e.rule}`);
const ANSWER = { answer: 'no', answeredBy: 'Alma support', answeredOn: TODAY, channel: 'email' };

async function relationship(platform = `Alma ${randomUUID()}`) {
  const filed = await system.file();
  const body = { providerId: filed.providerId, platform, payerIds: [filed.payerId] };
  const { id } = await system.api.make('/v1/platform-relationships', body);
  const path = `/v1/platform-relationships/${id}`;
  const inquiry = async () => (await system.api.get(`${path}/inquiry`)).body;
  return { ...filed, id, path, inquiry };
}

const openOf = ({ openQuestions }: { openQuestions: { question: string }[] }) =>
  openQuestions.map((one) => one.question);

test('opens with the relationship, is asked at once, and takes answers as they come', async () => {
  const { path, inquiry, providerId } = await relationship();
  await eventually(async () => (await inquiry()).asked === 1);
  expect(await inquiry()).toMatchObject({ recipientType: 'provider', recipientId: providerId, closedAt: null });
  expect(openOf(await inquiry())).toHaveLength(6);
  for (const question of ['direct_contract', 'bill_outside', 'control_terms'])
    await system.api.put(`${path}/answers/${question}`, ANSWER);
  expect(openOf(await inquiry())).toEqual(['portable_on_exit', 'claims_under_own_setup', 'free_of_restrictions']);
  for (const question of openOf(await inquiry())) await system.api.put(`${path}/answers/${question}`, ANSWER);
  await eventually(async () => (await inquiry()).asked === 0);
  expect((await inquiry()).asksAgainAt.slice(0, 4)).toBe(String(Number(TODAY.slice(0, 4)) + 1));
});

test('is closed with a reason, and opened again for somebody else', async () => {
  const { path, inquiry, clientId } = await relationship();
  expect(rules(await system.api.post(`${path}/inquiry/closing`, {}))).toEqual(['reason required']);
  await system.api.post(`${path}/inquiry/closing`, { reason: 'they have left' });
  expect(await inquiry()).toMatchObject({
    closedReason: 'they have left',
    closedBy: { type: 'admin' },
    nextAskAt: null,
  });
  const again = { recipient: { type: 'client', id: clientId }, cadence: { days: 3 } };
  expect((await system.api.post(`${path}/inquiry`, again)).body).toMatchObject({
    recipientId: clientId,
    cadence: { days: 3 },
    closedAt: null,
  });
  const stranger = { recipient: { type: 'client', id: randomUUID() } };
  expect(rules(await system.api.post(`${path}/inquiry`, stranger))).toEqual(['recipient.id unknown_reference']);
  expect(rules(await system.api.post(`${path}/inquiry`, { cadence: { days: 0 } }))).toEqual(['cadence duration']);
});

test('new terms reopen what was answered before', async () => {
  const { path, inquiry } = await relationship();
  await system.api.put(`${path}/answers/bill_outside`, { ...ANSWER, answeredOn: daysAgo(10) });
  expect(openOf(await inquiry())).not.toContain('bill_outside');
  const change = { on: daysAgo(2), reason: 'new participation agreement' };
  const { body } = await system.api.post(`${path}/terms-changes`, change);
  expect(body.openQuestions).toContainEqual(
    expect.objectContaining({ question: 'bill_outside', because: 'terms_changed' }),
  );
  expect(rules(await system.api.post(`${path}/terms-changes`, { on: daysAhead(3) }))).toEqual([
    'on not_in_future',
    'reason required',
  ]);
});

test('what is known of a platform in general answers with a no, never a yes, until somebody asked', async () => {
  const platform = `Grow ${randomUUID()}`;
  const known = {
    platform,
    question: 'control_terms',
    answer: 'no',
    source: 'participation agreement, section 4',
    asOf: TODAY,
  };
  expect(rules(await system.api.put('/v1/platform-knowledge', { items: [{ ...known, answer: 'yes' }] }))).toHaveLength(
    1,
  );
  const foreign = { items: [{ ...known, payerId: randomUUID() }] };
  expect(rules(await system.api.put('/v1/platform-knowledge', foreign))).toEqual(['items.0.payerId unknown_reference']);
  expect((await system.api.put('/v1/platform-knowledge', { items: [known] })).status).toBe(200);

  const { path } = await relationship(platform.toUpperCase());
  const answers = async () => (await system.api.get(`${path}/answers?current=true`)).body.items;
  expect(await answers()).toMatchObject([{ question: 'control_terms', answer: 'no', answeredBy: known.source }]);
  await system.api.put(`${path}/answers/control_terms`, { ...ANSWER, answer: 'yes' });
  expect(await answers()).toMatchObject([{ question: 'control_terms', answer: 'yes', answeredBy: 'Alma support' }]);
});

test('a change of the gate’s answer is told with the old and the new one, to those who may see the client', async () => {
  const application = await system.at('confirmed');
  const { clientId, providerId } = application.filed;
  const events = async (sent = {}) => {
    const { items } = (await system.api.get('/v1/events?limit=200', sent)).body;
    return items.filter(({ subjectId }: { subjectId: string }) => subjectId === application.id);
  };
  await eventually(async () => (await events()).length === 1);
  expect((await events())[0]).toMatchObject({
    type: 'billing_readiness.changed',
    clientId,
    data: { from: { mayBill: false }, to: { mayBill: true, reasons: [] }, providerId },
  });
  const licences = [{ state: 'CA', number: 'LMFT 1', expiresOn: daysAgo(3) }];
  await system.api.patch(`/v1/providers/${providerId}`, { licences });
  await eventually(async () => (await events()).length === 2);
  const [, second] = await events();
  expect(second.data.to).toEqual({ mayBill: false, reasons: ['licence_not_current'] });
  const after = (await system.api.get(`/v1/events?after=${second.seq}`)).body.items;
  expect(after.every(({ seq }: { seq: number }) => seq > second.seq)).toBe(true);

  const stranger = { key: await system.api.keyOf('client', [(await system.file()).clientId]) };
  expect(await events(stranger)).toEqual([]);
  expect((await system.api.post(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: 'x' })).status).toBe(400);
});
