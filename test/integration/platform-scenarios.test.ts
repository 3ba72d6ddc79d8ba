import { randomUUID } from 'node:crypto';
import { CLIENT, PAYER } from '../support/api';
import { eventually } from '../support/eventually';
import {
  createAllFacts,
  daysAgo,
  daysAhead,
  FACTS,
  OpenApplication,
  createProof,
  SEEN,
  System,
  TODAY,
  type Filed,
} from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const PATH = '/v1/platform-relationships';
const FACT_NAMES = Object.keys(FACTS) as (keyof typeof FACTS)[];
const ANSWER = { answeredBy: 'Alma support', answeredOn: TODAY, channel: 'email' };

const payer = async (): Promise<string> =>
  (await system.api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` })).id;
const payers = (count: number): Promise<string[]> => Promise.all(Array.from({ length: count }, payer));
/** Asks for the billing readiness of a provider and practice, by payer. */
async function ask({ providerId, practiceId }: Filed, payerIds: string[], dateOfService = TODAY) {
  const items = payerIds.map((payerId) => ({ providerId, practiceId, payerId, state: 'CA', dateOfService }));
  return (await system.api.post('/v1/billing-readiness', { items })).body.items;
}

/** A provider on a platform with so many payers. */
async function onPlatform(platform: string, count: number) {
  const { id: clientId } = await system.api.make('/v1/clients', CLIENT);
  const filed = await system.file({ clientId });
  const payerIds = [filed.payerId, ...(await payers(count - 1))];
  const { id } = await system.api.make(PATH, { providerId: filed.providerId, platform, payerIds });
  const at = `${PATH}/${id}`;
  return {
    filed,
    payerIds,
    at,
    id: id as string,
    answer: async (question: string, answer: string, more: object = {}) =>
      (await system.api.put(`${at}/answers/${question}`, { ...ANSWER, answer, ...more })).body,
    read: async (part: string) => (await system.api.get(`${at}/${part}`)).body,
  };
}

test('1: participates through Alma for two payers and asks to bill one directly: refused, with what to do', async () => {
  const { filed, payerIds } = await onPlatform('Alma', 2);
  const [elsewhere] = await payers(1);
  const [one, other, none] = await ask(filed, [...payerIds, elsewhere!]);
  for (const answer of [one, other])
    expect(answer).toMatchObject({
      mayBill: false,
      reasons: ['platform_only'],
      billThrough: 'platform',
      mayRepresentInNetwork: false,
      facts: {},
      whatToDo: [{ reason: 'platform_only', do: expect.stringContaining('open an application') }],
    });
  expect(none).toMatchObject({ mayBill: false, reasons: ['no_application'], billThrough: 'nobody' });
});

test('2: asks what is portable for one payer of four: answered item by item, and nothing is made up for the others', async () => {
  const { answer, read, payerIds } = await onPlatform('Alma', 4);
  const items = { payerRelationships: 'yes', providerIds: 'yes', rates: 'no' };
  const { id: entryId } = await answer('portable_on_exit', 'unclear', { payerId: payerIds[2], items });
  const found = await read(`consequences?leaveOn=${daysAhead(30)}`);
  expect(found.items.map((one: { payerId: string }) => one.payerId)).toEqual(payerIds);
  const others = { payerRelationships: 'unanswered', providerIds: 'unanswered', rates: 'unanswered' };
  expect(found.items.map((one: { portable: object }) => one.portable)).toEqual(
    payerIds.map((payerId) =>
      payerId === payerIds[2]
        ? { answer: 'unclear', entryId, ...items, claimsRoutes: 'unclear', clientWorkflows: 'unclear' }
        : { answer: 'unanswered', entryId: null, ...others, claimsRoutes: 'unanswered', clientWorkflows: 'unanswered' },
    ),
  );
  expect(found.withoutApplication).toEqual(payerIds);

  // a no in general is a no for every item of the others, and leaves the one that was named
  await answer('portable_on_exit', 'no');
  const { byPayer } = await read('assessment');
  expect(byPayer[2].portable).toEqual({ ...items, claimsRoutes: 'unclear', clientWorkflows: 'unclear' });
  for (const i of [0, 1, 3]) expect(new Set(Object.values(byPayer[i].portable))).toEqual(new Set(['no']));
});

test('3: bridges through Headway while direct applications run: billed through it until each is confirmed', async () => {
  const { filed, payerIds, at } = await onPlatform('Headway', 2);
  await system.api.put(`${at}/decision`, { decision: 'bridge', reason: 'keep the income' });
  const items = payerIds.map((payerId) => ({ payerId, state: 'CA' }));
  const { body } = await system.api.post(`${at}/applications`, { practiceId: filed.practiceId, items });
  const [first, second] = body.items.map(
    ({ id, payerId }: { id: string; payerId: string }) => new OpenApplication(system.api, id, { ...filed, payerId }),
  );
  expect((await first.queue())[0].ask).toEqual([expect.stringMatching(/adds .* and replaces nothing/)]);
  expect(await first.readiness()).toMatchObject({ mayBill: false, billThrough: 'platform' });
  await first.submit();
  await first.contact('approved', { channel: 'mail' });
  for (const fact of FACT_NAMES) {
    expect(await first.readiness()).toMatchObject({ mayBill: false, billThrough: 'platform' });
    await first.confirm(fact, { seen: SEEN });
  }
  expect(await first.readiness()).toMatchObject({ mayBill: true, billThrough: 'own' });
  expect(await second.readiness()).toMatchObject({ mayBill: false, billThrough: 'platform' });
  const { items: cells } = (await system.api.get(`/v1/clients/${filed.clientId}/coverage`)).body;
  expect(new Map(cells.map(({ payerId, through }: Record<string, string>) => [payerId, through]))).toEqual(
    new Map([
      [payerIds[0], 'direct'],
      [payerIds[1], 'platform'],
    ]),
  );
});

test('4: leaves a platform with a 60-day notice: with its last day, and counted on through the last day only', async () => {
  const { filed, payerIds, answer, read, at } = await onPlatform('Grow', 2);
  const words = 'Sixty days of notice in writing; no contact with clients for a year.';
  const { id: entryId } = await answer('free_of_restrictions', 'no', { noticeDays: 60, words });
  const leaving = (on: string) => read(`consequences?leaveOn=${on}`);
  const late = await leaving(daysAhead(59));
  expect(late.notice).toEqual({
    days: 60,
    givenOn: null,
    lastDayToGive: daysAgo(1),
    earliestLeaveOn: daysAhead(60),
    inTime: false,
  });
  expect(late.items[0].restrictions).toEqual({ freeOf: 'no', entryId, words });
  expect((await leaving(daysAhead(60))).notice).toMatchObject({ lastDayToGive: TODAY, inTime: true });

  await system.api.put(`${at}/checklist/platform_notice`, { owner: 'Robin', doneOn: TODAY });
  expect((await leaving(daysAhead(60))).risks.map(({ item }: { item: string }) => item)).not.toContain(
    'platform_notice',
  );
  const before = new Date().toISOString();
  await eventually(() => Promise.resolve(new Date().toISOString() > before));
  const end = { on: daysAhead(59), reason: 'notice given' };
  const ended = await system.api.post(`${at}/end`, end);
  expect(ended.body).toMatchObject({ endedOn: daysAhead(59), endReason: 'notice given' });
  const through = async (on: string, asOf?: string) => {
    const query = new URLSearchParams({
      ...scope(filed),
      payerId: payerIds[0]!,
      dateOfService: on,
      ...(asOf && { asOf }),
    });
    const { reasons, billThrough } = (await system.api.get(`/v1/billing-readiness?${query}`)).body;
    return [...reasons, billThrough];
  };
  expect(await through(daysAhead(59))).toEqual(['platform_only', 'platform']);
  expect(await through(daysAhead(60))).toEqual(['no_application', 'nobody']);
  expect(await through(daysAhead(60), before)).toEqual(['platform_only', 'platform']);
});

test('5: the platform answers three of six: unclear is not direct, and only the other three are still asked', async () => {
  const { filed, payerIds, id, answer, read } = await onPlatform('Rula', 1);
  const asked = ['direct_contract', 'bill_outside', 'portable_on_exit'];
  const open = ['claims_under_own_setup', 'control_terms', 'free_of_restrictions'];
  for (const question of asked) await answer(question, 'yes');
  expect(await read('assessment')).toMatchObject({
    verdict: 'unclear',
    unanswered: open,
    because: [
      { question: 'claims_under_own_setup', answer: 'unanswered' },
      { question: 'control_terms', answer: 'unanswered' },
    ],
  });
  const inquiry = await read('inquiry');
  expect(inquiry.status).toBe('open');
  expect(inquiry.openQuestions.map(({ question }: { question: string }) => question)).toEqual(open);
  const listInquiries = () => system.api.deps.sql<{ questions: { question: string }[] }[]>`
    select data->'questions' as questions from messages where data->>'relationshipId' = ${id} order by created_at`;
  await eventually(async () => (await listInquiries()).at(-1)?.questions.length === 3);
  expect((await listInquiries()).at(-1)!.questions.map(({ question }) => question)).toEqual(open);
  expect((await ask(filed, payerIds))[0]).toMatchObject({ mayBill: false, reasons: ['platform_only'] });
});

test('10: takes the platform’s welcome letter for a contract: nothing counts until it is read whom it names', async () => {
  const { filed, at } = await onPlatform('Headway', 1);
  const application = await system.at('approved', { filed });
  for (const fact of FACT_NAMES) await application.confirm(fact);
  expect(await application.get()).toMatchObject({
    stage: 'approved',
    missingFacts: ['contract', 'claimsRoute'],
    waitingOn: 'operator',
    confirmations: { contract: { status: 'claimed', lacks: 'party' }, effectiveDate: { status: 'confirmed' } },
  });
  expect((await application.queue()).map(({ purpose }: { purpose: string }) => purpose)).toEqual(['read_the_party']);
  const answer = await application.readiness();
  expect(answer).toMatchObject({
    mayBill: false,
    reasons: ['contract_unconfirmed', 'claims_route_unconfirmed'],
    billThrough: 'platform',
    facts: { contract: { status: 'claimed', lacks: 'party' } },
  });
  expect(answer.whatToDo[0].do).toContain('whose name and tax id');
  // and no colleague inherits what nobody has read
  const agreements = `/v1/agreements?practiceId=${filed.practiceId}`;
  expect((await system.api.get(agreements)).body.items).toEqual([]);
  // a cover that is over leaves its letters about
  await system.api.post(`${at}/end`, { on: daysAgo(1), reason: 'left' });
  expect(await application.readiness()).toMatchObject({ mayBill: false, billThrough: 'nobody' });

  await application.confirm('contract', { seen: SEEN });
  await application.confirm('claimsRoute', { seen: SEEN });
  expect(await application.get()).toMatchObject({ stage: 'confirmed', missingFacts: [] });
  expect(await application.readiness()).toMatchObject({
    mayBill: true,
    cautions: ['not_seen_loaded', 'no_document'],
    factsWithoutDocument: FACT_NAMES,
  });
});

test('11: is found to be on a platform after it was confirmed: what nobody read counts no longer, and is asked for', async () => {
  const application = await system.at('confirmed');
  const { providerId, payerId } = application.filed;
  expect(await application.readiness()).toMatchObject({ mayBill: true });
  const before = new Date().toISOString();
  await eventually(() => Promise.resolve(new Date().toISOString() > before));
  const platform = { providerId, platform: 'Alma', payerIds: [payerId], since: '2020-01-01' };
  await system.api.make(PATH, platform);
  const reasons = ['contract_unconfirmed', 'claims_route_unconfirmed'];
  expect(await application.readiness()).toMatchObject({ mayBill: false, reasons });
  expect(await application.readiness({ asOf: before })).toMatchObject({ mayBill: true });
  await eventually(async () => (await application.get()).missingFacts.length === 2);
  const purposes = (await application.queue()).map(({ purpose }: { purpose: string }) => purpose);
  expect(purposes).toContain('read_the_party');
});

test('6: is approved with a retroactive date: billable from that day on, not before', async () => {
  const application = await system.at('approved');
  const back = daysAgo(60);
  for (const fact of FACT_NAMES) await application.confirm(fact, fact === 'effectiveDate' ? { value: back } : {});
  expect(await application.readiness({ dateOfService: back })).toMatchObject({ mayBill: true, billableFrom: back });
  expect(await application.readiness({ dateOfService: daysAgo(61) })).toMatchObject({
    reasons: ['before_effective_date'],
  });
});

test('7: has a date corrected after claims were cleared: the earlier answer is still shown as it was', async () => {
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

test('8: loses the group’s contract: forty participations end at once, no matter whose letter each rests on, and each change is published', async () => {
  const first = await system.at('confirmed');
  const { clientId, practiceId, payerId } = first.filed;
  const [{ id }] = (await system.api.get(`/v1/agreements?practiceId=${practiceId}`)).body.items;
  const inherited = { contract: createProof({ inheritedFrom: id }), claimsRoute: createProof({ inheritedFrom: id }) };
  const colleagues = await Promise.all(
    Array.from({ length: 39 }, async (_, i) => {
      const { providerId } = await system.file({ clientId, payerId });
      const body = { providerId, practiceId, payerId, state: 'CA', kind: 'add_to_group' };
      // some came with a copy of the same contract instead of a reference to it
      const confirmations = { ...createAllFacts(), ...(i % 3 > 0 && inherited) };
      await system.api.make('/v1/applications', { ...body, adopt: { stage: 'confirmed', confirmations } });
      return providerId;
    }),
  );
  const all = [first.filed.providerId, ...colleagues].map((providerId) => ({
    ...scope(first.filed),
    providerId,
    payerId,
  }));
  const answers = async (dateOfService: string) => {
    const items = all.map((item) => ({ ...item, dateOfService }));
    const { body } = await system.api.post('/v1/billing-readiness', { items });
    return body.items.map((answer: { mayBill: boolean; reasons: string[] }) => answer.mayBill || answer.reasons);
  };
  const countChanges = async (mayBill: boolean) => {
    const { items } = (
      await system.api.get('/v1/events?type=billing_readiness.changed&limit=200', {
        key: await system.api.keyOf('service', [clientId]),
      })
    ).body;
    return items.filter(({ data }: { data: { to: { mayBill: boolean } } }) => data.to.mayBill === mayBill).length;
  };
  expect(await answers(TODAY)).toEqual(all.map(() => true));
  await eventually(async () => (await countChanges(true)) === 40);
  const ending = { on: daysAgo(1), reason: 'terminated', source: 'letter', reference: 'L-1' };
  await system.api.post(`/v1/agreements/${id}/end`, ending);
  expect(await answers(TODAY)).toEqual(all.map(() => ['participation_ended']));
  expect(await answers(daysAgo(1))).toEqual(all.map(() => true));
  await eventually(async () => (await countChanges(false)) === 40);
});

test('9: arrives with nine direct contracts of years ago: billable at once, and chased no more', async () => {
  const filed = await system.file();
  const nine = [filed.payerId, ...(await payers(8))];
  for (const payerId of nine) {
    const confirmations = {
      ...createAllFacts(),
      effectiveDate: createProof('2019-05-01', { confirmedOn: '2019-04-20' }),
    };
    const { providerId, practiceId } = filed;
    const body = { providerId, practiceId, payerId, state: 'CA', adopt: { stage: 'confirmed', confirmations } };
    await system.api.make('/v1/applications', body);
  }
  const answers = await ask(filed, nine, '2020-02-29');
  expect(answers.map(({ mayBill }: { mayBill: boolean }) => mayBill)).toEqual(nine.map(() => true));
  expect((await system.api.get(`/v1/work-queue?clientId=${filed.clientId}`)).body.items).toEqual([]);
});

function scope({ providerId, practiceId }: Filed) {
  return { providerId, practiceId, state: 'CA' };
}
