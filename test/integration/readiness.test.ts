import { randomUUID } from 'node:crypto';
import { PAYER, type Reply } from '../support/api';
import { eventually } from '../support/eventually';
import { daysAgo, daysAhead, FACTS, System, TODAY, allFacts, proof, type Filed } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const rules = ({ body }: Reply) => body.errors.map((e: { path: string; rule: string }) => `${e.path} ${e.rule}`);
const scope = ({ providerId, practiceId }: Filed) => ({ providerId, practiceId, state: 'CA', dateOfService: TODAY });
const ask = (query: object) =>
  system.api.get(`/v1/billing-readiness?${new URLSearchParams(query as Record<string, string>)}`);
const payer = async (more: object): Promise<string> =>
  (await system.api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}`, ...more })).id;
const electronic = (clearinghouse: string, payerId: string) => ({ electronicPayerIds: [{ clearinghouse, payerId }] });

describe('the payer of a question', () => {
  test('may be named by the id that claims are sent to, with the clearinghouse where several use it', async () => {
    const code = randomUUID().slice(0, 8);
    const payerId = await payer(electronic('availity', code));
    const { filed } = await system.at('confirmed', { filed: await system.file({ payerId }) });
    const byCode = { ...scope(filed), electronicPayerId: code };
    expect((await ask(byCode)).body).toEqual((await ask({ ...scope(filed), payerId })).body);
    expect((await ask(byCode)).body.mayBill).toBe(true);

    await payer(electronic('stedi', code));
    expect(rules(await ask(byCode))).toEqual(['electronicPayerId ambiguous_reference']);
    expect((await ask({ ...byCode, clearinghouse: 'availity' })).body.mayBill).toBe(true);
    expect((await ask({ ...byCode, clearinghouse: 'stedi' })).body.mayBill).toBe(false);
  });

  test('is named once, and is one that there is', async () => {
    const filed = await system.file();
    expect(rules(await ask(scope(filed)))).toEqual(['payerId required']);
    expect(rules(await ask({ ...scope(filed), payerId: filed.payerId, electronicPayerId: '1' }))).toEqual([
      'electronicPayerId not_with_payer_id',
    ]);
    expect(rules(await ask({ ...scope(filed), payerId: filed.payerId, clearinghouse: 'x' }))).toEqual([
      'clearinghouse needs_electronic_payer_id',
    ]);
    const unknown = await ask({ ...scope(filed), electronicPayerId: 'nobody has this' });
    expect([unknown.status, rules(unknown)]).toEqual([404, ['electronicPayerId unknown_reference']]);
    const many = await system.api.post('/v1/billing-readiness', {
      items: [
        { ...scope(filed), electronicPayerId: 'nobody has this' },
        { ...scope(filed), payerId: filed.payerId },
      ],
    });
    expect(many.body.items).toMatchObject([{ problem: { status: 404 } }, { reasons: ['no_application'] }]);
  });

  test('is reached through another that stands for it, with its agreement', async () => {
    const plan = await payer({});
    const network = await payer({ covers: [plan] });
    const { filed } = await system.at('confirmed', { filed: await system.file({ payerId: network }) });
    expect((await ask({ ...scope(filed), payerId: plan })).body).toMatchObject({ mayBill: true, billThrough: 'own' });
    expect((await ask({ ...scope(filed), payerId: await payer({}) })).body).toMatchObject({ mayBill: false });

    const [{ id }] = (await system.api.get(`/v1/agreements?practiceId=${filed.practiceId}`)).body.items;
    const ending = { on: daysAgo(1), reason: 'terminated', source: 'letter', reference: 'L-1' };
    expect((await system.api.post(`/v1/agreements/${id}/end`, ending)).status).toBe(200);
    expect((await ask({ ...scope(filed), payerId: plan })).body.reasons).toEqual(['participation_ended']);
  });
});

test('a no says what to do, and from when it is a yes if nothing else is missing', async () => {
  const application = await system.at('approved');
  const { id, filed } = application;
  const starts = daysAhead(30);
  const question = { ...scope(filed), payerId: filed.payerId };
  await application.confirm('effectiveDate', { value: starts });
  const { body } = await ask(question);
  expect(body).toMatchObject({ mayBill: false, billableFrom: starts, applicationId: id });
  expect(body.whatToDo.map((todo: { reason: string }) => todo.reason)).toEqual(body.reasons);
  expect(body.reasons).toContain('before_effective_date');
  expect((await ask({ ...question, dateOfService: starts })).body.reasons).not.toContain('before_effective_date');
});

test('the documents behind the facts are named', async () => {
  const filed = await system.file();
  const document = { kind: 'letter', name: 'Welcome letter', sha256: '0'.repeat(64) };
  const { id } = await system.api.make(`/v1/clients/${filed.clientId}/documents`, document);
  const application = await system.at('approved', { filed });
  for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[]) await application.confirm(fact, { evidence: [id] });
  expect(await application.readiness()).toMatchObject({ mayBill: true, evidence: [id], applicationId: application.id });
});

describe('a fact by phone', () => {
  const BY_PHONE = { source: 'phone', rep: 'Dana', reference: 'call 7' };
  const setting = (phoneFactsNeedApproval: boolean) => system.api.patch('/v1/settings', { phoneFactsNeedApproval });
  afterEach(() => setting(false));

  test('counts after a second person’s approval where the operator wants one, and answers of before stay', async () => {
    const application = await system.at('approved');
    const [recorder, colleague] = [await system.api.keyOf('specialist'), await system.api.keyOf('specialist')];
    const { contract, effectiveDate, claimsRoute } = FACTS;
    for (const [fact, value] of Object.entries({ contract, effectiveDate, claimsRoute }))
      await application.act(`confirmations/${fact}`, proof(value));
    const sent = { key: recorder };
    await application.act('confirmations/payerProviderId', proof('PIN-1', BY_PHONE), sent);
    expect(await application.readiness()).toMatchObject({ mayBill: true });

    const before = new Date().toISOString();
    await eventually(() => Promise.resolve(new Date().toISOString() > before));
    expect((await setting(true)).body).toEqual({ phoneFactsNeedApproval: true });
    const waiting = await application.readiness();
    expect(waiting).toMatchObject({ reasons: ['provider_id_unconfirmed'] });
    expect(waiting.facts.payerProviderId).toMatchObject({ status: 'claimed', awaitsApproval: true });
    expect(await application.readiness({ asOf: before })).toMatchObject({ mayBill: true });

    const approve = (key: string) =>
      system.api.post(`${application.path}/confirmations/payerProviderId/approval`, {}, { key });
    expect((await approve(recorder)).body.type).toMatch(/second_person_needed$/);
    expect((await application.readiness()).mayBill).toBe(false);
    expect((await approve(colleague)).status).toBe(200);
    expect((await approve(colleague)).status).toBe(200);
    expect(await application.readiness()).toMatchObject({ mayBill: true });
  });

  test('that another value has replaced has to be approved anew; what is not confirmed cannot be', async () => {
    const application = await system.at('approved');
    await setting(true);
    const approve = async () =>
      (await system.api.post(`${application.path}/confirmations/payerProviderId/approval`, {}, { key: other })).status;
    const other = await system.api.keyOf('lead');
    expect(await approve()).toBe(409);
    await application.confirm('payerProviderId', BY_PHONE);
    expect(await approve()).toBe(200);
    expect((await application.readiness()).reasons).not.toContain('provider_id_unconfirmed');
    await application.confirm('payerProviderId', { ...BY_PHONE, value: 'PIN-2', reason: 'they corrected it' });
    expect((await application.readiness()).reasons).toContain('provider_id_unconfirmed');
  });

  test('is the operator’s own choice', async () => {
    for (const role of ['lead', 'client'])
      expect((await system.api.patch('/v1/settings', {}, { key: await system.api.keyOf(role) })).status).toBe(403);
    expect(
      rules(await system.api.patch('/v1/settings', { colour: 'red', phoneFactsNeedApproval: 'yes' })).sort(),
    ).toEqual(['colour unknown_field', 'phoneFactsNeedApproval type']);
  });
});

test('evidence that names a platform’s TIN or entity is refused for every fact, and nothing of it counts', async () => {
  const application = await system.at('approved');
  for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[])
    for (const seen of [{ tinLast4: '0042' }, { partyName: 'Headway Medical Group PC' }, { npi: '1000000004' }]) {
      const reply = await application.try(`confirmations/${fact}`, { ...proof(FACTS[fact]), seen });
      expect([fact, seen, reply.status, reply.body.type]).toEqual([
        fact,
        seen,
        422,
        'urn:countersign:problem:wrong_party',
      ]);
    }
  expect((await application.get()).confirmations).toEqual({});
  expect((await application.readiness()).mayBill).toBe(false);
});

describe('as it happens to operators', () => {
  test('asks to bill directly a payer of Alma’s: refused, with what to do', async () => {
    const filed = await system.file();
    const relationship = { providerId: filed.providerId, platform: 'Alma', payerIds: [filed.payerId, await payer({})] };
    await system.api.make('/v1/platform-relationships', relationship);
    expect((await ask({ ...scope(filed), payerId: filed.payerId })).body).toMatchObject({
      mayBill: false,
      reasons: ['platform_only'],
      billThrough: 'platform',
      whatToDo: [{ reason: 'platform_only', do: expect.stringContaining('open an application') }],
    });
  });

  test('bridges through Headway while the direct application runs, and bills directly once it is confirmed', async () => {
    const filed = await system.file();
    const relationship = { providerId: filed.providerId, platform: 'Headway', payerIds: [filed.payerId] };
    const { id } = await system.api.make('/v1/platform-relationships', relationship);
    await system.api.put(`/v1/platform-relationships/${id}/decision`, { decision: 'bridge', reason: 'keep income' });
    const application = await system.at('ready_to_submit', { filed });
    expect(await application.readiness()).toMatchObject({ mayBill: false, billThrough: 'platform' });
    await application.submit();
    await application.contact('approved', { channel: 'mail' });
    expect(await application.readiness()).toMatchObject({ mayBill: false, billThrough: 'platform' });
    for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[]) await application.confirm(fact);
    expect(await application.readiness()).toMatchObject({ mayBill: true, billThrough: 'own' });
  });

  test('is approved with a retroactive date: billable from that day on, not before', async () => {
    const application = await system.at('approved');
    const back = daysAgo(60);
    for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[])
      await application.confirm(fact, fact === 'effectiveDate' ? { value: back } : {});
    expect(await application.readiness({ dateOfService: back })).toMatchObject({ mayBill: true, billableFrom: back });
    expect(await application.readiness({ dateOfService: daysAgo(61) })).toMatchObject({
      reasons: ['before_effective_date'],
    });
  });

  test('has a date corrected after claims were cleared: the earlier answer is still shown as it was', async () => {
    const application = await system.at('confirmed');
    const service = { dateOfService: '2026-01-15' };
    expect(await application.readiness(service)).toMatchObject({ mayBill: true });
    const cleared = new Date().toISOString();
    await eventually(() => Promise.resolve(new Date().toISOString() > cleared));
    await application.confirm('effectiveDate', { value: '2026-02-01', reason: 'the payer’s letter was wrong' });
    expect(await application.readiness(service)).toMatchObject({ reasons: ['before_effective_date'] });
    expect(await application.readiness({ ...service, asOf: cleared })).toMatchObject({
      mayBill: true,
      billableFrom: '2026-01-01',
    });
  });

  test('loses the group’s contract: forty participations end at once', async () => {
    const first = await system.at('confirmed');
    const { clientId, practiceId, payerId } = first.filed;
    const [{ id }] = (await system.api.get(`/v1/agreements?practiceId=${practiceId}`)).body.items;
    const inherited = { contract: proof({ inheritedFrom: id }), claimsRoute: proof({ inheritedFrom: id }) };
    const colleagues = await Promise.all(
      Array.from({ length: 39 }, async () => {
        const { providerId } = await system.file({ clientId, payerId });
        const body = { providerId, practiceId, payerId, state: 'CA', kind: 'add_to_group' };
        const confirmations = { ...allFacts(), ...inherited };
        await system.api.make('/v1/applications', { ...body, adopt: { stage: 'confirmed', confirmations } });
        return providerId;
      }),
    );
    const items = [first.filed.providerId, ...colleagues].map((providerId) => ({
      providerId,
      practiceId,
      payerId,
      state: 'CA',
      dateOfService: TODAY,
    }));
    const all = async () => (await system.api.post('/v1/billing-readiness', { items })).body.items;
    const answers = async () =>
      (await all()).map((answer: { mayBill: boolean; reasons: string[] }) => answer.mayBill || answer.reasons);
    expect(await answers()).toEqual(items.map(() => true));
    const ending = { on: daysAgo(1), reason: 'terminated', source: 'letter', reference: 'L-1' };
    await system.api.post(`/v1/agreements/${id}/end`, ending);
    expect(await answers()).toEqual(items.map(() => ['participation_ended']));
  });

  test('arrives with nine direct contracts of years ago: billable at once, and chased no more', async () => {
    const filed = await system.file();
    const payers = [filed.payerId, ...(await Promise.all(Array.from({ length: 8 }, () => payer({}))))];
    for (const payerId of payers) {
      const confirmations = { ...allFacts(), effectiveDate: proof('2019-05-01', { confirmedOn: '2019-04-20' }) };
      const { providerId, practiceId } = filed;
      const body = { providerId, practiceId, payerId, state: 'CA', adopt: { stage: 'confirmed', confirmations } };
      await system.api.make('/v1/applications', body);
    }
    const items = payers.map((payerId) => ({ ...scope(filed), payerId, dateOfService: '2020-02-29' }));
    const { body } = await system.api.post('/v1/billing-readiness', { items });
    expect(body.items.map(({ mayBill }: { mayBill: boolean }) => mayBill)).toEqual(payers.map(() => true));
    expect((await system.api.get(`/v1/work-queue?clientId=${filed.clientId}`)).body.items).toEqual([]);
  });
});
