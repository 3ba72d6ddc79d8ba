import { randomUUID } from 'node:crypto';
import { toLocalDate } from '../../domain/time/calendar';
import { chaseEnrolments } from '../../record/platforms/enrolment-chase';
import { emitReadinessChange } from '../../record/billing/readiness-watch';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply } from '../support/api';
import { inventNpi } from '../support/file';
import { readDevServerAddress } from '../support/servers';
import { createAllFacts, daysAgo, daysAhead, TODAY } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ temporalAddress: readDevServerAddress() });
});
afterAll(() => api.stop());

const problemOf = ({ status, body }: Reply) => [status, body.type?.replace('urn:countersign:problem:', '')];
const rules = ({ body }: Reply) => body.errors.map((e: { path: string; rule: string }) => `${e.path} ${e.rule}`);
const get = async (path: string): Promise<Reply['body']> => (await api.get(path)).body;
const put = async (path: string, body: object): Promise<Reply['body']> => {
  const reply = await api.put(path, body);
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
  return reply.body;
};
const payer = async (): Promise<string> =>
  (await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` })).id;
const merge = async (room: 'payers' | 'practices', id: string, into: string) => {
  const reply = await api.post(`/v1/${room}/${id}/merge`, { into, reason: 'entered twice' });
  expect(reply.status).toBe(200);
};
const MORE = { answeredBy: 'Alma', answeredOn: TODAY, channel: 'email' };

/** A client with a provider and two practices of one tax id. */
async function file() {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const practice = (legalName: string, more: object) =>
    api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, legalName, ...more });
  const locations = [{ name: 'Main', address: PRACTICE.address }];
  const [twin, practiceOf] = [
    await practice('Oak Counseling PC', { npi: inventNpi(), locations }),
    await practice('Oak Counseling', { npi: undefined }),
  ];
  const { id: providerId } = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  return { clientId, providerId, twin, stays: practiceOf.id as string };
}

describe('a relationship that names two payers which are one', () => {
  async function both() {
    const { clientId, providerId, stays: practiceId } = await file();
    const [twin, stays] = [await payer(), await payer()];
    const { id } = await api.make('/v1/platform-relationships', {
      providerId,
      platform: 'Alma',
      payerIds: [twin, stays],
      states: ['CA'],
      since: daysAgo(30),
    });
    const at = `/v1/platform-relationships/${id}`;
    await put(`${at}/answers/direct_contract`, { ...MORE, answer: 'yes', payerId: twin });
    await put(`${at}/answers/direct_contract`, { ...MORE, answer: 'no', payerId: stays });
    await merge('payers', twin, stays);
    return { clientId, providerId, practiceId, twin, stays, at };
  }

  test('shows one, with one verdict, wherever it is shown; of two answers the later one stands', async () => {
    const { clientId, providerId, practiceId, stays, at } = await both();
    const shown = await get(at);
    expect([shown.payerIds, shown.spans]).toMatchObject([[stays], [{ payerId: stays, until: null }]]);
    const { byPayer, because } = await get(`${at}/assessment`);
    expect(byPayer).toMatchObject([{ payerId: stays, verdict: 'platform_model' }]);
    expect(because).toHaveLength(1);
    expect((await get(`${at}/consequences?leaveOn=${daysAhead(30)}`)).items).toMatchObject([
      { payerId: stays, verdict: 'platform_model' },
    ]);
    expect((await get(`${at}/transition-plan`)).items).toMatchObject([{ payerId: stays }]);
    expect((await get(`${at}/decision-sheet`)).payers).toMatchObject([{ payerId: stays }]);
    const targets = new URLSearchParams({ providerId, practiceId, state: 'CA' });
    expect((await get(`/v1/clients/${clientId}/payer-targets?${targets}`)).items).toMatchObject([{ payerId: stays }]);
    const { openQuestions } = await get(`${at}/inquiry`);
    expect(openQuestions.map(({ question }: Reply['body']) => question)).toEqual([
      'bill_outside',
      'portable_on_exit',
      'claims_under_own_setup',
      'control_terms',
      'free_of_restrictions',
    ]);
  });

  test('is answered once under either id, and the answers before are both replaced', async () => {
    const { twin, stays, at } = await both();
    const answered = await put(`${at}/answers/direct_contract`, { ...MORE, answer: 'yes', payerId: twin });
    expect(answered.payerId).toBe(stays);
    expect((await get(`${at}/answers?question=direct_contract&current=true`)).items).toMatchObject([
      { id: answered.id },
    ]);
    expect((await get(`${at}/assessment`)).byPayer).toMatchObject([{ payerId: stays, verdict: 'unclear' }]);
  });

  test('keeps its payer while either is named, and ends what was billed under both where it is dropped', async () => {
    const { twin, stays, at } = await both();
    const patch = async (body: object) => {
      const reply = await api.patch(at, body);
      expect(reply.status).toBe(200);
      return reply.body;
    };
    expect(await patch({ payerIds: [twin] })).toMatchObject({ payerIds: [stays], spans: [{ until: null }] });
    const other = await payer();
    const dropped = await patch({ payerIds: [other, twin, stays] });
    expect(dropped.payerIds).toEqual([other, stays]);
    const { spans } = await patch({ payerIds: [other], changedOn: TODAY });
    const ofStays = spans.filter(({ payerId }: Reply['body']) => payerId === stays);
    expect(ofStays).toMatchObject([{ until: daysAgo(1) }]);
    const [kept] = await api.deps.sql`
      select count(*)::int as count from platform_spans
      where payer_id in (${twin}, ${stays}) and known_to is null and until_on = 'infinity'`;
    expect(kept!.count).toBe(0);
  });

  test('is made with one where both are named after the merge', async () => {
    const { providerId, twin, stays } = await both();
    const body = { providerId, platform: 'Headway', payerIds: [twin, stays] };
    expect((await api.make('/v1/platform-relationships', body)).payerIds).toEqual([stays]);
  });
});

describe('what is said of a merged payer counts at the one that stays', () => {
  test('its panels, the latest of each, under either id; what is put under either takes the place of both', async () => {
    const [twin, stays] = [await payer(), await payer()];
    const panel = (status: string, asOf: string, more: object = {}) => ({
      items: [{ state: 'CA', status, source: 'call', asOf, ...more }],
    });
    await put(`/v1/payers/${twin}/panels`, panel('closed', daysAgo(2)));
    await put(`/v1/payers/${stays}/panels`, panel('open', daysAgo(9)));
    await merge('payers', twin, stays);
    const shown = await get(`/v1/payers/${twin}/panels`);
    expect(shown).toEqual(await get(`/v1/payers/${stays}/panels`));
    expect(shown.items).toMatchObject([{ status: 'closed', asOf: daysAgo(2) }]);
    const { version } = await get(`/v1/payers/${stays}`);
    const path = `/v1/payers/${twin}/panels`;
    const match = { headers: { 'If-Match': `"${version}"` } };
    expect((await api.call('PUT', path, { body: panel('open', TODAY), ...match })).status).toBe(200);
    expect((await get(`/v1/payers/${stays}/panels`)).items).toMatchObject([{ status: 'open', asOf: TODAY }]);

    const { clientId, providerId, stays: practiceId } = await file();
    await put(`/v1/clients/${clientId}/caseload`, { items: [{ payerId: twin, clients: 3 }] });
    const query = new URLSearchParams({ providerId, practiceId, state: 'CA' });
    const { items } = await get(`/v1/clients/${clientId}/payer-targets?${query}`);
    expect(items).toMatchObject([{ payerId: stays, clients: 3, panel: { status: 'open', asOf: TODAY } }]);
  });

  test('the caseload: what was said of both is added up, and a list names each once', async () => {
    const { clientId } = await file();
    const [twin, stays, other] = [await payer(), await payer(), await payer()];
    const path = `/v1/clients/${clientId}/caseload`;
    const items = [
      { payerId: twin, clients: 12, monthlyValue: 900, rates: { platform: 90 } },
      { payerId: stays, clients: 5, rates: { direct: 120 } },
      { payerId: other, clients: 14 },
    ];
    await put(path, { items });
    await merge('payers', twin, stays);
    expect((await get(path)).items).toEqual([
      { payerId: stays, clients: 17, monthlyValue: 900, rates: { direct: 120 } },
      { payerId: other, clients: 14, monthlyValue: null, rates: null },
    ]);
    expect(rules(await api.put(path, { items }))).toEqual(['items.1.payerId unique']);
    expect((await put(path, { items: items.slice(0, 1) })).items).toMatchObject([{ payerId: stays, clients: 12 }]);
  });

  test('what is known of a platform', async () => {
    const [twin, stays] = [await payer(), await payer()];
    const known = (payerId: string) => ({
      platform: 'grow',
      payerId,
      question: 'bill_outside',
      answer: 'no',
      source: 'its terms',
      asOf: daysAgo(9),
    });
    const path = '/v1/platform-knowledge';
    await put(path, { items: [known(twin), known(stays)] });
    await merge('payers', twin, stays);
    expect((await get(path)).items).toEqual([known(stays)]);
    expect(rules(await api.put(path, { items: [known(twin), known(stays)] }))).toEqual(['items.1.payerId unique']);
    expect((await put(path, { items: [known(twin)] })).items).toEqual([known(stays)]);
    await put(path, { items: [] });
  });

  test('but its own record is changed no more, but for the playbook that its open applications follow', async () => {
    const [twin, stays] = [await payer(), await payer()];
    await merge('payers', twin, stays);
    const path = `/v1/payers/${twin}`;
    for (const patch of [{ name: 'Renamed' }, { covers: [] }, { playbook: {}, aliases: [] }]) {
      const refused = await api.patch(path, patch);
      expect([...problemOf(refused), refused.body.existingId]).toEqual([409, 'merged_already', stays]);
    }
    expect((await api.patch(path, { playbook: {} })).body).toMatchObject({ playbookVersion: 2, mergedInto: stays });
  });
});

describe('what is said of a merged practice counts at the one that stays', () => {
  test('enrolments, ways into portals, documents, checks for exclusions and changes', async () => {
    const { clientId, twin, stays } = await file();
    const payerId = await payer();
    await merge('practices', twin.id, stays);
    const enrolment = { payerId, kind: '835', status: 'submitted', on: daysAgo(20) };
    expect((await api.make(`/v1/practices/${twin.id}/enrolments`, enrolment)).practiceId).toBe(stays);
    const access = { portal: 'Availity', payerIds: [payerId], on: TODAY, holder: 'Kim', status: 'active' };
    expect((await api.make(`/v1/practices/${twin.id}/portal-access`, access)).practiceId).toBe(stays);
    const paper = { kind: 'w9', name: 'W-9', sha256: 'ab'.repeat(32), practiceId: twin.id };
    const path = `/v1/clients/${clientId}/documents`;
    const document = await api.make(path, paper);
    expect(document.practiceId).toBe(stays);
    const again = await api.post(path, { ...paper, practiceId: stays });
    expect([...problemOf(again), again.body.existingId]).toEqual([409, 'duplicate_document', document.id]);
    const check = { source: 'sam', result: 'possible', checkedOn: TODAY, excludedOn: daysAgo(100) };
    await api.make(`/v1/practices/${twin.id}/exclusion-checks`, check);
    for (const id of [twin.id, stays]) {
      expect((await get(`/v1/practices/${id}/exclusion-checks`)).items).toMatchObject([{ result: 'possible' }]);
      const { items } = await get(`/v1/practices/${id}/exclusions`);
      expect(items).toMatchObject([{ status: 'possible' }]);
    }
    const [{ id: exclusionId }] = (await get(`/v1/practices/${stays}/exclusions`)).items;
    const decision = { result: 'dismissed', reason: 'another business of that name' };
    const decided = await api.post(`/v1/practices/${stays}/exclusions/${exclusionId}/decision`, decision);
    expect(decided.body).toMatchObject({ status: 'dismissed' });
    const open = (await get(`/v1/tasks?clientId=${clientId}`)).items.filter(
      ({ kind, closedAt }: Reply['body']) => kind === 'exclusion_match' && closedAt === null,
    );
    expect(open).toEqual([]);
  });

  test('its own record is changed no more; a change of the one that stays reaches the applications of both', async () => {
    const { providerId, twin, stays } = await file();
    const payerId = await payer();
    const body = { providerId, practiceId: twin.id, payerId, state: 'CA' };
    const { id } = await api.make('/v1/applications', {
      ...body,
      adopt: { stage: 'in_review', submittedOn: daysAgo(40) },
    });
    await merge('practices', twin.id, stays);
    const refused = await api.patch(`/v1/practices/${twin.id}`, { legalName: 'Elsewhere' });
    expect([...problemOf(refused), refused.body.existingId]).toEqual([409, 'merged_already', stays]);
    // the entry that stays takes over what it lacked
    expect((await get(`/v1/practices/${stays}`)).npi).toBe(twin.npi);
    await api.patch(`/v1/practices/${stays}`, { address: { ...PRACTICE.address, line1: '9 Oak Street' } });
    for (const one of [twin.id, stays])
      expect((await get(`/v1/practices/${one}/changes`)).items).toMatchObject([
        { field: 'address', affects: [{ applicationId: id }] },
      ]);
  });

  test('an exclusion of either turns the answer of billing readiness, which is asked again on the day of its end', async () => {
    const { providerId, twin, stays } = await file();
    const place = { providerId, practiceId: stays, payerId: await payer(), state: 'CA' };
    const adopt = { stage: 'confirmed', confirmations: createAllFacts() };
    const { id } = await api.make('/v1/applications', { ...place, adopt });
    const check = { source: 'sam', result: 'confirmed', checkedOn: TODAY, excludedOn: daysAgo(100) };
    await api.make(`/v1/practices/${twin.id}/exclusion-checks`, check);
    await merge('practices', twin.id, stays);
    const [{ id: exclusionId }] = (await get(`/v1/practices/${stays}/exclusions`)).items;
    const decision = { result: 'confirmed', reason: 'it is them', reinstatedOn: daysAhead(20) };
    await api.post(`/v1/practices/${stays}/exclusions/${exclusionId}/decision`, decision);
    const question = new URLSearchParams({ ...place, dateOfService: TODAY });
    expect((await get(`/v1/billing-readiness?${question}`)).reasons).toContain('excluded');
    const now = new Date().toISOString();
    const { next } = await api.deps.sql.begin((tx) => emitReadinessChange(tx, id, now));
    expect(next && toLocalDate(next, CLIENT.timeZone)).toBe(daysAhead(20));
  });

  test('an enrolment that is asked after is settled by what is said of the one that stays', async () => {
    const { clientId, twin, stays } = await file();
    const enrolment = { payerId: await payer(), kind: 'eft', status: 'submitted', on: daysAgo(60) };
    const chase = (id: string) => api.deps.sql.begin((tx) => chaseEnrolments(tx, id, new Date().toISOString()));
    const open = async () =>
      (await get(`/v1/tasks?clientId=${clientId}`)).items.filter(
        ({ kind, closedAt }: Reply['body']) => kind === 'enrolment' && closedAt === null,
      ).length;
    await api.make(`/v1/practices/${twin.id}/enrolments`, enrolment);
    await chase(twin.id);
    await merge('practices', twin.id, stays);
    // both are looked after, and ask once
    await chase(stays);
    await chase(twin.id);
    expect(await open()).toBe(1);
    await api.make(`/v1/practices/${stays}/enrolments`, { ...enrolment, status: 'active', on: TODAY });
    await chase(stays);
    expect(await open()).toBe(0);
  });

  test('findings of what is on file of either name the applications of both', async () => {
    const { clientId, providerId, twin, stays } = await file();
    const application = async (practiceId: string, state: string) =>
      (await api.make('/v1/applications', { providerId, practiceId, payerId: await payer(), state })).id as string;
    const both = [await application(twin.id, 'CA'), await application(stays, 'CA')];
    const paper = { kind: 'coi', name: 'Certificate', sha256: 'cd'.repeat(32), expiresOn: daysAgo(1) };
    await api.make(`/v1/clients/${clientId}/documents`, { ...paper, practiceId: twin.id });
    await merge('practices', twin.id, stays);
    const { items } = await get(`/v1/clients/${clientId}/findings`);
    const found = items.filter(({ code }: Reply['body']) => code === 'document_expired');
    expect(found).toMatchObject([{ practiceId: stays }]);
    expect(found[0].applicationIds.toSorted()).toEqual(both.toSorted());
  });
});

test('no payer is merged into itself', async () => {
  const id = await payer();
  const reply = await api.post(`/v1/payers/${id}/merge`, { into: id, reason: 'entered twice' });
  expect([reply.status, rules(reply)]).toEqual([400, ['into other_record']]);
});
