import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { hashFile, inventPdf } from '../../local/invented';
import { ADMIN_KEY, PAYER, type Reply, listBrokenRules } from '../support/api';
import { eventually } from '../support/eventually';
import {
  createAllFacts,
  daysAgo,
  daysAhead,
  FACTS,
  System,
  TODAY,
  createProof,
  type Filed,
  type OpenApplication,
} from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

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
    expect(listBrokenRules(await ask(byCode))).toEqual(['electronicPayerId ambiguous_reference']);
    expect((await ask({ ...byCode, clearinghouse: 'availity' })).body.mayBill).toBe(true);
    expect((await ask({ ...byCode, clearinghouse: 'stedi' })).body.mayBill).toBe(false);
  });

  test('a provider and a practice of different clients are refused as such, in one question and in many', async () => {
    const [filed, elsewhere] = [await system.file(), await system.file()];
    const mixed = { ...scope(filed), payerId: filed.payerId, practiceId: elsewhere.practiceId };
    const refused = await ask(mixed);
    expect([refused.status, listBrokenRules(refused)]).toEqual([400, ['practiceId same_client']]);
    const many = await system.api.post('/v1/billing-readiness', { items: [mixed] });
    expect(many.body.items[0].problem).toMatchObject({ status: 400, errors: [{ path: 'practiceId' }] });
  });

  test('is named once, and is one that there is', async () => {
    const filed = await system.file();
    expect(listBrokenRules(await ask(scope(filed)))).toEqual(['payerId required']);
    expect(listBrokenRules(await ask({ ...scope(filed), payerId: filed.payerId, electronicPayerId: '1' }))).toEqual([
      'electronicPayerId not_with_payer_id',
    ]);
    expect(listBrokenRules(await ask({ ...scope(filed), payerId: filed.payerId, clearinghouse: 'x' }))).toEqual([
      'clearinghouse needs_electronic_payer_id',
    ]);
    const unknown = await ask({ ...scope(filed), electronicPayerId: 'nobody has this' });
    expect([unknown.status, listBrokenRules(unknown)]).toEqual([404, ['electronicPayerId unknown_reference']]);
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

/** Waits until an event says that the billing readiness of an application's scope has changed. */
async function waitForChange({ id, filed }: OpenApplication, from: boolean, to: boolean): Promise<Reply['body']> {
  const key = await system.api.keyOf('auditor', [filed.clientId]);
  return eventually(async () => {
    const { items } = (await system.api.get('/v1/events?type=billing_readiness.changed&limit=200', { key })).body;
    const last = items.findLast((one: Reply['body']) => one.subjectId === id)?.data;
    return last?.from.mayBill === from && last.to.mayBill === to && last;
  });
}

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

test('the documents behind the facts are named, and those whose file is stored', async () => {
  const filed = await system.file();
  const { id, file } = await registerLetter(filed.clientId);
  const application = await system.at('approved', { filed });
  for (const fact of FACT_NAMES) await application.confirm(fact, { evidence: [id] });
  const named = { mayBill: true, evidence: [id], applicationId: application.id };
  const before = await application.readiness();
  expect(before).toMatchObject({ ...named, stored: [], factsWithoutDocument: FACT_NAMES });
  expect(before.cautions).toContain('no_document');
  expect((await application.get()).confirmations.contract).toMatchObject({ evidence: [id], stored: [] });
  const asOf = new Date().toISOString();

  expect((await system.api.putFile(id, file)).status).toBe(200);
  const after = await application.readiness();
  expect(after).toMatchObject({ ...named, stored: [id], factsWithoutDocument: [] });
  expect(after.cautions).not.toContain('no_document');
  expect((await application.get()).confirmations.contract).toMatchObject({ evidence: [id], stored: [id] });
  expect(await application.readiness({ asOf })).toMatchObject({
    ...named,
    stored: [],
    factsWithoutDocument: FACT_NAMES,
  });
});

const FACT_NAMES = Object.keys(FACTS) as (keyof typeof FACTS)[];

/** Registers a letter whose file is not stored yet. */
async function registerLetter(clientId: string) {
  const file = inventPdf(['A letter', randomUUID()]);
  const document = { kind: 'letter', name: 'Letter', sha256: hashFile(file) };
  const { id } = await system.api.make(`/v1/clients/${clientId}/documents`, document);
  return { id: id as string, file };
}

test('a document that the operator requires makes a fact without one a no, also one on record already', async () => {
  const demand = (...facts: string[]) => system.api.patch('/v1/settings', { documentRequired: facts });
  const application = await system.at('confirmed');
  expect(await application.readiness()).toMatchObject({
    mayBill: true,
    cautions: expect.arrayContaining(['no_document']),
  });
  expect((await demand('contract')).body.documentRequired).toEqual(['contract']);
  expect(await application.readiness()).toMatchObject({
    reasons: ['contract_unconfirmed'],
    facts: { contract: { status: 'claimed', lacks: 'document' } },
  });
  await eventually(async () => (await application.get()).missingFacts.join() === 'contract');
  const purposes = (await application.queue()).map(({ purpose }: { purpose: string }) => purpose);
  expect(purposes).toContain('attach_document');
  // one that is only named is no document yet; once its file is stored, the same words say more
  const { id, file } = await registerLetter(application.filed.clientId);
  await application.confirm('contract', { evidence: [id] });
  expect(await application.readiness()).toMatchObject({ facts: { contract: { lacks: 'document', evidence: [id] } } });
  await system.api.putFile(id, file);
  await application.confirm('contract', { evidence: [id] });
  expect(await application.readiness()).toMatchObject({ mayBill: true });
  expect((await application.get()).missingFacts).toEqual([]);
  await demand();
});

describe('a fact by phone', () => {
  const BY_PHONE = { source: 'phone', rep: 'Dana', reference: 'call 7' };
  const setting = (phoneFactsNeedApproval: boolean) => system.api.patch('/v1/settings', { phoneFactsNeedApproval });
  afterEach(() => setting(false));

  const user = async (role: string) => {
    const { id: userId } = await system.api.make('/v1/users', {
      name: 'Dana',
      email: `${randomUUID()}@operator.example`,
      role,
    });
    return async (): Promise<string> => (await system.api.make('/v1/api-keys', { name: 'hers', role, userId })).key;
  };

  test('is on file after a second person’s approval where the operator wants one: everywhere, and not before', async () => {
    const application = await system.at('approved');
    const keyOfDana = await user('specialist');
    const [recorder, another] = [await keyOfDana(), await keyOfDana()];
    const colleague = await (await user('specialist'))();
    const { contract, effectiveDate, claimsRoute } = FACTS;
    for (const [fact, value] of Object.entries({ contract, effectiveDate, claimsRoute }))
      await application.act(`confirmations/${fact}`, createProof(value));
    await setting(true);
    await application.act('confirmations/payerProviderId', createProof('PIN-1', BY_PHONE), { key: recorder });

    const waiting = await application.readiness();
    expect(waiting).toMatchObject({ mayBill: false, reasons: ['provider_id_unconfirmed'] });
    expect(waiting.whatToDo).toMatchObject([{ do: expect.stringMatching(/^Have a person other than/) }]);
    expect(waiting.facts.payerProviderId).toMatchObject({ status: 'claimed', awaitsApproval: true, lacks: 'approval' });
    expect(await application.get()).toMatchObject({
      stage: 'approved',
      missingFacts: ['payerProviderId'],
      waitingOn: 'operator',
      allowedActions: expect.arrayContaining(['approval']),
      confirmations: { payerProviderId: { status: 'claimed', awaitsApproval: true } },
    });
    expect(await application.queue()).toMatchObject([{ purpose: 'approve_fact' }]);

    const approve = (key: string) =>
      system.api.post(`${application.path}/confirmations/payerProviderId/approval`, {}, { key });
    // a second key of one user is no second person
    for (const own of [recorder, another]) expect((await approve(own)).body.type).toMatch(/second_person_needed$/);
    expect((await application.readiness()).mayBill).toBe(false);
    const before = new Date().toISOString();
    await eventually(() => Promise.resolve(new Date().toISOString() > before));
    const approved = await approve(colleague);
    expect([approved.status, approved.body.stage, approved.body.missingFacts]).toEqual([200, 'confirmed', []]);
    expect((await approve(colleague)).body.type).toMatch(/no_approval_awaited$/);
    expect(await application.readiness()).toMatchObject({ mayBill: true });
    expect(await application.readiness({ asOf: before })).toMatchObject({ mayBill: false });
    const timeline: { kind: string; fact: string; actor: { id: string } }[] = await application.timeline();
    const [recorded, entry] = timeline.filter(({ fact }) => fact === 'payerProviderId');
    expect(entry).toMatchObject({ kind: 'approval', actor: { type: 'key' } });
    expect(entry!.actor.id).not.toBe(recorded!.actor.id);
  });

  test('is approved by a user: not by the recorder’s programs, nor by the bootstrap admin and the programs of that', async () => {
    const keyOfDana = await user('admin');
    const [dana, robin] = [await keyOfDana(), await (await user('admin'))()];
    const program = async (key?: string): Promise<string> =>
      (await system.api.make('/v1/api-keys', { name: 'program', role: 'admin' }, key ? { key } : {})).key;
    const [danas, robins, bootstraps] = [await program(await program(dana)), await program(robin), await program()];
    await setting(true);
    const awaiting = async (key: string) => {
      const application = await system.at('approved');
      await application.act('confirmations/payerProviderId', createProof('PIN-1', BY_PHONE), { key });
      return async (by: string): Promise<number> =>
        (await system.api.post(`${application.path}/confirmations/payerProviderId/approval`, {}, { key: by })).status;
    };
    for (const recorder of [dana, danas]) {
      const approve = await awaiting(recorder);
      for (const nobody of [dana, danas, ADMIN_KEY, bootstraps]) expect(await approve(nobody)).toBe(409);
      expect(await approve(robins)).toBe(200);
    }
    for (const recorder of [ADMIN_KEY, bootstraps]) {
      const approve = await awaiting(recorder);
      for (const nobody of [ADMIN_KEY, bootstraps]) expect(await approve(nobody)).toBe(409);
      expect(await approve(danas)).toBe(200);
    }
  });

  test('is judged by the setting of when it was recorded: switching it changes no standing answer, either way', async () => {
    const counted = await system.at('approved');
    for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[])
      await counted.confirm(fact, fact === 'payerProviderId' ? BY_PHONE : {});
    expect((await setting(true)).body).toMatchObject({ phoneFactsNeedApproval: true });
    expect(await counted.readiness()).toMatchObject({ mayBill: true });
    expect((await counted.get()).stage).toBe('confirmed');
    const waiting = await system.at('approved');
    await waiting.confirm('payerProviderId', BY_PHONE);
    await setting(false);
    expect((await waiting.readiness()).reasons).toContain('provider_id_unconfirmed');
    expect((await waiting.get()).missingFacts).toContain('payerProviderId');
    expect(await counted.readiness()).toMatchObject({ mayBill: true });
  });

  test('that another value has replaced has to be approved anew; what awaits nothing cannot be', async () => {
    const application = await system.at('approved');
    await setting(true);
    const approve = async () =>
      (await system.api.post(`${application.path}/confirmations/payerProviderId/approval`, {}, { key: other })).status;
    const other = await (await user('lead'))();
    expect(await approve()).toBe(409);
    await application.confirm('payerProviderId', BY_PHONE);
    expect(await approve()).toBe(200);
    expect((await application.readiness()).reasons).not.toContain('provider_id_unconfirmed');
    await application.confirm('payerProviderId', { ...BY_PHONE, value: 'PIN-2', reason: 'they corrected it' });
    expect((await application.readiness()).reasons).toContain('provider_id_unconfirmed');
  });

  test('holds up an agreement, and what inherits it, until it is approved', async () => {
    const application = await system.at('approved');
    await setting(true);
    await application.confirm('claimsRoute', BY_PHONE);
    const { practiceId, payerId } = application.filed;
    const held = async () =>
      (await system.api.get(`/v1/agreements?practiceId=${practiceId}&payerId=${payerId}`)).body.items;
    expect(await held()).toEqual([]);
    const other = { key: await (await user('lead'))() };
    await system.api.post(`${application.path}/confirmations/claimsRoute/approval`, {}, other);
    expect(await held()).toMatchObject([{ claimsRoute: { source: 'phone' } }]);
  });

  test('that an earlier version recorded while one was wanted, and nobody approved, awaits it from the migration on', async () => {
    const { sql } = system.api.deps;
    const application = await system.at('approved');
    for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[])
      await application.confirm(fact, fact === 'claimsRoute' ? BY_PHONE : {});
    expect(await application.readiness()).toMatchObject({ mayBill: true });
    const folder = join(__dirname, '../../runtime/migrations');
    const migration = readdirSync(folder).find((name) => name.endsWith('_approvals_of_facts.sql'))!;
    await sql.begin(async (tx) => {
      // as the setting was then
      const [then] = await tx<{ id: string }[]>`
        insert into operator_settings (settings, set_by, known_from)
        values ('{"phoneFactsNeedApproval": true}', '{}', now() - interval '1 day') returning id`;
      await tx.unsafe(readFileSync(join(folder, migration), 'utf8'));
      await tx`delete from operator_settings where id = ${then!.id}`;
    });
    expect(await application.readiness()).toMatchObject({ reasons: ['claims_route_unconfirmed'] });
    await eventually(async () => (await application.get()).missingFacts.join() === 'claimsRoute');
    const purposes = (await application.queue()).map(({ purpose }: { purpose: string }) => purpose);
    expect(purposes).toContain('approve_fact');
    const other = { key: await (await user('lead'))() };
    await system.api.post(`${application.path}/confirmations/claimsRoute/approval`, {}, other);
    expect(await application.readiness()).toMatchObject({ mayBill: true });
  });

  test('is published when a second person has approved', async () => {
    const application = await system.at('approved');
    await setting(true);
    for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[])
      await application.confirm(fact, fact === 'payerProviderId' ? BY_PHONE : {});
    const approval = `${application.path}/confirmations/payerProviderId/approval`;
    await system.api.post(approval, {}, { key: await (await user('lead'))() });
    expect((await waitForChange(application, false, true)).to.reasons).toEqual([]);
  });

  test('is the operator’s own choice', async () => {
    const { clientId } = await system.file();
    for (const key of [await system.api.keyOf('lead'), await system.api.keyOf('client', [clientId])])
      expect((await system.api.patch('/v1/settings', {}, { key })).status).toBe(403);
    expect(
      listBrokenRules(await system.api.patch('/v1/settings', { colour: 'red', phoneFactsNeedApproval: 'yes' })).sort(),
    ).toEqual(['colour unknown_field', 'phoneFactsNeedApproval type']);
  });
});

test('evidence that names a platform’s TIN or entity is refused for every fact, and nothing of it counts', async () => {
  const application = await system.at('approved');
  for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[])
    for (const seen of [{ tinLast4: '0042' }, { partyName: 'Headway Medical Group PC' }, { npi: '1000000004' }]) {
      const reply = await application.try(`confirmations/${fact}`, { ...createProof(FACTS[fact]), seen });
      expect([fact, seen, reply.status, reply.body.type]).toEqual([
        fact,
        seen,
        422,
        'urn:countersign:problem:wrong_party',
      ]);
      expect(reply.body.errors.map(({ path }: { path: string }) => path)).toEqual([`seen.${Object.keys(seen)[0]}`]);
    }
  expect((await application.get()).confirmations).toEqual({});
  expect((await application.readiness()).mayBill).toBe(false);
});

describe('what was known on a day', () => {
  /** An instant after all that was recorded, and before all that will be. */
  const moment = async (): Promise<string> => {
    const tick = (since: string) => eventually(() => Promise.resolve(new Date().toISOString() > since));
    await tick(new Date().toISOString());
    const at = new Date().toISOString();
    await tick(at);
    return at;
  };

  type Step = [change: () => Promise<unknown>, answer: object];
  /** Reads the answers after the steps: now, and for each instant between them, one by one and at once. */
  async function answersAfter(question: object, steps: Step[]): Promise<object[]> {
    const items: object[] = [];
    for (const [change] of steps) {
      await change();
      items.push({ ...question, asOf: await moment() });
    }
    items.push(question);
    const singly = await Promise.all(items.map(async (item) => (await ask(item)).body));
    expect((await system.api.post('/v1/billing-readiness', { items })).body.items).toEqual(singly);
    return singly;
  }
  /** Each instant is answered as it was, and now as it is. */
  const asItWas = (steps: Step[]) => [...steps, steps.at(-1)!].map(([, answer]) => answer);

  const YES = { mayBill: true, reasons: [], cautions: ['not_seen_loaded', 'party_not_seen', 'no_document'] };
  const no = (...reasons: string[]) => ({ mayBill: false, reasons });
  const doubtful = (caution: string) => ({ mayBill: true, cautions: [...YES.cautions, caution] });
  const nothing = () => Promise.resolve();
  const change = (path: string, body: object) => async () =>
    expect((await system.api.patch(path, body)).status).toBe(200);
  /** Strikes the first entry of a kind. */
  const strike = async (application: OpenApplication, kind: string) => {
    const { id: entryId } = (await application.timeline()).find((entry) => entry.kind === kind);
    return application.act('corrections', { entryId, reason: 'logged in error' });
  };
  const confirmed = async (filed?: Filed) => {
    const application = await system.at('confirmed', filed && { filed });
    const { providerId, practiceId, payerId } = application.filed;
    return {
      application,
      providerId,
      practiceId,
      payerId,
      question: { ...scope(application.filed), payerId },
      provider: `/v1/providers/${providerId}`,
      payer: `/v1/payers/${payerId}`,
    };
  };

  test('stays so when a licence lapses, is renewed, or is taken off the file', async () => {
    const { question, provider } = await confirmed();
    const until = (expiresOn: string) => ({ licences: [{ state: 'CA', number: 'LMFT 1', expiresOn }] });
    const steps: Step[] = [
      [nothing, YES],
      [change(provider, until(daysAgo(1))), no('licence_not_current')],
      [change(provider, until(daysAhead(900))), YES],
      [change(provider, { licences: [] }), no('licence_not_current')],
    ];
    expect(await answersAfter(question, steps)).toMatchObject(asItWas(steps));
  });

  test('stays so when malpractice cover ends or begins', async () => {
    const { question, provider } = await confirmed();
    const until = (expiresOn: string) => ({ malpractice: { carrier: 'C', policyNumber: 'SECRET-7', expiresOn } });
    const steps: Step[] = [
      [nothing, YES],
      [change(provider, until(daysAgo(1))), doubtful('malpractice_lapsed')],
      [change(provider, until(daysAhead(1))), YES],
      [change(provider, { malpractice: null }), doubtful('malpractice_lapsed')],
    ];
    expect(await answersAfter(question, steps)).toMatchObject(asItWas(steps));
    const kept = await system.api.deps.sql`select fields::text from earlier_rows where fields::text like '%SECRET%'`;
    expect(kept).toHaveLength(0);
  });

  test('stays so when an attestation is recorded, and when the payer’s playbook wants one or no longer does', async () => {
    const { question, providerId, payer } = await confirmed(await system.file({ attested: false }));
    const attested = { attestedOn: TODAY, source: 'caqh' };
    const steps: Step[] = [
      [nothing, doubtful('attestation_lapsed')],
      [change(payer, { playbook: { requiresCaqh: false } }), YES],
      [change(payer, { playbook: {} }), doubtful('attestation_lapsed')],
      [() => system.api.make(`/v1/providers/${providerId}/attestations`, attested), YES],
    ];
    expect(await answersAfter(question, steps)).toMatchObject(asItWas(steps));
  });

  test('stays so when a payer comes to stand for another, or ceases to', async () => {
    const { question, payer: network } = await confirmed();
    const plan = await payer({});
    const steps: Step[] = [
      [nothing, no('no_application')],
      [change(network, { covers: [plan] }), YES],
      [change(network, { covers: [] }), no('no_application')],
    ];
    expect(await answersAfter({ ...question, payerId: plan }, steps)).toMatchObject(asItWas(steps));
  });

  test('stays so when payers are merged, by id and by electronic id, and when an electronic id goes to another', async () => {
    const code = randomUUID().slice(0, 8);
    const payerId = await payer(electronic('availity', code));
    const { question } = await confirmed(await system.file({ payerId }));
    const { payerId: _, ...unnamed } = question;
    const [into, other] = [await payer({}), await payer({})];
    const before = await moment();
    const merged = { into, reason: 'the same payer' };
    expect((await system.api.post(`/v1/payers/${payerId}/merge`, merged)).status).toBe(200);
    const after = await moment();
    await change(`/v1/payers/${into}`, electronic('availity', 'another'))();
    await change(`/v1/payers/${other}`, electronic('availity', code))();
    const answers = async (of: object) =>
      Promise.all([{ asOf: before }, { asOf: after }, {}].map(async (then) => (await ask({ ...of, ...then })).body));
    expect(await answers({ ...unnamed, payerId: into })).toMatchObject([no('no_application'), YES, YES]);
    expect(await answers(question)).toMatchObject([YES, YES, YES]);
    const byCode = { ...unnamed, electronicPayerId: code };
    expect(await answers(byCode)).toMatchObject([YES, YES, no('no_application')]);
  });

  test('stays so when practices are merged', async () => {
    const { question, application } = await confirmed();
    const { clientId, payerId, practiceId } = application.filed;
    const twin = await system.file({ clientId, payerId });
    const path = `/v1/practices/${practiceId}/merge`;
    const steps: Step[] = [
      [nothing, no('no_application')],
      [() => system.api.post(path, { into: twin.practiceId, reason: 'entered twice' }), YES],
    ];
    expect(await answersAfter({ ...question, practiceId: twin.practiceId }, steps)).toMatchObject(asItWas(steps));
  });

  test('stays so when an application comes to nothing and is taken up again', async () => {
    const application = await system.at('submitted');
    const question = { ...scope(application.filed), payerId: application.filed.payerId };
    const reason = 'as they asked';
    const facts = ['contract', 'effective_date', 'provider_id', 'claims_route'].map((fact) => `${fact}_unconfirmed`);
    const steps: Step[] = [
      [nothing, no('not_approved', ...facts)],
      [() => application.act('withdrawal', { reason }), no('no_application')],
      [() => strike(application, 'withdrawal'), no('not_approved', ...facts)],
    ];
    expect(await answersAfter(question, steps)).toMatchObject(asItWas(steps));
  });

  test('stays so when the agreement that a colleague inherits loses its contract, and gets another; each change is published', async () => {
    const application = await system.at('approved');
    const { clientId, practiceId, payerId } = application.filed;
    for (const fact of Object.keys(FACTS) as (keyof typeof FACTS)[]) await application.confirm(fact);
    const [{ id }] = (await system.api.get(`/v1/agreements?practiceId=${practiceId}`)).body.items;
    const colleague = { ...(await system.file({ clientId, payerId })), practiceId };
    const confirmations = { ...createAllFacts(), contract: createProof({ inheritedFrom: id }) };
    const theirs = await system.open(colleague, { adopt: { stage: 'confirmed', confirmations } });
    await waitForChange(theirs, false, true);
    const steps: Step[] = [
      [nothing, YES],
      [
        () => strike(application, 'confirmation').then(() => waitForChange(theirs, true, false)),
        no('contract_unconfirmed'),
      ],
      [() => application.confirm('contract').then(() => waitForChange(theirs, false, true)), YES],
    ];
    expect(await answersAfter({ ...scope(colleague), payerId }, steps)).toMatchObject(asItWas(steps));
  });

  test('is no day ahead, and no other client’s', async () => {
    const { question, application } = await confirmed();
    expect(listBrokenRules(await ask({ ...question, asOf: new Date(Date.now() + 60_000).toISOString() }))).toEqual([
      'asOf not_in_future',
    ]);
    expect(listBrokenRules(await ask({ ...question, asOf: TODAY }))).toEqual(['asOf instant']);
    const key = await system.api.keyOf('service', [(await system.file()).clientId]);
    const query = new URLSearchParams({ ...question, asOf: new Date().toISOString() });
    expect((await system.api.get(`/v1/billing-readiness?${query}`, { key })).status).toBe(404);
    const own = await system.api.keyOf('service', [application.filed.clientId]);
    expect((await system.api.get(`/v1/billing-readiness?${query}`, { key: own })).body.mayBill).toBe(true);
  });
});

test('what was answered is listed with who asked and what it rested on, to those who may see the client', async () => {
  const application = await system.at('approved');
  const { providerId } = application.filed;
  await application.readiness();
  const path = `/v1/readiness-answers?providerId=${providerId}`;
  const { items } = (await system.api.get(path)).body;
  expect(items).toMatchObject([
    {
      mayBill: false,
      reasons: expect.arrayContaining(['contract_unconfirmed']),
      entryIds: [],
      askedBy: { type: expect.any(String), name: expect.any(String) },
      question: { providerId, dateOfService: expect.any(String) },
    },
  ]);
  const today = items[0].createdAt.slice(0, 10);
  expect((await system.api.get(`${path}&from=${today}`)).body.items).toHaveLength(1);
  expect((await system.api.get(`${path}&until=${today}`)).body.items).toEqual([]);
  const stranger = { key: await system.api.keyOf('auditor', [(await system.file()).clientId]) };
  expect((await system.api.get('/v1/readiness-answers', stranger)).body.items).toEqual([]);
  expect(listBrokenRules(await system.api.get(path, stranger))).toEqual(['providerId unknown_reference']);
  const client = { key: await system.api.keyOf('client', [items[0].clientId]) };
  expect((await system.api.get(path, client)).status).toBe(403);
});

test('what was answered is listed by provider, practice and payer, page by page, and never by something that is none of these', async () => {
  const one = await system.at('submitted');
  const { clientId, practiceId, providerId, payerId } = one.filed;
  const colleague = { ...(await system.file({ clientId })), practiceId };
  const key = await system.api.keyOf('auditor', [clientId]);
  const list = async (query: string) => (await system.api.get(`/v1/readiness-answers?${query}`, { key })).body;
  await one.readiness();
  await one.readiness({ dateOfService: daysAgo(1) });
  await ask({ ...scope(colleague), payerId });
  await ask({ ...scope(colleague), payerId: colleague.payerId });
  const asked = async (query: string) =>
    (await list(query)).items.map(({ question }: Reply['body']) => [question.providerId, question.payerId]);
  const [own, theirs] = [
    [providerId, payerId],
    [colleague.providerId, payerId],
  ];
  expect(await asked(`practiceId=${practiceId}`)).toEqual([
    own,
    own,
    theirs,
    [colleague.providerId, colleague.payerId],
  ]);
  expect(await asked(`payerId=${payerId}`)).toEqual([own, own, theirs]);
  expect(await asked(`providerId=${providerId}&payerId=${colleague.payerId}`)).toEqual([]);
  expect(await asked(`providerId=${colleague.providerId}&payerId=${payerId}&practiceId=${practiceId}`)).toEqual([
    theirs,
  ]);

  const pages = [await list(`payerId=${payerId}&limit=2`)];
  pages.push(await list(`payerId=${payerId}&limit=2&cursor=${pages[0].nextCursor}`));
  expect(pages.map(({ items, nextCursor }) => [items.length, nextCursor !== null])).toEqual([
    [2, true],
    [1, false],
  ]);
  expect(pages.flatMap(({ items }) => items)).toEqual((await list(`payerId=${payerId}`)).items);

  const bad = 'providerId=x&practiceId=&payerId=7&from=2026-02-30&until=tomorrow&limit=201&mayBill=true';
  expect(listBrokenRules(await system.api.get(`/v1/readiness-answers?${bad}`)).sort()).toEqual([
    'from real_date',
    'limit limit',
    'mayBill unknown_field',
    'payerId unknown_reference',
    'practiceId unknown_reference',
    'providerId unknown_reference',
    'until real_date',
  ]);
  expect(listBrokenRules(await system.api.get('/v1/readiness-answers?cursor=nonsense'))).toEqual(['cursor cursor']);
});

test('a claims system lists its own answers, and none that others were given', async () => {
  const application = await system.at('approved');
  const { providerId, clientId } = application.filed;
  const [service, another] = [
    await system.api.keyOf('service', [clientId]),
    await system.api.keyOf('service', [clientId]),
  ];
  const list = async (key: string) =>
    (await system.api.get(`/v1/readiness-answers?providerId=${providerId}`, { key })).body.items;
  await application.readiness();
  const question = new URLSearchParams({ ...scope(application.filed), payerId: application.filed.payerId });
  await system.api.get(`/v1/billing-readiness?${question}`, { key: service });
  expect(await list(service)).toMatchObject([{ mayBill: false, askedBy: { type: 'key', name: 'a service' } }]);
  expect(await list(another)).toEqual([]);
  expect(await list(await system.api.keyOf('auditor', [clientId]))).toHaveLength(2);
});

test('a fact that is put right ends the certificates that name it, and their holders are written to', async () => {
  const application = await system.at('confirmed');
  const { providerId, practiceId, payerId } = application.filed;
  const email = `${randomUUID()}@biller.example`;
  const { id } = await system.api.make('/v1/billing-readiness/certificates', {
    providerId,
    practiceId,
    payerId,
    state: 'CA',
    dateOfService: TODAY,
    holder: { name: 'Elm Billing', email },
  });
  await application.confirm('payerProviderId', { value: 'PIN-2', reason: 'the letter had a typo' });
  const { api } = system;
  const read = async () => (await api.get(`/v1/billing-readiness/certificates/${id}`)).body;
  await eventually(async () => !(await read()).holds);
  expect(await read()).toMatchObject({ endedBecause: 'changed' });
  const queued = await api.deps.sql`select from messages where recipient_type = 'holder' and recipient_id = ${id}`;
  expect(queued).toHaveLength(1);
});
