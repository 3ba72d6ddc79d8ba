import { randomUUID } from 'node:crypto';
import { explainReasons } from '../../papers/coverage';
import { PAYER } from '../support/api';
import { createAllFacts, daysAgo, daysAhead, FACTS, createProof, System, type Filed } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const payer = async (name: string, more: object = {}): Promise<string> =>
  (await system.api.make('/v1/payers', { ...PAYER, name: `${name} ${randomUUID()}`, ...more })).id;
const coverage = async (clientId: string, query = '') =>
  (await system.api.get(`/v1/clients/${clientId}/coverage${query}`)).body.items;
const cell = (items: { payerId: string }[], payerId: string) => items.find((item) => item.payerId === payerId);

/** A client with one payer of each sort. */
async function book() {
  const filed: Filed = await system.file();
  const { clientId, providerId } = filed;
  const [direct, ahead, running, platform, both] = await Promise.all(
    ['Direct', 'Ahead', 'Running', 'Platform', 'Both'].map((name) => payer(name)),
  );
  const at = (payerId: string) => ({ ...filed, payerId });
  await system.at('confirmed', { filed: at(direct!) });
  const approved = await system.at('approved', { filed: at(ahead!) });
  const starts = daysAhead(20);
  for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[])
    await approved.confirm(fact, fact === 'effectiveDate' ? { value: starts } : {});
  await system.at('in_review', { filed: at(running!) });
  await system.at('submitted', { filed: at(both!) });
  const relationship = { providerId, platform: 'Grow', payerIds: [platform, both] };
  await system.api.make('/v1/platform-relationships', relationship);
  return { clientId, providerId, direct, ahead, running, platform, both, starts } as Record<string, string>;
}

test('each cell says through whom, at which stage, billable from when', async () => {
  const { clientId, direct, ahead, running, platform, both, starts } = await book();
  const items = await coverage(clientId!);
  expect(items).toHaveLength(5);
  expect(cell(items, direct!)).toMatchObject({
    through: 'direct',
    stage: 'confirmed',
    state: 'CA',
    lineOfBusiness: 'commercial',
    billableFrom: '2026-01-01',
    mayRepresentInNetwork: true,
    reasons: [],
    platforms: [],
  });
  expect(cell(items, ahead!)).toMatchObject({
    through: 'none',
    stage: 'confirmed',
    billableFrom: starts,
    mayRepresentInNetwork: false,
    reasons: ['before_effective_date'],
  });
  expect(cell(items, running!)).toMatchObject({ through: 'none', stage: 'in_review', billableFrom: null });
  expect(cell(items, platform!)).toMatchObject({
    through: 'platform',
    stage: null,
    applicationId: null,
    practiceId: null,
    reasons: ['platform_only'],
    platforms: [{ platform: 'Grow' }],
  });
  expect(cell(items, both!)).toMatchObject({
    through: 'platform',
    stage: 'submitted',
    platforms: [{ platform: 'Grow' }],
  });
});

test('a participation that begins after its licence has run out has no day to bill from', async () => {
  const filed = await system.file();
  const licences = [{ state: 'CA', number: 'LMFT 1', expiresOn: daysAhead(10) }];
  await system.api.patch(`/v1/providers/${filed.providerId}`, { licences });
  const confirmations = { ...createAllFacts(), effectiveDate: createProof(daysAhead(20)) };
  await system.open(filed, { adopt: { stage: 'confirmed', confirmations } });
  expect(await coverage(filed.clientId)).toMatchObject([{ through: 'none', billableFrom: null }]);
});

test('each row has the stage of the application that its answer is about, and names another that is open', async () => {
  const participation = await system.at('confirmed');
  const second = await system.open(participation.filed, { kind: 'reinstatement' });
  expect(await coverage(participation.filed.clientId)).toMatchObject([
    {
      applicationId: participation.id,
      stage: 'confirmed',
      through: 'direct',
      billableFrom: '2026-01-01',
      underWay: { applicationId: second.id, stage: 'ready_to_submit' },
    },
  ]);
  const ending = { on: daysAgo(1), reason: 'left', source: 'letter', reference: 'L-1' };
  await participation.act('participation-end', ending);
  expect(await coverage(participation.filed.clientId)).toMatchObject([
    {
      applicationId: second.id,
      stage: 'ready_to_submit',
      through: 'none',
      billableFrom: null,
      underWay: null,
      reasons: expect.arrayContaining(['not_approved', 'participation_ended']),
    },
  ]);
});

test('an application that came to nothing leaves a cell with its stage; another one for the key takes its place', async () => {
  const application = await system.at('ready_to_submit');
  await application.act('withdrawal', { reason: 'no longer wanted' });
  const { clientId } = application.filed;
  expect(await coverage(clientId)).toMatchObject([
    { through: 'none', stage: 'withdrawn', reasons: ['no_application'] },
  ]);
  const next = await system.open(application.filed);
  expect(await coverage(clientId)).toMatchObject([{ stage: 'ready_to_submit', applicationId: next.id }]);
});

test('payers that another one stands for are covered through its platform', async () => {
  const plan = await payer('Plan');
  const network = await payer('Network', { covers: [plan] });
  const { clientId, providerId } = await system.file();
  await system.api.make('/v1/platform-relationships', { providerId, platform: 'Rula', payerIds: [network] });
  const items = await coverage(clientId);
  expect(new Set(items.map((item: { payerId: string }) => item.payerId))).toEqual(new Set([plan, network]));
  expect(items.every((item: { through: string }) => item.through === 'platform')).toBe(true);
});

test('is narrowed to a provider or payer, and empty where there is nothing', async () => {
  const { clientId, providerId, direct } = await book();
  const colleague = await system.file({ clientId: clientId! });
  await system.open(colleague);
  expect(await coverage(clientId!, `?payerId=${direct}`)).toMatchObject([{ payerId: direct }]);
  expect(await coverage(clientId!, `?providerId=${colleague.providerId}`)).toMatchObject([
    { providerId: colleague.providerId },
  ]);
  expect(await coverage(clientId!)).toHaveLength(6);
  expect(await coverage(clientId!, `?providerId=${providerId}`)).toHaveLength(5);
  expect(await coverage((await system.file()).clientId)).toEqual([]);
});

test('as CSV it opens in a spreadsheet without running anything, as PDF it is one', async () => {
  const filed = await system.file();
  await system.api.patch(`/v1/providers/${filed.providerId}`, { firstName: '=cmd()', lastName: 'Nguyễn, "Ann"' });
  await system.open(filed);
  const path = `/v1/clients/${filed.clientId}/coverage`;
  const csv = await system.api.get(`${path}?format=csv`);
  expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
  expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename=coverage-[-\d]+\.csv$/);
  const [head, row] = csv.body.split('\r\n');
  expect(head).toMatch(/^provider,payer,state,/);
  expect(row).toMatch(/^"'=cmd\(\) Nguyễn, ""Ann""",/);
  const pdf = await system.api.get(`${path}?format=pdf`);
  expect(pdf.headers.get('content-type')).toBe('application/pdf');
  expect(pdf.body).toMatch(/^%PDF-/);
  expect(
    explainReasons(['not_approved', 'contract_unconfirmed', 'provider_id_unconfirmed', 'licence_not_current']),
  ).toBe('not approved; licence not current; unconfirmed: contract, provider id');
  expect(explainReasons([])).toBe('');
  expect((await system.api.get(`${path}?format=docx`)).status).toBe(400);
});

test('a user who may not see the client finds nothing', async () => {
  const { clientId } = await system.file();
  const stranger = { key: await system.api.keyOf('client', [(await system.file()).clientId]) };
  expect((await system.api.get(`/v1/clients/${clientId}/coverage`, stranger)).status).toBe(404);
  const own = { key: await system.api.keyOf('client', [clientId]) };
  expect((await system.api.get(`/v1/clients/${clientId}/coverage`, own)).status).toBe(200);
});
