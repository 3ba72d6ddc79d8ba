import { randomUUID } from 'node:crypto';
import { evaluateAttestation } from '../../domain/registry/attestation';
import { readProviderFile } from '../../record/applications/provider-file';
import { PAYER, PRACTICE, type Reply, listBrokenRules, readProblemType } from '../support/api';
import { eventually } from '../support/eventually';
import { createAllFacts, daysAgo, daysAhead, SEEN, System, TODAY } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const SCOPES = ['submit_applications', 'contact_payers'];

describe('a provider’s file', () => {
  test('has DEA registrations and the limits of the malpractice policy', async () => {
    const { providerId } = await system.file();
    const dea = [{ state: 'CA', number: 'AB1234563', expiresOn: daysAhead(90) }];
    const malpractice = {
      carrier: 'Good Cover',
      policyNumber: 'P-1',
      expiresOn: daysAhead(90),
      limits: { perOccurrence: 1_000_000, aggregate: 3_000_000 },
    };
    const path = `/v1/providers/${providerId}`;
    expect((await system.api.patch(path, { dea, malpractice })).body).toMatchObject({
      dea: [{ ...dea[0], number: '****4563' }],
      malpractice: { ...malpractice, policyNumber: '****' },
    });
    const [kept] = await system.api.deps.sql<{ detail: object }[]>`
      select detail from audit_log where subject_id = ${providerId} order by id desc limit 1`;
    const [number, policyNumber] = ['[redacted]', '[redacted]'];
    expect(kept!.detail).toEqual({ dea: [{ ...dea[0], number }], malpractice: { ...malpractice, policyNumber } });
    const bad = {
      dea: [{ ...dea[0], number: 'AB1234564' }],
      malpractice: { ...malpractice, limits: { perOccurrence: 5, aggregate: 1 } },
    };
    expect(listBrokenRules(await system.api.patch(path, bad)).sort()).toEqual([
      'dea.0.number dea',
      'malpractice.limits.aggregate order',
    ]);
  });

  test('and a document says whose it is', async () => {
    const { clientId, providerId, practiceId } = await system.file();
    const other = await system.file();
    const document = { kind: 'coi', name: 'Certificate', sha256: 'a'.repeat(64) };
    const path = `/v1/clients/${clientId}/documents`;
    expect((await system.api.post(path, { ...document, providerId, practiceId })).body).toMatchObject({
      providerId,
      practiceId,
    });
    expect(listBrokenRules(await system.api.post(path, { ...document, providerId: other.providerId }))).toEqual([
      'providerId unknown_reference',
    ]);
  });
});

describe('an enrolment', () => {
  test('is stated anew, and what was before stays on record', async () => {
    const { practiceId, payerId } = await system.file();
    const path = `/v1/practices/${practiceId}/enrolments`;
    const enrolment = { payerId, kind: '835', status: 'submitted', on: daysAgo(20), expectedOn: daysAhead(10) };
    const first = await system.api.make(path, enrolment);
    const second = await system.api.make(path, { ...enrolment, status: 'active', on: TODAY, reference: 'ERA-1' });
    await system.api.make(path, { ...enrolment, kind: 'eft' });
    const list = async (query: string) => (await system.api.get(`${path}?${query}`)).body.items;
    expect(await list('current=false')).toEqual([{ ...first, supersededBy: second.id }]);
    expect((await list('current=true')).map(({ kind, status }: Record<string, string>) => [kind, status])).toEqual([
      ['835', 'active'],
      ['eft', 'submitted'],
    ]);
    const bad = { payerId: randomUUID(), kind: '270', status: 'done', on: daysAhead(3) };
    expect(listBrokenRules(await system.api.post(path, bad)).sort()).toEqual([
      'kind one_of',
      'on not_in_future',
      'payerId unknown_reference',
      'status one_of',
    ]);
    expect(listBrokenRules(await system.api.post(path, { ...enrolment, payerId: randomUUID() }))).toEqual([
      'payerId unknown_reference',
    ]);
  });
});

describe('an authorisation', () => {
  test('once there is one, its end holds what is not submitted and blocks what is', async () => {
    const filed = await system.file();
    const [waiting, running] = [
      await system.open(filed),
      await system.at('in_review', { filed: await system.file({ clientId: filed.clientId }) }),
    ];
    for (const { providerId } of [filed, running.filed]) {
      const path = `/v1/providers/${providerId}/authorisations`;
      const { id } = await system.api.make(path, { scopes: SCOPES, signedOn: daysAgo(30) });
      const { body } = await system.api.post(`/v1/authorisations/${id}/revocation`, {
        on: TODAY,
        reason: 'changed agency',
      });
      expect(body).toMatchObject({ revokedOn: TODAY, revocation: { reason: 'changed agency' } });
    }
    await eventually(async () => (await waiting.get()).stage === 'preparing');
    expect((await waiting.get()).prerequisites).toContainEqual({
      code: 'authorisation',
      met: false,
      reason: 'expired',
    });
    await eventually(async () => (await running.get()).blockers.length === 1);
    expect((await running.get()).blockers).toMatchObject([{ code: 'authorisation' }]);
    await running.contact('information_requested', { missingItems: ['W-9'] });
    expect((await running.queue()).map(({ ask }) => ask)).toEqual([[expect.stringMatching(/^Do not contact/)]]);

    await system.api.make(`/v1/providers/${filed.providerId}/authorisations`, { scopes: SCOPES, signedOn: TODAY });
    await eventually(async () => (await waiting.get()).stage === 'ready_to_submit');
  });

  test('is a prerequisite of everybody where the operator wants one, and of nobody without, until there is one', async () => {
    const { api } = system;
    const waiting = await system.open(await system.file());
    const running = await system.at('in_review');
    expect((await waiting.get()).stage).toBe('ready_to_submit');
    const sent = { key: await api.keyOf('lead') };
    expect((await api.patch('/v1/settings', { authorisationRequired: true }, sent)).status).toBe(403);
    expect(listBrokenRules(await api.patch('/v1/settings', { authorisationRequired: 'yes' }))).toEqual([
      'authorisationRequired type',
    ]);
    expect((await api.patch('/v1/settings', { authorisationRequired: true })).body.authorisationRequired).toBe(true);
    await eventually(async () => (await waiting.get()).stage === 'preparing');
    expect((await waiting.get()).prerequisites).toContainEqual({
      code: 'authorisation',
      met: false,
      reason: 'missing',
    });
    expect((await waiting.try('submission', { submittedOn: TODAY, channel: 'payer_portal' })).status).toBe(409);
    await eventually(async () => (await running.get()).blockers[0]?.code === 'authorisation');
    expect((await (await system.open(await system.file())).get()).stage).toBe('preparing');

    const path = `/v1/providers/${waiting.filed.providerId}/authorisations`;
    await api.make(path, { scopes: SCOPES, signedOn: TODAY });
    await eventually(async () => (await waiting.get()).stage === 'ready_to_submit');
    await api.patch('/v1/settings', { authorisationRequired: false });
    await eventually(async () => (await running.get()).blockers.length === 0);
  });

  test('is refused where it says nothing, ends before it begins or is another client’s', async () => {
    const { providerId, payerId } = await system.file();
    const path = `/v1/providers/${providerId}/authorisations`;
    expect(
      listBrokenRules(await system.api.post(path, { scopes: [], signedOn: daysAhead(3), payerIds: [payerId] })).sort(),
    ).toEqual(['scopes min_items', 'signedOn not_in_future']);
    expect(
      listBrokenRules(await system.api.post(path, { scopes: SCOPES, signedOn: TODAY, until: daysAgo(1) })),
    ).toEqual(['until order']);
    const { id } = await system.api.make(path, { scopes: SCOPES, signedOn: TODAY, payerIds: [payerId] });
    const stranger = { key: await system.api.keyOf('specialist', [(await system.file()).clientId]) };
    expect((await system.api.get(`/v1/authorisations/${id}`, stranger)).status).toBe(404);
  });
});

test('lost access to the payer’s portal is a blocker until it is back; the secret has no place here', async () => {
  const application = await system.at('in_review');
  const { practiceId, payerId } = application.filed;
  const path = `/v1/practices/${practiceId}/portal-access`;
  const access = {
    portal: 'Availity',
    payerIds: [payerId],
    holder: 'Dana',
    status: 'lost',
    on: TODAY,
    secretKeptIn: 'the vault',
  };
  await system.api.make(path, access);
  await eventually(async () => (await application.get()).blockers[0]?.code === 'portal_access');
  await system.api.make(path, { ...access, status: 'active', secondFactorOwner: 'Kim' });
  await eventually(async () => (await application.get()).blockers.length === 0);
  expect(listBrokenRules(await system.api.post(path, { ...access, password: 'x' }))).toEqual([
    'password unknown_field',
  ]);
  const client = { key: await system.api.keyOf('client', [application.filed.clientId]) };
  expect((await system.api.get(path, client)).status).toBe(403);
});

test('what doesn’t fit together is found, with what to do and the applications that it touches', async () => {
  const application = await system.at('in_review');
  const { clientId, providerId } = application.filed;
  const snapshot = { source: 'nppes', takenOn: TODAY, lastName: 'Another' };
  const { items } = (await system.api.post(`/v1/providers/${providerId}/snapshots`, snapshot)).body;
  expect(items).toContainEqual(
    expect.objectContaining({ code: 'name_differs', about: 'nppes', applicationIds: [application.id], providerId }),
  );
  expect((await system.api.get(`/v1/clients/${clientId}/findings`)).body.items).toEqual(items);
  expect((await system.api.get(`/v1/providers/${providerId}/findings`)).body.items).toEqual(items);
});

test('findings read the file: colleagues, DEA, documents, signatures, and practices that nobody applies for', async () => {
  const { api } = system;
  const application = await system.at('in_review');
  const { clientId, providerId, practiceId } = application.filed;
  const { providerNpi: colleaguesNpi, practiceId: idle } = await system.file({ clientId });
  const of = async (id: string) =>
    (await api.get(`/v1/clients/${clientId}/findings`)).body.items
      .filter((one: Reply['body']) => (one.practiceId ?? one.providerId) === id)
      .map(({ code, about, applicationIds, providerId: whose }: Reply['body']) => [code, about, applicationIds, whose]);
  const touched = [application.id];
  expect(await of(practiceId)).toEqual([]);
  expect(await of(providerId)).toContainEqual(['authorisation_missing', null, touched, providerId]);

  await api.make(`/v1/providers/${providerId}/authorisations`, { scopes: SCOPES, signedOn: TODAY });
  await api.patch(`/v1/providers/${providerId}`, {
    dea: [{ state: 'CA', number: 'AB1234563', expiresOn: daysAgo(1) }],
  });
  const paper = { name: 'Certificate', sha256: 'c'.repeat(64), expiresOn: daysAgo(1) };
  const documents = `/v1/clients/${clientId}/documents`;
  await api.make(documents, { ...paper, kind: 'bls', providerId });
  await api.make(documents, { ...paper, kind: 'w9', practiceId });
  await api.make(documents, { ...paper, kind: 'w9', practiceId: idle });
  for (const id of [practiceId, idle]) await api.patch(`/v1/practices/${id}`, { npi: colleaguesNpi });
  const provider = await of(providerId);
  for (const found of ['dea_expired', 'document_expired'])
    expect(provider).toContainEqual([found, found === 'dea_expired' ? 'CA' : 'bls', touched, providerId]);
  expect(provider.map(([code]: string[]) => code)).not.toContain('authorisation_missing');
  expect(await of(practiceId)).toEqual([
    ['colleagues_npi_is_group_npi', null, touched, providerId],
    ['document_expired', 'w9', touched, providerId],
  ]);
  expect(await of(idle)).toEqual([
    ['colleagues_npi_is_group_npi', null, [], null],
    ['document_expired', 'w9', [], null],
  ]);
  await api.make(documents, { ...paper, kind: 'w9', practiceId, expiresOn: daysAhead(30) });
  expect((await of(practiceId)).map(([code]: string[]) => code)).toEqual(['colleagues_npi_is_group_npi']);
  const stranger = await api.keyOf('auditor', [(await system.file()).clientId]);
  expect((await api.get(`/v1/clients/${clientId}/findings`, { key: stranger })).status).toBe(404);
});

test('a claims route to an ID that is not the payer’s own is found, its own or inherited, and a merged payer’s counts', async () => {
  const { api } = system;
  const application = await system.at('confirmed');
  const { clientId, practiceId, payerId } = application.filed;
  const electronicPayerIds = (id: string) => [{ clearinghouse: 'Availity', payerId: id }];
  await api.patch(`/v1/payers/${payerId}`, { electronicPayerIds: electronicPayerIds('60054') });
  const found = async (providerId: string = application.filed.providerId) =>
    (await api.get(`/v1/providers/${providerId}/findings`)).body.items
      .filter(({ code }: Reply['body']) => code === 'claims_route_not_payers')
      .map(({ about, applicationIds }: Reply['body']) => [about, applicationIds]);
  expect(await found()).toEqual([]);

  const value = { clearinghouse: 'Availity', payerId: '99999' };
  await application.confirm('claimsRoute', { value, reason: 'as the letter says' });
  expect(await found()).toEqual([['99999', [application.id]]]);
  const [agreement] = (await api.get(`/v1/agreements?practiceId=${practiceId}&payerId=${payerId}`)).body.items;
  const colleague = { ...(await system.file({ clientId, payerId })), practiceId };
  const inheriting = await system.at('approved', { filed: colleague });
  await inheriting.confirm('claimsRoute', { value: { inheritedFrom: agreement.id } });
  expect(await found(colleague.providerId)).toEqual([['99999', [inheriting.id]]]);

  const into = await system.payer();
  await api.patch(`/v1/payers/${into}`, { electronicPayerIds: electronicPayerIds('99999') });
  expect((await api.post(`/v1/payers/${payerId}/merge`, { into, reason: 'the same payer' })).status).toBe(200);
  expect([await found(), await found(colleague.providerId)]).toEqual([[], []]);
});

describe('what is there twice', () => {
  /** Waits until an event says that an application's scope may be billed. */
  const waitUntilBillable = (id: string) =>
    eventually(async () => {
      const { items } = (await system.api.get('/v1/events?limit=200')).body;
      return items.some((one: Reply['body']) => one.subjectId === id && one.data.to?.mayBill);
    });

  test('a payer that stands for another: billing readiness is evaluated again, through platforms too', async () => {
    const adopt = { stage: 'confirmed', confirmations: createAllFacts({ seen: SEEN }) };
    const network = await system.open(await system.file(), { adopt });
    const { providerId, practiceId, payerId } = network.filed;
    const [plan, twin] = [await system.payer(), await system.payer()];
    const waiting = await system.at('in_review', { filed: { ...network.filed, payerId: plan } });
    const through = { providerId, platform: 'Alma', payerIds: [plan], states: ['CA', 'NY'] };
    const { id } = await system.api.make('/v1/platform-relationships', through);
    await system.api.patch(`/v1/payers/${payerId}`, { covers: [plan] });
    await waitUntilBillable(waiting.id);

    await system.api.post(`/v1/payers/${plan}/merge`, { into: twin, reason: 'the same plan' });
    const asked = { providerId, practiceId, payerId: twin, state: 'NY', dateOfService: TODAY };
    const answer = async () =>
      (await system.api.get(`/v1/billing-readiness?${new URLSearchParams(asked)}`)).body.billThrough;
    expect(await answer()).toBe('platform');
    const { items } = (await system.api.get(`/v1/clients/${network.filed.clientId}/coverage?payerId=${twin}`)).body;
    const [direct] = items.filter(({ through }: Reply['body']) => through === 'direct');
    expect(direct).toMatchObject({ payerId: twin, platforms: [{ relationshipId: id }], state: 'CA' });
    await system.api.post(`/v1/platform-relationships/${id}/end`, { on: daysAgo(1), reason: 'left' });
    expect(await answer()).toBe('nobody');
  });

  test('a payer: both are one to billing readiness, new applications go to the one that stays', async () => {
    const application = await system.at('confirmed');
    const { providerId, practiceId, payerId } = application.filed;
    const into = await system.payer();
    const other = await system.at('in_review', { filed: { ...application.filed, payerId: into } });
    const before = (await system.api.get(`/v1/payers/${payerId}`)).body;
    const merged = await system.api.post(`/v1/payers/${payerId}/merge`, { into, reason: 'the same payer' });
    expect(merged.body.aliases).toContain(before.name);
    await waitUntilBillable(other.id);
    expect((await system.api.post(`/v1/payers/${payerId}/merge`, { into, reason: 'again' })).status).toBe(200);
    const question = { providerId, practiceId, state: 'CA', dateOfService: TODAY };
    for (const asked of [payerId, into])
      expect(
        (await system.api.get(`/v1/billing-readiness?${new URLSearchParams({ ...question, payerId: asked })}`)).body
          .mayBill,
      ).toBe(true);
    const scope = { providerId, practiceId, payerId, state: 'NY' };
    expect(listBrokenRules(await system.api.post('/v1/applications', scope))).toEqual(['payerId merged']);
    expect((await system.api.get(`/v1/payers/${payerId}`)).body.mergedInto).toBe(into);
    const third = await system.payer();
    expect(readProblemType(await system.api.post(`/v1/payers/${payerId}/merge`, { into: third, reason: 'x' }))).toBe(
      'merged_already',
    );
  });

  test('a payer: a relationship that names one is found, and answered, by the other too', async () => {
    const { providerId, payerId } = await system.file();
    const into = await system.payer();
    const named = { providerId, platform: 'Alma', payerIds: [payerId] };
    const { id } = await system.api.make('/v1/platform-relationships', named);
    await system.api.post(`/v1/payers/${payerId}/merge`, { into, reason: 'the same payer' });
    for (const asked of [payerId, into]) {
      const { items } = (await system.api.get(`/v1/platform-relationships?payerId=${asked}`)).body;
      expect(items).toMatchObject([{ id }]);
      const answer = { answer: 'no', answeredBy: `Alma, of ${asked}`, answeredOn: TODAY, channel: 'email' };
      const { status, body } = await system.api.put(`/v1/platform-relationships/${id}/answers/bill_outside`, {
        ...answer,
        payerId: asked,
      });
      expect([status, body.payerId]).toEqual([200, into]);
    }
    const unknown = { answer: 'no', answeredBy: 'Alma', answeredOn: TODAY, channel: 'email' };
    const other = { ...unknown, payerId: await system.payer() };
    expect(
      listBrokenRules(await system.api.put(`/v1/platform-relationships/${id}/answers/bill_outside`, other)),
    ).toEqual(['payerId not_its_payer']);
  });

  test('a payer: what both have is on the one that stays once, and can be sent back as it is', async () => {
    const id = { clearinghouse: 'Availity', payerId: randomUUID() };
    const [own, other] = [randomUUID(), randomUUID()].map((payerId) => ({ ...id, payerId }));
    const payer = async (electronicPayerIds: object[]): Promise<string> =>
      (await system.api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}`, electronicPayerIds })).id;
    const payerId = await payer([other!, id]);
    const into = await payer([id, own!]);
    const { body } = await system.api.post(`/v1/payers/${payerId}/merge`, { into, reason: 'the same payer' });
    expect(body.electronicPayerIds).toEqual([id, own, other]);
    const { aliases, electronicPayerIds } = body;
    expect((await system.api.patch(`/v1/payers/${into}`, { aliases, electronicPayerIds })).status).toBe(200);
  });

  test('payers or practices are one: to openings, queue, lists, counts, submissions and calls for many', async () => {
    const first = await system.at('submitted');
    const { clientId, providerId, payerId, practiceId } = first.filed;
    const twin = await system.file({ clientId, payerId });
    const into = await system.payer();
    const second = await system.at('submitted', { filed: { ...(await system.file({ clientId })), payerId: into } });
    await system.api.post(`/v1/practices/${practiceId}/merge`, { into: twin.practiceId, reason: 'entered twice' });
    await system.api.post(`/v1/payers/${payerId}/merge`, { into, reason: 'the same payer' });

    const { state } = await first.get();
    const key = { providerId, practiceId: twin.practiceId, payerId: into, state };
    const again = await system.api.post('/v1/applications', key);
    expect([readProblemType(again), again.body.existingId]).toEqual(['application_exists', first.id]);

    const both = [first.id, second.id].sort();
    for (const asked of [payerId, into]) {
      const { items } = (await system.api.get(`/v1/applications?payerId=${asked}`)).body;
      expect(items.map(({ id }: { id: string }) => id).sort()).toEqual(both);
    }
    const counts = (await system.api.get('/v1/applications/summary?groupBy=payer')).body.items;
    expect(counts).toContainEqual({ payerId: into, count: 2 });
    expect(counts.map((one: { payerId: string }) => one.payerId)).not.toContain(payerId);

    await system.api.deps.sql`update work_items set due_at = now() where application_id = any(${both}::uuid[])`;
    const call = { payerId: into, channel: 'phone', rep: 'Kim', referenceNumber: 'C-1' };
    const applications = both.map((id) => ({ id, outcome: 'received' }));
    const called = await system.api.post('/v1/contacts', { ...call, applications });
    expect(called.body.items).toEqual(both.map((id) => ({ id, status: 200 })));
    const queue = (await system.api.get(`/v1/work-queue?groupBy=payer&clientId=${clientId}`)).body.items;
    expect(queue.map((one: { payerId: string }) => one.payerId)).not.toContain(payerId);
  });

  test('a practice: what is stated of one is of both, and so are the names that evidence may show', async () => {
    const first = await system.at('submitted');
    const { clientId, practiceId, payerId } = first.filed;
    const { id: into } = await system.api.make(`/v1/clients/${clientId}/practices`, {
      ...PRACTICE,
      legalName: 'Oak Counseling PC',
      evenIfExists: true,
    });
    const access = { portal: 'Availity', payerIds: [payerId], on: TODAY, holder: 'Kim' };
    const put = (id: string, status: string) =>
      system.api.make(`/v1/practices/${id}/portal-access`, { ...access, status });
    const blockers = async () => (await first.get()).blockers.map(({ code }: { code: string }) => code);
    await put(practiceId, 'lost');
    await eventually(async () => (await blockers()).includes('portal_access'));
    const merged = await system.api.post(`/v1/practices/${practiceId}/merge`, { into, reason: 'entered twice' });
    expect(merged.status).toBe(200);
    const { items } = (await system.api.get(`/v1/practices/${into}/portal-access`)).body;
    expect(items).toMatchObject([{ portal: 'Availity', status: 'lost' }]);
    await put(into, 'active');
    await eventually(async () => !(await blockers()).includes('portal_access'));
    for (const partyName of ['Oak Counseling PC', PRACTICE.legalName])
      expect(await first.confirm('contract', { seen: { partyName, tinLast4: '6789' } })).toMatchObject({
        id: first.id,
      });
  });

  test('a practice: of the same client and TIN only, and not while two applications would be for one key', async () => {
    const first = await system.at('submitted');
    const { clientId, providerId, payerId, practiceId } = first.filed;
    const twin = await system.file({ clientId, payerId });
    const path = `/v1/practices/${twin.practiceId}/merge`;
    const second = await system.open({ ...twin, providerId });
    const body = { into: practiceId, reason: 'entered twice' };
    const collision = await system.api.post(path, body);
    expect([readProblemType(collision), collision.body.existingId]).toEqual(['application_exists', second.id]);
    await second.act('withdrawal', { reason: 'a duplicate' });
    expect((await system.api.post(path, body)).body.id).toBe(practiceId);
    expect((await system.api.get(`/v1/practices/${twin.practiceId}`)).body.mergedInto).toBe(practiceId);

    const stranger = await system.file();
    expect(listBrokenRules(await system.api.post(`/v1/practices/${stranger.practiceId}/merge`, body))).toEqual([
      'into unknown_reference',
    ]);
    // two TINs that end alike are two practices
    for (const tin of [
      { type: 'ein', value: '22-3456789' },
      { type: 'ssn', value: '123-45-6789' },
    ]) {
      const alike = await system.api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, tin });
      expect(alike.tin.last4).toBe('6789');
      expect(listBrokenRules(await system.api.post(`/v1/practices/${alike.id}/merge`, body))).toEqual([
        'into same_tin',
      ]);
      expect((await system.api.get(`/v1/practices/${alike.id}`)).body.mergedInto).toBeNull();
    }
  });
});

describe('who may see the CAQH profile', () => {
  test('a list adds to those before it, and only a withdrawal takes away', async () => {
    const { api } = system;
    const filed = await system.file();
    const { providerId, payerId } = filed;
    const other = (await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` })).id;
    const attest = (authorizedPayerIds: string[], attestedOn = TODAY) =>
      api.make(`/v1/providers/${providerId}/attestations`, { attestedOn, source: 'caqh', authorizedPayerIds });
    const withdraw = (payerIds: string[], withdrawnOn = TODAY) =>
      api.make(`/v1/providers/${providerId}/access-withdrawals`, { payerIds, withdrawnOn, source: 'provider' });
    const { sql } = api.deps;
    const maySee = async (payer: string) => {
      const key = {
        ...filed,
        payerId: payer,
        state: 'CA',
        lineOfBusiness: 'commercial',
        kind: 'new_individual',
      } as const;
      const { attestation } = await readProviderFile(sql, { ...key, locationId: null });
      return evaluateAttestation({ ...attestation!, dueOn: daysAhead(100) }, payer, TODAY) === 'current';
    };
    const both = async () => [await maySee(payerId), await maySee(other)];

    expect(await both()).toEqual([true, true]);
    await attest([payerId]);
    expect(await both()).toEqual([true, false]);
    await attest([other]);
    expect(await both()).toEqual([true, true]);
    // an attestation of long ago adds, too
    await withdraw([payerId], daysAgo(1));
    expect(await both()).toEqual([true, true]);
    await withdraw([payerId]);
    expect(await both()).toEqual([false, true]);
    await attest([payerId], daysAgo(3));
    expect(await both()).toEqual([false, true]);
    await attest([payerId]);
    expect(await both()).toEqual([true, true]);
    expect((await api.get(`/v1/providers/${providerId}/access-withdrawals`)).body.items).toMatchObject([
      { payerIds: [payerId], withdrawnOn: daysAgo(1) },
      { payerIds: [payerId], withdrawnOn: TODAY, source: 'provider', reference: null },
    ]);
  });

  test('a payer from which it was taken back is no longer sent an application, until it is authorised again', async () => {
    const application = await system.open(await system.file());
    expect((await application.get()).stage).toBe('ready_to_submit');
    const { providerId, payerId } = application.filed;
    const path = `/v1/providers/${providerId}/access-withdrawals`;
    await system.api.make(path, { payerIds: [payerId], withdrawnOn: TODAY, source: 'provider' });
    await eventually(async () => (await application.get()).stage === 'awaiting_attestation');
    const attestation = { attestedOn: TODAY, source: 'caqh', authorizedPayerIds: [payerId] };
    await system.api.make(`/v1/providers/${providerId}/attestations`, attestation);
    await eventually(async () => (await application.get()).stage === 'ready_to_submit');
  });

  test('a withdrawal names payers that are known, and a day that has come', async () => {
    const { providerId } = await system.file();
    const path = `/v1/providers/${providerId}/access-withdrawals`;
    const sent = { payerIds: [], withdrawnOn: daysAhead(3), source: 'provider' };
    expect(listBrokenRules(await system.api.post(path, sent))).toEqual([
      'payerIds min_items',
      'withdrawnOn not_in_future',
    ]);
    const unknown = { ...sent, payerIds: [providerId], withdrawnOn: TODAY };
    expect(listBrokenRules(await system.api.post(path, unknown))).toEqual(['payerIds.0 unknown_reference']);
  });
});
