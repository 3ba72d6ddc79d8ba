import { randomUUID } from 'node:crypto';
import type { Adoption, ActionWithBody } from '../../domain/applications/bodies';
import type { ApplicationKey } from '../../domain/applications/events';
import { keepCommand } from '../../record/applications/commands';
import { openApplication } from '../../record/applications/opening';
import type { Reply } from '../support/api';
import {
  createAllFacts,
  daysAgo,
  FACTS,
  OpenApplication,
  createProof,
  System,
  TODAY,
  type Filed,
} from '../support/system';

const FOR_EVER = '9999-12-31';
const ACTOR = { type: 'system', id: 'test', name: 'Test' } as const;

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const refusals = ({ status, body }: Reply) => [
  status,
  ...(body.errors ?? []).map(({ path, rule }: { path: string; rule: string }) => `${path} ${rule}`),
];

describe('a date that is far from every other one is refused', () => {
  test('as an effective date, confirmed or adopted, with the range that it has to lie in', async () => {
    const application = await system.at('approved');
    for (const [value, rule] of [
      [FOR_EVER, 'date_range'],
      ['1899-12-31', 'date_range'],
      ['2199-12-31', 'within_ten_years'],
      ['2026-02-30', 'real_date'],
    ]) {
      const refused = await application.try('confirmations/effectiveDate', createProof(value));
      expect(refusals(refused)).toEqual([400, `value ${rule}`]);
    }
    const { body } = await application.try('confirmations/effectiveDate', createProof(FOR_EVER));
    expect(body.errors[0].message).toBe('must be from 1900-01-01 to 2199-12-31');
    const { providerId, practiceId, payerId } = await system.file();
    const confirmations = { ...createAllFacts(), effectiveDate: createProof(FOR_EVER) };
    const adopt = { stage: 'confirmed', confirmations };
    const adopted = await system.api.post('/v1/applications', { providerId, practiceId, payerId, state: 'CA', adopt });
    expect(refusals(adopted)).toEqual([400, 'adopt.confirmations.effectiveDate.value date_range']);
  });

  test('as the end of a closure, which lasts a year at most', async () => {
    const closing = (to: string) =>
      system.api.post('/v1/payers', {
        name: `Payer ${randomUUID()}`,
        electronicPayerIds: [],
        playbook: { closures: [{ from: TODAY, to }] },
      });
    expect(refusals(await closing(FOR_EVER))).toEqual([
      400,
      'playbook.closures.0.to date_range',
      'playbook.closures.0.to longest_closure',
    ]);
    expect(refusals(await closing(daysAgo(-366)))).toEqual([400, 'playbook.closures.0.to longest_closure']);
    expect((await closing(daysAgo(-365))).status).toBe(201);
  });

  test('as the day by which a payer wants a recredentialing', async () => {
    const application = await system.at('confirmed');
    const asked = { startedOn: TODAY, dueOn: FOR_EVER, source: 'letter', reference: 'L-1' };
    expect(refusals(await application.try('recredentialing', asked))).toEqual([400, 'dueOn date_range']);
  });
});

describe('a date that contradicts what is on record is refused, and can be put right', () => {
  const ending = (on: string) => ({ on, reason: 'moved', source: 'letter', reference: 'T-1' });

  test('a last day before the effective date; the right one is taken afterwards, and a wrong one is struck out', async () => {
    const application = await system.at('confirmed');
    const before = await application.try('participation-end', ending('2025-12-31'));
    expect(refusals(before)).toEqual([400, 'on before_record']);
    expect(before.body.errors[0].message).toMatch(/^is before the effective date, 2026-01-01: confirm the right/);
    expect((await application.get()).participation.current).toBe(true);
    expect((await application.act('participation-end', ending('2026-03-31'))).participationEndedOn).toBe('2026-03-31');
    const again = await application.try('participation-end', ending('2026-04-30'));
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('`corrections`')]);
    const entry = (await application.timeline()).find(({ kind }) => kind === 'participation_end');
    await application.act('corrections', { entryId: entry!.id, reason: 'the letter says April' });
    expect((await application.act('participation-end', ending('2026-04-30'))).participationEndedOn).toBe('2026-04-30');
  });

  test('a fact that was confirmed before the submission, unless it says how', async () => {
    const application = await system.at('ready_to_submit');
    await application.submit({ submittedOn: daysAgo(10) });
    const early = createProof(FACTS.payerProviderId, { confirmedOn: daysAgo(11) });
    const refused = await application.try('confirmations/payerProviderId', early);
    expect(refusals(refused)).toEqual([400, 'confirmedOn before_record']);
    const outOfOrder = { reason: 'the payer gave it out with the invitation' };
    const taken = await application.act('confirmations/payerProviderId', { ...early, outOfOrder });
    expect(taken.confirmations.payerProviderId).toMatchObject({ confirmedOn: daysAgo(11) });
    const complete = { channel: 'portal', outcome: 'received', completeOn: daysAgo(12) };
    expect(refusals(await application.try('contacts', complete))).toEqual([400, 'completeOn before_record']);
    const roster = { payerId: application.filed.payerId, channel: 'portal' };
    const many = { ...roster, applications: [{ id: application.id, outcome: 'received', completeOn: daysAgo(12) }] };
    const [one] = (await system.api.post('/v1/contacts', many)).body.items;
    expect([one.status, one.problem.errors[0].rule]).toEqual([400, 'before_record']);
  });

  test('what belongs to a relationship with a platform: its end before its beginning, a decision after its end', async () => {
    const { providerId, payerId } = await system.file();
    const since = daysAgo(100);
    const body = { providerId, platform: 'Alma', payerIds: [payerId], since };
    const { id } = await system.api.make('/v1/platform-relationships', body);
    const path = `/v1/platform-relationships/${id}`;
    const left = (on: string) => system.api.post(`${path}/end`, { on, reason: 'they left' });
    expect(refusals(await left(daysAgo(101)))).toEqual([400, 'on before_record']);
    const decide = (decision: string) => system.api.put(`${path}/decision`, { decision, reason: 'fewer fees' });
    expect((await decide('bridge')).status).toBe(200);
    expect((await left(daysAgo(2))).status).toBe(200);
    const { status, body: problem } = await decide('stay');
    expect([status, problem.type]).toEqual([409, 'urn:countersign:problem:relationship_ended']);
  });

  test('the end of an agreement before its first participation began; a wrong one is put right by naming it', async () => {
    const application = await system.at('confirmed');
    const [agreement] = (await system.api.get(`/v1/agreements?practiceId=${application.filed.practiceId}`)).body.items;
    const path = `/v1/agreements/${agreement.id}/end`;
    const end = (on: string, more = {}, headers = {}) => system.api.post(path, { ...ending(on), ...more }, { headers });
    const mayBill = async (dateOfService: string, more = {}) =>
      (await application.readiness({ dateOfService, ...more })).mayBill;
    const before = await end('1950-01-01');
    expect(refusals(before)).toEqual([400, 'on before_record']);
    expect(before.body.errors[0].message).toMatch(/^is before the earliest effective date .*, 2026-01-01: /);
    expect(refusals(await end(daysAgo(9), { replaces: daysAgo(8) }))).toEqual([400, 'replaces not_ended']);
    expect((await end(daysAgo(9))).status).toBe(200);
    const meanwhile = new Date().toISOString();
    for (const more of [{}, { replaces: daysAgo(8) }]) {
      const { status, body } = await end(daysAgo(5), more);
      expect([status, body.detail]).toEqual([409, expect.stringContaining('`replaces`')]);
    }
    const headers = { 'Idempotency-Key': randomUUID() };
    for (const _twice of [1, 2]) {
      const { status, body } = await end(daysAgo(5), { replaces: daysAgo(9) }, headers);
      expect([status, body.endedOn, body.ending.on]).toEqual([200, daysAgo(5), daysAgo(5)]);
    }
    expect([await mayBill(daysAgo(5)), await mayBill(daysAgo(4))]).toEqual([true, false]);
    expect(await mayBill(daysAgo(5), { asOf: meanwhile })).toBe(false);
  });

  test('the end of a relationship with a platform; a wrong one is put right by naming it', async () => {
    const { clientId, providerId, payerId } = await system.file();
    const body = { providerId, platform: 'Alma', payerIds: [payerId], since: daysAgo(100) };
    const { id } = await system.api.make('/v1/platform-relationships', body);
    const end = (on: string, more = {}) =>
      system.api.post(`/v1/platform-relationships/${id}/end`, { on, reason: 'they left', ...more });
    const untilOn = async () =>
      (
        await system.api.deps.sql`
          select until_on from platform_spans where relationship_id = ${id} and known_to is null and client_id = ${clientId}`
      ).map((span) => span.untilOn);
    expect(refusals(await end(daysAgo(9), { replaces: daysAgo(8) }))).toEqual([400, 'replaces not_ended']);
    expect((await end(daysAgo(9))).status).toBe(200);
    const again = await end(daysAgo(5));
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('`replaces`')]);
    const right = await end(daysAgo(5), { replaces: daysAgo(9) });
    expect([right.status, right.body.endedOn, await untilOn()]).toEqual([200, daysAgo(5), [daysAgo(5)]]);
    await end(daysAgo(7), { replaces: daysAgo(5) });
    expect(await untilOn()).toEqual([daysAgo(7)]);
  });

  test('the end of something before its beginning, wherever both are given', async () => {
    const { clientId, practiceId, providerId, payerId } = await system.file();
    const signed = { scopes: ['contact_payers'], signedOn: daysAgo(5) };
    const { id } = await system.api.make(`/v1/providers/${providerId}/authorisations`, signed);
    const revoked = await system.api.post(`/v1/authorisations/${id}/revocation`, { on: daysAgo(6), reason: 'x' });
    expect(refusals(revoked)).toEqual([400, 'on before_record']);
    const enrolment = { payerId, kind: '835', status: 'submitted', on: daysAgo(5), expectedOn: daysAgo(6) };
    expect(refusals(await system.api.post(`/v1/practices/${practiceId}/enrolments`, enrolment))).toEqual([
      400,
      'expectedOn order',
    ]);
    const asked = { kind: 'question', channel: 'email', words: 'When?', receivedOn: daysAgo(5), dueOn: daysAgo(6) };
    const { id: assignee } = await system.api.make('/v1/users', {
      name: 'Kim',
      email: `${randomUUID()}@example.org`,
      role: 'lead',
    });
    const request = await system.api.post(`/v1/clients/${clientId}/requests`, { ...asked, assignee });
    expect(refusals(request)).toEqual([400, 'dueOn order']);
    const application = await system.at('in_review');
    const contract = { status: 'sent', on: daysAgo(5), renewsOn: daysAgo(6) };
    expect(refusals(await application.try('contract', contract))).toEqual([400, 'renewsOn order']);
  });

  test('a day from another century, from which clocks would start', async () => {
    const application = await system.at('ready_to_submit');
    const submitted = await application.try('submission', { submittedOn: '1926-03-02', channel: 'fax' });
    expect(refusals(submitted)).toEqual([400, 'submittedOn date_range']);
    await application.submit();
    const complete = { channel: 'portal', outcome: 'received', completeOn: '1926-03-02' };
    expect(refusals(await application.try('contacts', complete))).toEqual([400, 'completeOn date_range']);
    const { providerId, practiceId, payerId } = await system.file();
    const adopted = (stage: string, submittedOn: string) =>
      system.api.post('/v1/applications', {
        providerId,
        practiceId,
        payerId,
        state: 'CA',
        adopt: { stage, submittedOn },
      });
    expect(refusals(await adopted('in_review', '2003-01-02'))).toEqual([400, 'adopt.submittedOn date_range']);
    expect((await adopted('denied', '2003-01-02')).status).toBe(201);
  });
});

describe('a date that contradicts another of the same body, or what is on record, is refused', () => {
  test('of an application that is taken over: a fact from before its submission, unless it says how', async () => {
    const { providerId, practiceId, payerId } = await system.file();
    const adopt = (confirmation: object, more: object = {}) =>
      system.api.post('/v1/applications', {
        providerId,
        practiceId,
        payerId,
        state: 'CA',
        adopt: {
          stage: 'approved',
          submittedOn: daysAgo(30),
          confirmations: {
            payerProviderId: {
              value: 'P-1',
              source: 'letter',
              reference: 'r',
              confirmedOn: daysAgo(31),
              ...confirmation,
            },
          },
          ...more,
        },
      });
    const refused = await adopt({});
    expect(refusals(refused)).toEqual([400, 'adopt.confirmations.payerProviderId.confirmedOn before_record']);
    expect(JSON.stringify(refused.body)).not.toContain(daysAgo(30));
    expect(refusals(await adopt({ confirmedOn: daysAgo(30) }, { nextFollowUpOn: daysAgo(31) }))).toEqual([
      400,
      'adopt.nextFollowUpOn not_before',
    ]);
    // a bad day is reported as bad, and nothing else about it
    expect(refusals(await adopt({ confirmedOn: '2026-02-30' }))).toEqual([
      400,
      'adopt.confirmations.payerProviderId.confirmedOn real_date',
    ]);
    expect((await adopt({ reason: 'The payer knew the provider from another practice' })).status).toBe(201);
  });

  test('of a platform: payers that changed, or a day of leaving, from before it began', async () => {
    const { providerId, payerId } = await system.file();
    const { id } = await system.api.make('/v1/platform-relationships', {
      providerId,
      platform: 'Rula',
      payerIds: [payerId],
      states: ['CA'],
      since: daysAgo(20),
    });
    const path = `/v1/platform-relationships/${id}`;
    const change = (body: object) => system.api.patch(path, { states: ['CA', 'TX'], ...body });
    expect(refusals(await change({ changedOn: daysAgo(21) }))).toEqual([400, 'changedOn before_record']);
    expect(refusals(await change({ changedOn: daysAgo(21), since: daysAgo(20) }))).toEqual([400, 'changedOn order']);
    for (const one of ['consequences', 'transition-plan'])
      expect(refusals(await system.api.get(`${path}/${one}?leaveOn=${daysAgo(21)}`))).toEqual([
        400,
        'leaveOn before_record',
      ]);
    expect((await change({ changedOn: daysAgo(21), since: daysAgo(22) })).status).toBe(200);
  });

  test('of a new attempt: that it was submitted before the earlier one, unless out of order', async () => {
    const application = await system.at('ready_to_submit');
    await application.submit();
    await application.act('resubmission', { reason: 'The payer lost it' });
    const earlier = { submittedOn: daysAgo(400), channel: 'fax' };
    expect(refusals(await application.try('submission', earlier))).toEqual([400, 'submittedOn before_record']);
    const meant = { ...earlier, outOfOrder: { reason: 'It was sent twice, and this is the first' } };
    expect((await application.try('submission', meant)).status).toBe(200);
  });

  test('of answers that were given: that they end before they begin', async () => {
    const asked = await system.api.get(`/v1/readiness-answers?from=${daysAgo(1)}&until=${daysAgo(2)}`);
    expect(refusals(asked)).toEqual([400, 'until order']);
  });
});

describe('what was said when an application was opened', () => {
  test('is needed by no day that is over', async () => {
    const { providerId, practiceId, payerId } = await system.file();
    const body = { providerId, practiceId, payerId, state: 'CA', neededBy: daysAgo(3) };
    expect(refusals(await system.api.post('/v1/applications', body))).toEqual([400, 'neededBy not_in_past']);
  });

  test('can be put right: until when it is needed, and what it is worth', async () => {
    const application = await system.open(await system.file(), { neededBy: daysAgo(-3), monthlyValue: 90_000 });
    const change = (body: object, headers = {}) => system.api.patch(application.path, body, { headers });
    const { version } = await application.get();
    const changed = await change({ neededBy: daysAgo(-300), monthlyValue: 900 }, { 'If-Match': `"${version}"` });
    expect([changed.status, changed.body]).toEqual([
      200,
      expect.objectContaining({ neededBy: daysAgo(-300), monthlyValue: 900, version: version + 1 }),
    ]);
    expect((await application.queue())[0]).toMatchObject({ monthlyValue: 900, why: [] });
    expect((await application.timeline()).at(-1)).toMatchObject({
      kind: 'details',
      neededBy: daysAgo(-300),
      monthlyValue: 900,
      actor: expect.anything(),
    });
    expect((await change({ monthlyValue: null })).body).toMatchObject({
      neededBy: daysAgo(-300),
      monthlyValue: null,
    });
    expect((await change({ neededBy: null }, { 'If-Match': `"${version}"` })).status).toBe(412);
    expect(refusals(await change({ neededBy: daysAgo(3) }))).toEqual([400, 'neededBy not_in_past']);
    expect(refusals(await change({ stage: 'approved' }))).toEqual([400, 'stage unknown_field']);
    await application.act('withdrawal', { reason: 'opened twice' });
    expect((await change({ neededBy: null })).body).toMatchObject({ stage: 'withdrawn', neededBy: null });
  });
});

describe('where such a date was stored before there was a range', () => {
  /** Records what the door would refuse, as an earlier version did. */
  async function record(application: OpenApplication, said: ActionWithBody): Promise<void> {
    const { sql, dispatch } = system.api.deps;
    const { id, filed } = application;
    const commandId = randomUUID();
    await keepCommand(sql, { id: commandId, clientId: filed.clientId, applicationId: id, ...said }, ACTOR);
    expect(await dispatch.deliverCommand(commandId, 20_000)).toMatchObject({ status: 'recorded' });
  }

  /** Opens what the door would refuse. */
  async function opened(filed: Filed, adopt?: Adoption): Promise<OpenApplication> {
    const { sql, dispatch } = system.api.deps;
    const { clientId, providerId, practiceId, payerId } = filed;
    const key: ApplicationKey = {
      providerId,
      practiceId,
      payerId,
      state: 'CA',
      lineOfBusiness: 'commercial',
      kind: 'new_individual',
      locationId: null,
    };
    const id = randomUUID();
    const body = { ...key, ...(adopt && { adopt }) };
    const made = await openApplication(sql, { id, clientId, key, body, at: new Date().toISOString() }, ACTOR);
    expect(made).toHaveProperty('run');
    await dispatch.startApplication(id);
    return new OpenApplication(system.api, id, filed);
  }

  /** Expects that it still takes an action, stands in the lists, and has an answer about billing readiness. */
  async function expectAlive(application: OpenApplication): Promise<void> {
    await application.act('notes', { text: 'still here', visibility: 'internal' });
    expect((await application.timeline()).at(-1)).toMatchObject({ kind: 'note' });
    const list = await system.api.get(`/v1/applications?providerId=${application.filed.providerId}`);
    expect(list.body.items.map(({ id }: { id: string }) => id)).toContain(application.id);
    expect(await application.readiness()).toHaveProperty('mayBill');
    const { clientId, providerId } = application.filed;
    for (const path of [
      `clients/${clientId}/coverage`,
      `providers/${providerId}/upkeep`,
      'work-queue',
      'work-queue/load',
    ])
      expect([path, (await system.api.get(`/v1/${path}`)).status]).toEqual([path, 200]);
  }

  test('an application that was confirmed with it goes on, and can be put right', async () => {
    const application = await system.at('approved');
    for (const fact of ['contract', 'payerProviderId', 'claimsRoute'] as const) await application.confirm(fact);
    await record(application, {
      action: 'confirmations',
      body: { fact: 'effectiveDate', ...createProof(FOR_EVER) },
    });
    await expectAlive(application);
    const right = await application.act(
      'confirmations/effectiveDate',
      createProof(FACTS.effectiveDate, { reason: 'a slip' }),
    );
    expect(right.confirmations.effectiveDate.value).toBe(FACTS.effectiveDate);
  });

  test('an application that was adopted with it goes on', async () => {
    const confirmations = { ...createAllFacts(), effectiveDate: createProof(FOR_EVER) };
    const application = await opened(await system.file(), { stage: 'confirmed', confirmations });
    await expectAlive(application);
    expect((await application.get()).participation.effectiveOn).toBe(FOR_EVER);
  });

  test('a participation of which the recredentialing is due on it goes on, and takes another day', async () => {
    const application = await system.at('confirmed');
    const asked = { startedOn: TODAY, source: 'letter', reference: 'L-1' };
    await record(application, { action: 'recredentialing', body: { ...asked, dueOn: FOR_EVER } });
    await expectAlive(application);
    const taken = await application.act('recredentialing', { ...asked, dueOn: daysAgo(-200) });
    expect(taken.participation.recredentialing.dueOn).toBe(daysAgo(-200));
  });

  test('a payer whose closure ends on it takes applications, which are followed up within a year', async () => {
    const filed = await system.file();
    const playbook = { closures: [{ from: daysAgo(10), to: FOR_EVER }] };
    await system.api.deps
      .sql`update playbooks set body = ${system.api.deps.sql.json(playbook)} where payer_id = ${filed.payerId}`;
    const application = await system.open(filed);
    const { nextFollowUpAt } = await application.submit();
    expect(nextFollowUpAt < daysAgo(-380)).toBe(true);
    await expectAlive(application);
  });
});
