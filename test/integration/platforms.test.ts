import { FACTS } from '../../domain/kernel/codes';
import { QUESTIONS } from '../../domain/platforms/platform';
import {
  CLIENT,
  NPI,
  OTHER_NPI,
  PAYER,
  PRACTICE,
  PROVIDER,
  TestApi,
  type Sent,
  listBrokenRules,
  readProblemType,
} from '../support/api';
import { readDevServerAddress } from '../support/servers';
import { createAllFacts, daysAgo, daysAhead, SEEN, TODAY } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ temporalAddress: readDevServerAddress() });
});
afterAll(() => api.stop());

const PATH = '/v1/platform-relationships';
const ANSWER = { answer: 'yes', answeredBy: 'Alma support', answeredOn: TODAY, channel: 'email' };
const DIRECT = ['direct_contract', 'bill_outside', 'claims_under_own_setup', 'control_terms'];

let payers = 0;
const payer = async (more: object = {}): Promise<string> =>
  (await api.make('/v1/payers', { ...PAYER, name: `Payer ${++payers}`, ...more })).id;

/** A client's provider with two payers. */
async function file(npi = NPI) {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi });
  return { clientId, providerId: provider.id as string, payerIds: [await payer(), await payer()] };
}

/** A relationship of a provider of its own client; what is `more` goes into its body. */
async function relationship(more: object = {}) {
  const { clientId, providerId, payerIds } = await file();
  const made = await api.make(PATH, { providerId, platform: 'Alma', payerIds, ...more });
  const at = `${PATH}/${made.id}`;
  return {
    ...made,
    clientId,
    at,
    answer: (question: string, body: object = {}, sent?: Sent) =>
      api.put(`${at}/answers/${question}`, { ...ANSWER, ...body }, sent),
    decide: (body: object, sent?: Sent) => api.put(`${at}/decision`, body, sent),
    answers: async (query = '') => (await api.get(`${at}/answers?limit=200${query}`)).body.items,
    assessment: async () => (await api.get(`${at}/assessment`)).body,
    now: async () => (await api.get(at)).body,
  };
}

describe('a relationship', () => {
  test('is created, found again and listed by provider, payer and client', async () => {
    const { clientId, providerId, payerIds } = await file();
    const input = { providerId, platform: 'Headway', payerIds, since: daysAgo(400) };
    const made = await api.post(PATH, input);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...input, clientId, decision: null, decisionReason: null, version: 1 });
    expect((await api.get(made.headers.get('location')!)).body).toEqual(made.body);
    expect(made.headers.get('etag')).toBe('"1"');

    const other = await relationship();
    for (const query of [`providerId=${providerId}`, `payerId=${payerIds[1]}`, `clientId=${clientId}`])
      expect((await api.get(`${PATH}?${query}`)).body.items).toEqual([made.body]);
    const all = (await api.get(`${PATH}?limit=200`)).body.items.map(({ id }: { id: string }) => id);
    expect(all).toEqual(expect.arrayContaining([made.body.id, other.id]));
  });

  test('is made once, however often it is sent under one key', async () => {
    const { providerId, payerIds } = await file();
    const sent = { headers: { 'Idempotency-Key': 'once' } };
    const input = { providerId, platform: 'Grow', payerIds };
    const [one, again] = [await api.post(PATH, input, sent), await api.post(PATH, input, sent)];
    expect(again.body).toEqual(one.body);
    expect((await api.get(`${PATH}?providerId=${providerId}`)).body.items).toHaveLength(1);
  });

  test('is refused with every bad field, and nothing is stored', async () => {
    const { clientId, providerId, payerIds } = await file();
    const bad = { providerId: 'nobody', platform: ' ', payerIds: [], since: daysAhead(3), colour: 'red' };
    expect(listBrokenRules(await api.post(PATH, bad)).sort()).toEqual([
      'colour unknown_field',
      'payerIds min_items',
      'platform not_blank',
      'providerId unknown_reference',
      'since not_in_future',
    ]);
    const [first] = payerIds;
    const strangers = { providerId: first, platform: 'Alma', payerIds: [first, providerId] };
    expect(listBrokenRules(await api.post(PATH, strangers))).toEqual([
      'providerId unknown_reference',
      'payerIds.1 unknown_reference',
    ]);
    const twice = { providerId, platform: 'Alma', payerIds: [first, first] };
    expect(listBrokenRules(await api.post(PATH, twice))).toEqual(['payerIds.1 unique']);
    expect((await api.get(`${PATH}?clientId=${clientId}`)).body.items).toEqual([]);
  });

  test('is not looked for by what is unknown', async () => {
    for (const filter of ['providerId', 'payerId', 'clientId'])
      expect(listBrokenRules(await api.get(`${PATH}?${filter}=7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11`))).toEqual([
        `${filter} unknown_reference`,
      ]);
  });
});

describe('the states of a relationship', () => {
  const NY = { state: 'NY', number: 'NY-1', expiresOn: daysAhead(300) };

  /** Reads through which platform each state is billed, for a relationship in California. */
  async function billedIn() {
    const made = await relationship();
    const practiceId = (await api.make(`/v1/clients/${made.clientId}/practices`, { ...PRACTICE, npi: OTHER_NPI })).id;
    const { licences } = (await api.get(`/v1/providers/${made.providerId}`)).body;
    await api.patch(`/v1/providers/${made.providerId}`, { licences: [...licences, NY] });
    const through = async (state: string, dateOfService = daysAhead(0)) => {
      const asked = { providerId: made.providerId, practiceId, payerId: made.payerIds[0], state, dateOfService };
      return (await api.get(`/v1/billing-readiness?${new URLSearchParams(asked)}`)).body;
    };
    return { ...made, through };
  }

  test('are those in which the provider was licensed when it was put on file; a later licence adds none', async () => {
    const { states, through, assessment, clientId } = await billedIn();
    expect(states).toEqual(['CA']);
    expect(await through('CA')).toMatchObject({ reasons: ['platform_only'], billThrough: 'platform' });
    expect(await through('NY')).toMatchObject({ reasons: ['no_application'], billThrough: 'nobody' });
    const [payer] = (await assessment()).byPayer;
    expect(payer.states.map(({ state }: { state: string }) => state)).toEqual(['CA']);
    const cells = (await api.get(`/v1/clients/${clientId}/coverage`)).body.items;
    expect(new Set(cells.map(({ state }: { state: string }) => state))).toEqual(new Set(['CA']));
  });

  test('are added from a day on, or as if they had always been there', async () => {
    const { at, through } = await billedIn();
    expect((await api.patch(at, { states: ['CA', 'NY'], changedOn: daysAhead(3) })).body.states).toEqual(['CA', 'NY']);
    const by = async (day: string) => (await through('NY', day)).billThrough;
    expect([await by(daysAhead(2)), await by(daysAhead(3))]).toEqual(['nobody', 'platform']);
    expect((await through('CA', daysAhead(2))).billThrough).toBe('platform');
    await api.patch(at, { states: ['NY'], correction: true });
    expect(await by(daysAgo(50))).toBe('platform');
  });
});

describe('a change of a relationship', () => {
  const NOWHERE = '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11';

  /** A relationship with the billing readiness of its payers on a day. */
  async function billed(more: object = {}) {
    const made = await relationship({ since: daysAgo(100), ...more });
    const practiceId = (await api.make(`/v1/clients/${made.clientId}/practices`, { ...PRACTICE, npi: OTHER_NPI })).id;
    const through = async (payerId: string, dateOfService: string, more: Record<string, string> = {}) => {
      const asked = { providerId: made.providerId, practiceId, payerId, state: 'CA', dateOfService, ...more };
      return (await api.get(`/v1/billing-readiness?${new URLSearchParams(asked)}`)).body.billThrough;
    };
    return { ...made, through };
  }

  test('drops a payer from a day on: it was billed through the platform until then, and its answers stay', async () => {
    const { at, id, answer, answers, assessment, payerIds, through, clientId, updatedAt } = await billed();
    const [kept, dropped] = payerIds;
    const added = await payer();
    await answer('bill_outside', { payerId: dropped });
    const { status, body } = await api.patch(at, { payerIds: [added, kept], changedOn: daysAgo(5) });
    expect([status, body.payerIds, body.version]).toEqual([200, [added, kept], 3]);
    expect(body.spans).toEqual([
      { payerId: kept, states: ['CA'], from: daysAgo(100), until: null },
      { payerId: dropped, states: ['CA'], from: daysAgo(100), until: daysAgo(6) },
      { payerId: added, states: ['CA'], from: daysAgo(5), until: null },
    ]);
    expect([await through(dropped, daysAgo(6)), await through(dropped, daysAgo(5))]).toEqual(['platform', 'nobody']);
    expect([await through(added, daysAgo(6)), await through(added, daysAgo(5))]).toEqual(['nobody', 'platform']);
    expect(await through(kept, TODAY)).toBe('platform');
    // as was known before
    const asOf = new Date(Date.parse(updatedAt) + 1).toISOString();
    expect(await through(dropped, daysAgo(5), { asOf })).toBe('platform');

    expect((await assessment()).byPayer.map((one: { payerId: string }) => one.payerId)).toEqual([added, kept]);
    expect(await answers()).toMatchObject([{ payerId: dropped, supersededBy: null }]);
    expect(listBrokenRules(await answer('bill_outside', { payerId: dropped }))).toEqual(['payerId not_its_payer']);
    const { items } = (await api.get(`/v1/clients/${clientId}/coverage`)).body;
    expect(items.map((cell: { payerId: string }) => cell.payerId).sort()).toEqual([added, kept].sort());
    expect(
      await api.deps.sql`select detail from audit_log where subject_id = ${id} order by id desc limit 1`,
    ).toMatchObject([{ detail: { payerIds: [added, kept], changedOn: daysAgo(5) } }]);
  });

  test('ahead leaves today as it is; a payer that comes back is on it again, with what was answered', async () => {
    const { at, answer, assessment, payerIds, through } = await billed();
    const [kept, dropped] = payerIds;
    await answer('bill_outside', { payerId: dropped });
    await api.patch(at, { payerIds: [kept], changedOn: daysAhead(20) });
    expect([await through(dropped, daysAhead(19)), await through(dropped, daysAhead(20))]).toEqual([
      'platform',
      'nobody',
    ]);
    await api.patch(at, { payerIds, changedOn: daysAhead(40) });
    expect([await through(dropped, daysAhead(39)), await through(dropped, daysAhead(40))]).toEqual([
      'nobody',
      'platform',
    ]);
    expect((await assessment()).byPayer[1].unanswered).not.toContain('bill_outside');
  });

  test('that corrects the file is as if it had been so from the start', async () => {
    const { at, payerIds, through } = await billed();
    const [kept, mistaken] = payerIds;
    const forgotten = await payer();
    const { body } = await api.patch(at, { payerIds: [kept, forgotten], correction: true });
    expect(body.spans.map(({ payerId }: { payerId: string }) => payerId)).toEqual([kept, forgotten]);
    expect([await through(mistaken, daysAgo(50)), await through(forgotten, daysAgo(50))]).toEqual([
      'nobody',
      'platform',
    ]);
    await api.patch(at, { since: daysAgo(40) });
    expect([await through(forgotten, daysAgo(41)), await through(kept, daysAgo(40))]).toEqual(['nobody', 'platform']);
    await api.patch(at, { since: null });
    expect(await through(forgotten, '1999-01-01')).toBe('platform');
  });

  test('ends with the relationship, but for its beginning', async () => {
    const { at, payerIds, through, now } = await billed();
    const [kept, dropped] = payerIds;
    await api.patch(at, { payerIds: [kept], changedOn: daysAgo(30) });
    expect((await api.post(`${at}/end`, { on: daysAgo(10), reason: 'left' })).body.spans).toMatchObject([
      { payerId: kept, until: daysAgo(10) },
      { payerId: dropped, until: daysAgo(31) },
    ]);
    const late = await api.patch(at, { payerIds });
    expect([late.status, readProblemType(late)]).toEqual([409, 'relationship_ended']);
    expect(listBrokenRules(await api.patch(at, { since: daysAgo(9) }))).toEqual(['since not_after_end']);
    expect((await api.patch(at, { since: daysAgo(50), contactEmail: 'care@alma.example' })).status).toBe(200);
    expect([await through(kept, daysAgo(50)), await through(kept, daysAgo(51))]).toEqual(['platform', 'nobody']);
    expect(await now()).toMatchObject({ payerIds: [kept], contactEmail: 'care@alma.example' });
  });

  test('of which anything is wrong, or that the caller may not make, changes nothing', async () => {
    const { at, payerIds, clientId, now } = await billed();
    const before = await now();
    const refused: [body: object, ...string[]][] = [
      [{ payerIds: [] }, 'payerIds min_items'],
      [{ payerIds: [payerIds[0], payerIds[0]] }, 'payerIds.1 unique'],
      [{ payerIds: [payerIds[0], NOWHERE] }, 'payerIds.1 unknown_reference'],
      [{ payerIds, changedOn: 'soon' }, 'changedOn real_date'],
      [{ since: daysAhead(3), platform: 'Grow' }, 'since not_in_future', 'platform unknown_field'],
    ];
    for (const [body, ...expected] of refused) expect(listBrokenRules(await api.patch(at, body))).toEqual(expected);
    const one = { payerIds: [payerIds[0]] };
    expect((await api.patch(at, one, { headers: { 'If-Match': '"7"' } })).status).toBe(412);
    expect((await api.patch(`${PATH}/${NOWHERE}`, one)).status).toBe(404);
    const stranger = await api.keyOf('specialist', [(await file(OTHER_NPI)).clientId]);
    expect((await api.patch(at, one, { key: stranger })).status).toBe(404);
    for (const role of ['client', 'auditor', 'agent', 'service'])
      expect((await api.patch(at, one, { key: await api.keyOf(role, [clientId]) })).status).toBe(403);
    expect(await now()).toEqual(before);
  });
});

describe('an answer', () => {
  test('is superseded by the next one for its payer and state, never overwritten', async () => {
    const { answer, answers, payerIds, now } = await relationship();
    const first = (await answer('bill_outside', { words: 'Yes, you may.' })).body;
    const ofPayer = (await answer('bill_outside', { payerId: payerIds[0] })).body;
    const inState = (await answer('bill_outside', { payerId: payerIds[0], state: 'CA' })).body;
    const second = (await answer('bill_outside', { answer: 'no', channel: 'contract, section 7' })).body;
    expect(first).toMatchObject({ question: 'bill_outside', words: 'Yes, you may.', supersededBy: null, version: 2 });
    expect(first.recordedBy).toEqual({ type: 'admin', id: 'admin', name: 'Administrator' });

    const kept = ({ version: _, ...shown }: { version: number }) => shown;
    const history = [{ ...kept(first), supersededBy: second.id }, kept(ofPayer), kept(inState), kept(second)];
    expect(await answers()).toEqual(history);
    expect(await answers('&current=true')).toEqual(history.slice(1));
    expect(await answers('&current=false')).toEqual(history.slice(0, 1));
    await answer('control_terms');
    expect(await answers('&question=bill_outside')).toEqual(history);
    expect((await now()).version).toBe(6);
  });

  test('that says what is on record already changes nothing', async () => {
    const { answer, answers, clientId, payerIds } = await relationship();
    const sha256 = 'a'.repeat(64);
    const document = await api.make(`/v1/clients/${clientId}/documents`, { kind: 'contract', name: 'C', sha256 });
    const said = {
      payerId: payerIds[0],
      parts: { credentialed: 'yes', contractHolder: 'practice' },
      evidence: [document.id],
    };
    const one = await answer('direct_contract', said);
    expect(one.body).toMatchObject(said);
    const again = await answer('direct_contract', {
      ...said,
      parts: { contractHolder: 'practice', credentialed: 'yes' },
    });
    expect(again.body).toEqual(one.body);
    expect(await answers()).toHaveLength(1);
    await answer('direct_contract', { ...said, words: 'The same, in other words.' });
    expect(await answers()).toHaveLength(2);
  });

  test('is put only on what was read, where that is said', async () => {
    const { answer, answers } = await relationship();
    const sent = { headers: { 'If-Match': '"1"' } };
    const one = await answer('control_terms', {}, sent);
    expect([one.status, one.headers.get('etag')]).toEqual([200, '"2"']);
    const stale = await answer('control_terms', { answer: 'no' }, sent);
    expect([stale.status, readProblemType(stale)]).toEqual([412, 'stale_version']);
    expect(await answers()).toHaveLength(1);
  });

  test('of several at the same time is one in force, and the others are in the history', async () => {
    const { answer, answers } = await relationship();
    const said = ['yes', 'no', 'unclear'].map((one) => answer('control_terms', { answer: one }));
    expect((await Promise.all(said)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await answers()).toHaveLength(3);
    expect(await answers('&current=true')).toHaveLength(1);
  });

  test('of which anything is wrong is refused by name, and nothing is stored', async () => {
    const { answer, answers, now, at } = await relationship();
    const elsewhere = await file(OTHER_NPI);
    const sha256 = 'b'.repeat(64);
    const theirs = await api.make(`/v1/clients/${elsewhere.clientId}/documents`, {
      kind: 'letter',
      name: 'L',
      sha256,
    });
    const refused: [question: string, body: object, ...string[]][] = [
      ['am_i_happy', {}, 'question one_of'],
      ['toString', { evidence: [theirs.id] }, 'question one_of', 'evidence.0 unknown_reference'],
      ['bill_outside', { answer: 'maybe' }, 'answer one_of'],
      ['bill_outside', { answeredBy: undefined, channel: undefined }, 'answeredBy required', 'channel required'],
      ['bill_outside', { answeredBy: ' ' }, 'answeredBy not_blank'],
      ['bill_outside', { answeredOn: undefined }, 'answeredOn required'],
      ['bill_outside', { answeredOn: daysAhead(2) }, 'answeredOn not_in_future'],
      ['bill_outside', { answeredOn: '2026-02-30' }, 'answeredOn real_date'],
      ['bill_outside', { payerId: elsewhere.payerIds[0] }, 'payerId not_its_payer'],
      ['bill_outside', { state: 'XX' }, 'state one_of'],
      ['bill_outside', { evidence: [theirs.id] }, 'evidence.0 unknown_reference'],
      [
        'bill_outside',
        { parts: {}, noticeDays: 60 },
        'parts not_for_this_question',
        'noticeDays not_for_this_question',
      ],
      ['direct_contract', { items: { rates: 'no' } }, 'items not_for_this_question'],
      ['direct_contract', { parts: { contractHolder: 'me' } }, 'parts.contractHolder one_of'],
      [
        'portable_on_exit',
        { items: { rates: 'some', goodwill: 'yes' } },
        'items.rates one_of',
        'items.goodwill unknown_field',
      ],
      ['free_of_restrictions', { noticeDays: -1 }, 'noticeDays minimum'],
    ];
    for (const [question, body, ...expected] of refused) {
      const reply = await answer(question, body);
      expect([question, reply.status, listBrokenRules(reply)]).toEqual([question, 400, expected]);
    }
    expect((await api.put(`${at}/answers/bill_outside`, undefined)).status).toBe(400);
    expect(await answers()).toEqual([]);
    expect((await now()).version).toBe(1);
  });
});

describe('the assessment', () => {
  test('asks all six questions first, and is direct for a payer where the decisive four are yes', async () => {
    const { answer, assessment, payerIds } = await relationship();
    expect(await assessment()).toMatchObject({ verdict: 'unclear', unanswered: QUESTIONS });
    for (const question of DIRECT) await answer(question, { payerId: payerIds[0] });
    const half = await assessment();
    expect(half).toMatchObject({ verdict: 'unclear', unanswered: QUESTIONS });
    expect(half.byPayer).toMatchObject([
      {
        payerId: payerIds[0],
        verdict: 'direct',
        because: [],
        unanswered: ['portable_on_exit', 'free_of_restrictions'],
      },
      { payerId: payerIds[1], verdict: 'unclear', unanswered: QUESTIONS },
    ]);

    await answer('direct_contract', { answer: 'no' });
    const both = await assessment();
    expect(both.byPayer.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['direct', 'platform_model']);
    expect(both).toMatchObject({
      verdict: 'unclear',
      because: [{ question: 'direct_contract', answer: 'no' }],
    });
    await answer('direct_contract', { answer: 'no', payerId: payerIds[0] });
    expect((await assessment()).verdict).toBe('platform_model');
  });

  test('takes a contract of the platform’s for none of one’s own, and says so', async () => {
    const { answer, assessment } = await relationship();
    for (const question of DIRECT) await answer(question);
    expect((await assessment()).verdict).toBe('direct');
    await answer('direct_contract', { parts: { credentialed: 'yes', contractHolder: 'platform' } });
    expect(await assessment()).toMatchObject({
      verdict: 'unclear',
      because: [{ question: 'direct_contract', answer: 'unclear', contradictedBy: ['parts.contractHolder'] }],
    });
  });

  test('is of the states of the relationship: another licence changes nothing, another state does', async () => {
    const { at, answer, assessment, providerId } = await relationship();
    for (const question of DIRECT) await answer(question, { state: 'CA' });
    expect((await assessment()).verdict).toBe('direct');
    const licences = ['CA', 'NY'].map((state) => ({ state, number: '1', expiresOn: '2099-01-31' }));
    await api.patch(`/v1/providers/${providerId}`, { licences });
    expect((await assessment()).verdict).toBe('direct');
    await api.patch(at, { states: ['CA', 'NY'] });
    const { verdict, byPayer } = await assessment();
    expect(verdict).toBe('unclear');
    expect(byPayer[0].states).toMatchObject([
      { state: 'CA', verdict: 'direct' },
      { state: 'NY', verdict: 'unclear' },
    ]);
  });
});

describe('the decision', () => {
  test('is the client’s latest, with its reason; those before stay on record', async () => {
    const { decide, now, at } = await relationship();
    const bridge = await decide({ decision: 'bridge', reason: 'Until two direct contracts are executed' });
    expect(bridge.body).toMatchObject({ decision: 'bridge', supersededBy: null, version: 2 });
    await decide({ decision: 'bridge', reason: 'Until two direct contracts are executed' });
    const stay = await decide({ decision: 'stay', reason: 'Referrals\nare worth it' });
    expect(await now()).toMatchObject({ decision: 'stay', decisionReason: 'Referrals\nare worth it', version: 3 });
    const { items } = (await api.get(`${at}/decisions`)).body;
    expect(items).toMatchObject([
      { id: bridge.body.id, decision: 'bridge', supersededBy: stay.body.id },
      { id: stay.body.id, decision: 'stay', supersededBy: null },
    ]);
  });

  test('without a reason, or of another kind, is refused and not stored', async () => {
    const { decide, now } = await relationship();
    expect(listBrokenRules(await decide({ decision: 'stay' }))).toEqual(['reason required']);
    expect(listBrokenRules(await decide({ decision: 'stay', reason: '' }))).toEqual(['reason min_length']);
    expect(listBrokenRules(await decide({ decision: 'leave', reason: 'r' }))).toEqual(['decision one_of']);
    expect(await now()).toMatchObject({ decision: null, decisionReason: null, version: 1 });
  });
});

describe('who may', () => {
  test('a user who may not see the client finds nothing, and cannot write to it', async () => {
    const theirs = await relationship();
    const mine = await file(OTHER_NPI);
    const sent = { key: await api.keyOf('specialist', [mine.clientId]) };
    const nowhere = `${PATH}/7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11`;
    for (const part of ['', '/answers', '/assessment', '/decisions']) {
      const [hidden, unknown] = [await api.get(theirs.at + part, sent), await api.get(nowhere + part, sent)];
      expect([hidden.status, hidden.body]).toEqual([404, unknown.body]);
    }
    expect((await theirs.answer('bill_outside', {}, sent)).status).toBe(404);
    expect((await theirs.decide({ decision: 'stay', reason: 'r' }, sent)).status).toBe(404);
    expect((await api.get(PATH, sent)).body.items).toEqual([]);
    expect(listBrokenRules(await api.get(`${PATH}?providerId=${theirs.providerId}`, sent))).toEqual([
      'providerId unknown_reference',
    ]);
    const taken = { providerId: theirs.providerId, platform: 'Alma', payerIds: theirs.payerIds };
    expect(listBrokenRules(await api.post(PATH, taken, sent))).toEqual(['providerId unknown_reference']);
    expect(await theirs.answers()).toEqual([]);
    expect((await theirs.now()).version).toBe(1);
  });

  test.each(['client', 'auditor', 'agent', 'service'])('the role %s reads and does not write', async (role) => {
    const { at, answer, decide, answers, clientId, providerId, payerIds } = await relationship();
    const sent = { key: await api.keyOf(role, [clientId]) };
    for (const part of ['', '/answers', '/assessment', '/decisions'])
      expect((await api.get(at + part, sent)).status).toBe(200);
    const written = [
      await answer('bill_outside', {}, sent),
      await decide({ decision: 'stay', reason: 'r' }, sent),
      await api.post(PATH, { providerId, platform: 'Alma', payerIds }, sent),
    ];
    expect(written.map(readProblemType)).toEqual(['forbidden', 'forbidden', 'forbidden']);
    expect(await answers()).toEqual([]);
  });

  test('every change is in the audit log, and one that changed nothing is not', async () => {
    const { id, clientId, answer, decide } = await relationship();
    for (let i = 0; i < 2; i++) {
      await answer('bill_outside');
      await decide({ decision: 'stay', reason: 'r' });
    }
    const entries = await api.deps.sql`
      select client_id, action, detail->>'answeredBy' as who from audit_log where subject_id = ${id} order by id`;
    expect(entries).toEqual([
      { clientId, action: 'platform_relationship.create', who: null },
      { clientId, action: 'platform_relationship.answer', who: 'Alma support' },
      { clientId, action: 'platform_relationship.decision', who: null },
    ]);
  });
});

describe('billing readiness', () => {
  const ask = async (about: object, more: Record<string, string> = {}) => {
    const query = new URLSearchParams({ state: 'CA', dateOfService: TODAY, ...about, ...more });
    return (await api.get(`/v1/billing-readiness?${query}`)).body;
  };
  const ONLY = { mayBill: false, reasons: ['platform_only'], billThrough: 'platform', mayRepresentInNetwork: false };
  const NOTHING = { mayBill: false, reasons: ['no_application'], billThrough: 'nobody' };

  async function practiceOf(clientId: string): Promise<string> {
    return (await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: OTHER_NPI })).id;
  }

  test('bills through the platform and never as one’s own, whatever the verdict', async () => {
    const { clientId, providerId, payerIds, answer, assessment } = await relationship();
    const about = { providerId, practiceId: await practiceOf(clientId), payerId: payerIds[0] };
    expect(await ask(about)).toMatchObject(ONLY);
    for (const question of QUESTIONS) await answer(question);
    expect((await assessment()).verdict).toBe('direct');
    expect(await ask(about)).toMatchObject(ONLY);
    expect(await ask({ ...about, payerId: await payer() })).toMatchObject(NOTHING);
  });

  test('counts a payer that another one stands for, and no other provider', async () => {
    const covered = await payer();
    const network = await payer({ covers: [covered] });
    const { clientId, providerId } = await relationship({ payerIds: [network] });
    const practiceId = await practiceOf(clientId);
    expect(await ask({ providerId, practiceId, payerId: covered })).toMatchObject(ONLY);
    const colleague = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: OTHER_NPI });
    expect(await ask({ providerId: colleague.id, practiceId, payerId: covered })).toMatchObject(NOTHING);

    // the same clinician, as another client's member
    const elsewhere = await file();
    const theirs = { providerId: elsewhere.providerId, practiceId: await practiceOf(elsewhere.clientId) };
    expect(await ask({ ...theirs, payerId: covered })).toMatchObject(NOTHING);
  });

  test('knows the platform from the day since when, and only since it was on record', async () => {
    const { clientId, providerId, payerIds, createdAt } = await relationship({ since: daysAgo(10) });
    const about = { providerId, practiceId: await practiceOf(clientId), payerId: payerIds[0] };
    expect(await ask(about, { dateOfService: daysAgo(10) })).toMatchObject(ONLY);
    expect(await ask(about, { dateOfService: daysAgo(11) })).toMatchObject(NOTHING);
    const before = new Date(Date.parse(createdAt) - 1).toISOString();
    expect(await ask(about, { asOf: before })).toMatchObject(NOTHING);
  });

  test('needs all four facts beside any platform, over all combinations of them', async () => {
    const facts = createAllFacts({ seen: SEEN });
    const combinations = Array.from({ length: 2 ** FACTS.length }, (_, bits) =>
      FACTS.filter((__, i) => bits & (1 << i)),
    );
    const payerIds = await Promise.all(combinations.map(() => payer()));
    const { clientId, providerId } = await relationship({ payerIds });
    const practiceId = await practiceOf(clientId);
    for (const [i, given] of combinations.entries()) {
      const about = { providerId, practiceId, payerId: payerIds[i]! };
      const confirmations = Object.fromEntries(given.map((fact) => [fact, facts[fact]]));
      await api.make('/v1/applications', { ...about, state: 'CA', adopt: { stage: 'approved', confirmations } });
      const { mayBill, billThrough, reasons } = await ask(about);
      const whole = given.length === FACTS.length;
      expect([given, mayBill, billThrough]).toEqual([given, whole, whole ? 'own' : 'platform']);
      expect(reasons).toHaveLength(FACTS.length - given.length);
    }
  });
});
