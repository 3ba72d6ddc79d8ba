import { randomUUID } from 'node:crypto';
import { toLocalDate } from '../../domain/time/calendar';
import { completeNameKeys, importList, LIST_PRINCIPAL, screenLatecomers } from '../../record/screening/exclusions';
import { readLeie } from '../../registries/leie';
import type { Sql } from '../../runtime/database';
import { ADMIN_KEY, PROVIDER, TestApi, type Reply, CLIENT, listBrokenRules, readProblemType } from '../support/api';
import { eventually } from '../support/eventually';
import { inventNpi } from '../support/file';
import { createAllFacts, daysAgo, daysAhead, System, TODAY, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const MONTH = TODAY.slice(0, 7);
const HEADER = 'LASTNAME,FIRSTNAME,BUSNAME,NPI,DOB,STATE,EXCLTYPE,EXCLDATE,REINDATE';
const entry = (lastName: string, { npi = '0000000000', state = 'CA', on = '20260301' } = {}) =>
  `${lastName},ROBIN,,${npi},19700131,${state},1128a1,${on},00000000`;
const business = (name: string, { npi = '0000000000', state = 'CA' } = {}) =>
  `,,${name},${npi},,${state},1128b4,20260301,00000000`;
const FILLER = Array.from({ length: 20 }, (_, i) => entry(`NOBODY${i}`));

/** Takes a list with these entries beside those of nobody. */
const take = (entries: string[] = [], { month = MONTH, key }: { month?: string; key?: string } = {}) =>
  system.api.call('POST', `/v1/exclusions/imports?month=${month}`, {
    body: [HEADER, ...FILLER, ...entries].join('\n'),
    headers: { 'Content-Type': 'text/csv' },
    ...(key && { key }),
  });
const list = async (filed: { providerId: string }, what: 'exclusion-checks' | 'exclusions', key?: string) =>
  (await system.api.get(`/v1/providers/${filed.providerId}/${what}`, key ? { key } : {})).body.items;
const tasks = async (clientId: string) =>
  (await system.api.get(`/v1/tasks?clientId=${clientId}&open=true&kind=exclusion_match`)).body.items;
const decide = (providerId: string, id: string, body: object, key?: string) =>
  system.api.post(`/v1/providers/${providerId}/exclusions/${id}/decision`, body, key ? { key } : {});
const check = (providerId: string, more: object = {}) =>
  system.api.post(`/v1/providers/${providerId}/exclusion-checks`, {
    source: 'sam',
    checkedOn: TODAY,
    result: 'clear',
    ...more,
  });

/** The same person at another client. */
async function elsewhere({ filed }: OpenApplication): Promise<OpenApplication> {
  const other = await system.file();
  const body = { ...PROVIDER, npi: filed.providerNpi };
  const { id } = await system.api.make(`/v1/clients/${other.clientId}/providers`, body);
  const adopt = { stage: 'confirmed', confirmations: createAllFacts() };
  return system.open({ ...other, providerId: id }, { adopt });
}

describe('scenario 11: a sanction hit mid-flight', () => {
  test('an entry with the NPI closes both clients’ gates, blocks what runs and holds what is not submitted', async () => {
    const billing = await system.at('confirmed');
    const { filed } = billing;
    const atOther = await elsewhere(billing);
    const ready = await system.open({ ...filed, payerId: await system.payer() });
    const running = await system.open({ ...filed, payerId: await system.payer() }, { adopt: { stage: 'in_review' } });
    expect([(await billing.readiness()).mayBill, (await atOther.readiness()).mayBill]).toEqual([true, true]);
    expect((await ready.get()).stage).toBe('ready_to_submit');

    const taken = await take([entry('SOMEBODY', { npi: filed.providerNpi })]);
    expect(taken.body).toMatchObject({ month: MONTH, entries: 21, unreadable: 0 });
    expect(taken.body.confirmed).toBeGreaterThanOrEqual(2);
    for (const application of [billing, atOther])
      expect(await application.readiness()).toMatchObject({ mayBill: false, reasons: ['excluded'] });
    await eventually(async () => (await ready.get()).stage === 'preparing');
    expect((await ready.get()).prerequisites).toContainEqual({ code: 'not_excluded', met: false });
    expect((await ready.try('submission', { submittedOn: TODAY, channel: 'fax' })).status).toBe(409);
    await eventually(async () => (await running.get()).blockers[0]?.code === 'not_excluded');
    // events from outside are taken all the same
    expect((await running.contact('approved')).stage).toBe('approved');
    const sent = { submittedOn: TODAY, channel: 'fax', outOfOrder: { reason: 'sent before it was known' } };
    expect((await ready.act('submission', sent)).stage).toBe('submitted');

    const [task] = await tasks(filed.clientId);
    expect(task).toMatchObject({ subjectId: filed.providerId, data: { source: 'oig_leie', status: 'confirmed' } });
    const [{ id }] = await list(filed, 'exclusions');
    const reinstated = { result: 'confirmed', reason: 'letter of the OIG', reinstatedOn: daysAgo(1) };
    expect((await decide(filed.providerId, id, reinstated)).body).toMatchObject({ reinstatedOn: daysAgo(1) });
    expect(await tasks(filed.clientId)).toEqual([]);
    expect(await tasks(atOther.filed.clientId)).toEqual([]);
    for (const application of [billing, atOther]) {
      expect((await application.readiness()).mayBill).toBe(true);
      expect(await application.readiness({ dateOfService: '2026-03-15' })).toMatchObject({ reasons: ['excluded'] });
    }
    await eventually(async () => (await running.get()).blockers.length === 0);
    // the knowledge in between is still answered as it was
    const asOf = new Date(Date.parse(taken.body.createdAt) - 1000).toISOString();
    expect((await billing.readiness({ dateOfService: '2026-03-15', asOf })).reasons ?? []).not.toContain('excluded');
  });

  test('cannot be waived, and a termination is still sent', async () => {
    const application = await system.at('ready_to_submit');
    const { providerId } = application.filed;
    await check(providerId, { source: 'state', state: 'CA', result: 'confirmed', excludedOn: daysAgo(3) });
    await eventually(async () => (await application.get()).stage === 'preparing');
    const waiver = { prerequisite: 'not_excluded', reason: 'please', until: daysAhead(3) };
    expect(listBrokenRules(await application.try('waivers', waiver))).toEqual(['prerequisite one_of']);
    const leaving = await system.open(application.filed, { kind: 'termination' });
    expect((await leaving.get()).prerequisites).not.toContainEqual({ code: 'not_excluded', met: false });
  });
});

describe('an entry of the same name', () => {
  test('becomes a task, is a caution beside a yes, and a dismissal with a reason is not asked again', async () => {
    const application = await system.at('confirmed');
    const { filed } = application;
    await system.api.patch(`/v1/providers/${filed.providerId}`, { lastName: 'Namesake' });
    const found = [entry('NAMESAKE'), entry('NAMESAKER', { on: '20250101' })];
    await take(found);
    expect(await application.readiness()).toMatchObject({ mayBill: true });
    expect((await application.readiness()).cautions).toContain('exclusion_possible');
    const [one, ...more] = await list(filed, 'exclusions');
    expect([one.matchedBy, one.status, more]).toEqual(['name', 'possible', []]);
    expect((await list(filed, 'exclusion-checks')).at(-1)).toMatchObject({ source: 'oig_leie', result: 'possible' });
    expect(await tasks(filed.clientId)).toHaveLength(1);

    expect(listBrokenRules(await decide(filed.providerId, one.id, { result: 'dismissed' }))).toEqual([
      'reason required',
    ]);
    const dismissal = { result: 'dismissed', reason: 'another date of birth' };
    const specialist = await system.api.keyOf('specialist');
    expect((await decide(filed.providerId, one.id, dismissal, specialist)).status).toBe(403);
    const stranger = await system.api.keyOf('lead', [(await system.file()).clientId]);
    expect((await decide(filed.providerId, one.id, dismissal, stranger)).status).toBe(404);
    expect((await decide(filed.providerId, one.id, dismissal)).body).toMatchObject({ status: 'dismissed' });
    await take([...found, entry('NEW')]);
    expect(await tasks(filed.clientId)).toEqual([]);
    expect((await list(filed, 'exclusion-checks')).at(-1)).toMatchObject({ result: 'clear' });
    expect((await application.readiness()).cautions).not.toContain('exclusion_possible');
  });

  test('in another state, with a suffix, or of half a double name is possible too, and a person decides', async () => {
    const { clientId } = await system.file();
    const listed = ['ØRSTED JR', 'HALF', 'WHOLENAME'].map((name) => entry(name, { state: 'TX' }));
    await take(listed);
    for (const lastName of ['Orsted', 'Half-Moon', 'Whole-Name']) {
      const body = { ...PROVIDER, npi: inventNpi(), lastName };
      const { id } = await system.api.make(`/v1/clients/${clientId}/providers`, body);
      expect([lastName, await list({ providerId: id }, 'exclusions')]).toMatchObject([
        lastName,
        [{ status: 'possible', matchedBy: 'name', state: 'TX' }],
      ]);
    }
    expect(await tasks(clientId)).toHaveLength(3);
  });

  test('that the person had before, or of a person with one name, is possible as well', async () => {
    const { clientId } = await system.file();
    await take([entry('MAIDENLY', { state: 'TX' }), `SUHARTO,,,0000000000,19700131,TX,1128a1,20260301,00000000`]);
    const add = async (names: object) =>
      (await system.api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi(), ...names })).id;
    const married = await add({ lastName: 'Wedded', formerNames: [{ firstName: 'Robin', lastName: 'Maidenly' }] });
    const single = await add({ firstName: null, lastName: 'Suharto' });
    for (const providerId of [married, single])
      expect(await list({ providerId }, 'exclusions')).toMatchObject([{ status: 'possible', matchedBy: 'name' }]);
  });

  test('that an earlier version took is found by its name once a worker keeps house', async () => {
    const { clientId } = await system.file();
    await take([entry('FORGOTTEN')]);
    await system.api.deps.sql`update exclusion_entries set name_keys = null`;
    const body = { ...PROVIDER, npi: inventNpi(), lastName: 'Forgotten' };
    const { id } = await system.api.make(`/v1/clients/${clientId}/providers`, body);
    expect(await list({ providerId: id }, 'exclusions')).toEqual([]);
    await completeNameKeys(system.api.deps.sql);
    expect(await list({ providerId: id }, 'exclusions')).toMatchObject([{ status: 'possible' }]);
  });

  test('is found for who is added, or renamed, after the import', async () => {
    await take([entry('LATECOMER')]);
    const { clientId, providerId } = await system.file();
    const body = { ...PROVIDER, npi: inventNpi(), lastName: 'Latecomer' };
    const { id } = await system.api.make(`/v1/clients/${clientId}/providers`, body);
    expect(await list({ providerId: id }, 'exclusions')).toMatchObject([{ status: 'possible' }]);
    expect(await list({ providerId }, 'exclusion-checks')).toMatchObject([{ result: 'clear' }]);
    await system.api.patch(`/v1/providers/${providerId}`, { lastName: 'Latecomer' });
    expect(await list({ providerId }, 'exclusions')).toMatchObject([{ status: 'possible' }]);
  });

  test('that is gone from the next list is looked at, never lifted by itself', async () => {
    const { filed } = await system.at('confirmed');
    await take([entry('GONE', { npi: filed.providerNpi })]);
    const [task] = await tasks(filed.clientId);
    await system.api.post(`/v1/tasks/${task.id}/completion`, { note: 'known' });
    await take([entry('ANOTHER')]);
    expect(await tasks(filed.clientId)).toMatchObject([{ data: { status: 'gone' } }]);
    expect(await list(filed, 'exclusions')).toMatchObject([{ status: 'confirmed', reinstatedOn: null }]);
  });
});

describe('an entry of a business', () => {
  test('with a practice’s NPI closes its gate and holds what is not submitted; a match of its name becomes a task', async () => {
    const billing = await system.at('confirmed');
    const { practiceId, clientId } = billing.filed;
    const ready = await system.open({ ...billing.filed, payerId: await system.payer() });
    const npi = inventNpi();
    await system.api.patch(`/v1/practices/${practiceId}`, { npi, legalName: 'Shady Pines, L.L.C.' });
    await take([business('SHADY PINES LLC'), business('ANOTHER', { state: 'TX' })]);
    const about = (what: string, key?: string) =>
      system.api.get(`/v1/practices/${practiceId}/${what}`, key ? { key } : {});
    expect((await about('exclusions')).body.items).toMatchObject([{ status: 'possible', matchedBy: 'name' }]);
    expect((await about('exclusion-checks')).body.items.at(-1)).toMatchObject({
      practiceId,
      providerId: null,
      result: 'possible',
    });
    expect(await tasks(clientId)).toMatchObject([{ subjectType: 'practice', subjectId: practiceId }]);
    expect(await billing.readiness()).toMatchObject({ mayBill: true });
    expect((await billing.readiness()).cautions).toContain('exclusion_possible');

    await take([business('SHADY PINES LLC', { npi })]);
    expect(await billing.readiness()).toMatchObject({ mayBill: false, reasons: ['excluded'] });
    await eventually(async () => (await ready.get()).stage === 'preparing');
    expect((await ready.get()).prerequisites).toContainEqual({ code: 'not_excluded', met: false });

    const [{ id }] = (await about('exclusions')).body.items;
    const path = `/v1/practices/${practiceId}/exclusions/${id}/decision`;
    const dismissal = { result: 'dismissed', reason: 'another clinic' };
    const stranger = await system.api.keyOf('lead', [(await system.file()).clientId]);
    expect((await system.api.post(path, dismissal, { key: stranger })).status).toBe(404);
    expect((await about('exclusions', stranger)).status).toBe(404);
    expect((await system.api.post(path, dismissal, { key: await system.api.keyOf('specialist') })).status).toBe(403);
    expect((await system.api.post(path, dismissal)).body).toMatchObject({ status: 'dismissed' });
    expect(await billing.readiness()).toMatchObject({ mayBill: true });
    await eventually(async () => (await ready.get()).stage === 'ready_to_submit');
    const hand = { source: 'sam', checkedOn: TODAY, result: 'clear' };
    expect((await system.api.post(`/v1/practices/${practiceId}/exclusion-checks`, hand)).status).toBe(201);
  });
});

describe('a month’s list', () => {
  test('that is on file and the one that is awaited are shown to the operator alone', async () => {
    await take();
    expect((await system.api.get('/v1/exclusions')).body).toMatchObject({
      month: MONTH,
      mode: 'off',
      unavailableSince: null,
      nextCheckAt: null,
    });
    expect((await system.api.get('/v1/exclusions', { key: await system.api.keyOf('client') })).status).toBe(403);
  });

  test('is taken once, and leaves evidence of each clean check', async () => {
    const filed = await system.file();
    const first = await take([entry('ONCE')]);
    const again = await take([entry('ONCE')]);
    expect([again.status, again.body]).toEqual([200, first.body]);
    const checks = await list(filed, 'exclusion-checks');
    expect(checks.filter(({ listId }: { listId: string }) => listId === first.body.id)).toMatchObject([
      { source: 'oig_leie', result: 'clear', checkedOn: toLocalDate(first.body.createdAt, CLIENT.timeZone) },
    ]);
    const lists = (await system.api.get('/v1/exclusions/imports?limit=200')).body.items;
    expect(lists.at(-1)).toEqual(first.body);
  });

  test('is refused where it is no list, broke off, is of an older month or one to come, and by whom it may not be taken', async () => {
    await take();
    const before = (await system.api.get('/v1/exclusions/imports?limit=200')).body.items;
    const post = (body: string, type = 'text/csv', month = MONTH) =>
      system.api.call('POST', `/v1/exclusions/imports?month=${month}`, { body, headers: { 'Content-Type': type } });
    expect(listBrokenRules(await post('LASTNAME,FIRSTNAME\nA,B'))).toContain('NPI column');
    expect(listBrokenRules(await post(`${HEADER}\n"A`))).toEqual([' csv']);
    expect(readProblemType(await post(HEADER))).toBe('shrunken_list');
    expect(readProblemType(await post(`${HEADER}\n${entry('ONE')}`))).toBe('shrunken_list');
    expect(readProblemType(await post('{}', 'application/json'))).toBe('unsupported_media_type');
    expect(readProblemType(await take([], { month: '2020-01' }))).toBe('older_list');
    expect(listBrokenRules(await take([], { month: '2999-01' }))).toEqual(['month not_in_future']);
    for (const key of [
      await system.api.keyOf('specialist'),
      await system.api.keyOf('lead', [(await system.file()).clientId]),
    ])
      expect((await take([], { key })).status).toBe(403);
    expect((await system.api.get('/v1/exclusions/imports?limit=200')).body.items).toEqual(before);
  });
});

describe('while another list is being imported', () => {
  /** Does something while an import lasts. */
  const during = <T>(sql: Sql, work: () => Promise<T>): Promise<Awaited<T>> =>
    sql.begin(async (tx) => {
      await tx`lock table exclusion_lists in share row exclusive mode`;
      return work();
    }) as Promise<Awaited<T>>;

  test('more imports than there are connections wait, hold up nobody, and come to one list once it has ended', async () => {
    const { api } = system;
    const { sql } = api.deps;
    const { waiting } = await during(sql, async () => {
      const waiting = Promise.all(Array.from({ length: sql.options.max * 2 }, () => take([entry('QUEUED')])));
      for (let n = 0; n < 20; n += 1) expect((await api.get('/v1/clients')).status).toBe(200);
      return { waiting };
    });
    const replies = await waiting;
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
  });

  test('who was added meanwhile, and seen by neither, is found once a worker keeps house, once', async () => {
    const { sql } = system.api.deps;
    const { clientId } = await system.file();
    const npi = inventNpi();
    expect((await take([entry('MISSED', { npi })])).status).toBe(200);
    // as their own screening saw it, before the list was there
    await sql`update exclusion_entries set npi = '0000000000' where npi = ${npi}`;
    const { id } = await system.api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi });
    await sql`update exclusion_entries set npi = ${npi} where last_name = 'MISSED'`;
    const found = () => list({ providerId: id }, 'exclusions');
    await screenLatecomers(sql);
    expect(await found()).toEqual([]);
    // once all that went on meanwhile has ended
    await sql`update exclusion_lists set created_at = created_at - interval '11 minutes'`;
    await screenLatecomers(sql);
    expect(await found()).toMatchObject([{ status: 'confirmed', matchedBy: 'npi' }]);
    const count = async () => (await sql`select from exclusion_latecomers`).length;
    const before = await count();
    await screenLatecomers(sql);
    expect([before, await count()]).toEqual([1, 1]);
  });

  test('a worker that keeps house leaves the names for another time', async () => {
    const { sql } = system.api.deps;
    expect(await during(sql, () => completeNameKeys(sql))).toBeUndefined();
  });

  test('one that has waited for long is answered why it is not taken, and how to send it again', async () => {
    const api = await TestApi.start({ patienceMs: 100 });
    const path = `/v1/exclusions/imports?month=${MONTH}`;
    const sent = {
      body: [HEADER, ...FILLER].join('\n'),
      headers: { 'Content-Type': 'text/csv', 'Idempotency-Key': 'k' },
    };
    const late = await during(api.deps.sql, () => api.call('POST', path, sent));
    expect([late.status, late.body.detail]).toEqual([503, expect.stringContaining('Another list is being imported')]);
    expect(late.headers.get('Retry-After')).toBe('30');
    expect((await api.call('POST', path, sent)).status).toBe(200);
    await api.stop();
  });
});

describe('a check by hand', () => {
  test('is dated evidence, and what it finds is the person’s, with every client, but not who found it', async () => {
    const mine = await system.at('confirmed');
    const theirs = await elsewhere(mine);
    expect((await check(mine.filed.providerId, { reference: 'no records' })).body).toMatchObject({
      source: 'sam',
      result: 'clear',
      listId: null,
    });
    const since = daysAgo(10);
    await check(mine.filed.providerId, { result: 'confirmed', excludedOn: since });
    expect(await theirs.readiness()).toMatchObject({ reasons: ['excluded'] });
    expect((await theirs.readiness({ dateOfService: daysAgo(11) })).reasons).not.toContain('excluded');
    const key = await system.api.keyOf('auditor', [theirs.filed.clientId]);
    expect(await list(theirs.filed, 'exclusions', key)).toMatchObject([
      { source: 'sam', status: 'confirmed', excludedOn: since, reason: null, decidedBy: null },
    ]);
    const checks = await list(theirs.filed, 'exclusion-checks', key);
    expect(checks.filter(({ source }: { source: string }) => source === 'sam')).toEqual([]);
  });

  test('is refused where it says nothing, contradicts itself or is another client’s', async () => {
    const { providerId } = await system.file();
    expect(
      listBrokenRules(await check(providerId, { source: 'ofac', result: 'maybe', checkedOn: daysAhead(3) })).sort(),
    ).toEqual(['checkedOn not_in_future', 'result one_of', 'source one_of']);
    expect(listBrokenRules(await check(providerId, { source: 'state' }))).toEqual(['state state_of_source']);
    expect(listBrokenRules(await check(providerId, { excludedOn: TODAY }))).toEqual(['excludedOn nothing_found']);
    const key = await system.api.keyOf('specialist', [(await system.file()).clientId]);
    expect((await system.api.get(`/v1/providers/${providerId}/exclusion-checks`, { key })).status).toBe(404);
  });
});

describe('a person of two clients', () => {
  /** The billing application of a client, with keys of a lead and of an auditor of that client alone. */
  async function billed(application: OpenApplication) {
    const { clientId } = application.filed;
    const [lead, auditor] = [await system.api.keyOf('lead', [clientId]), await system.api.keyOf('auditor', [clientId])];
    return { ...application.filed, application, lead, auditor };
  }
  async function two() {
    const first = await system.at('confirmed');
    return [await billed(first), await billed(await elsewhere(first))] as const;
  }
  type Billed = Awaited<ReturnType<typeof two>>[number];

  const reasonsOf = async ({ application }: Billed) => (await application.readiness()).reasons;
  const seen = async (one: Billed) =>
    (await list(one, 'exclusions', one.auditor)).map(({ id: _, ...shown }: Reply['body']) => shown);
  /** Reads the traces at a client of a decision. */
  const trace = async ({ clientId }: Billed) => ({
    tasks: (await tasks(clientId)).map(({ data: { status } }: Reply['body']) => status),
    audit: (
      await system.api.deps.sql<{ action: string }[]>`
        select action from audit_log where client_id = ${clientId} and action ~ '^exclusion[.]' order by id`
    ).map(({ action }) => action),
  });
  const decideAt = async (one: Billed, body: object, key = one.lead) => {
    const [{ id }] = await list(one, 'exclusions');
    return decide(one.providerId, id, { reason: 'a letter', ...body }, key);
  };

  test('a dismissal or a reinstatement by one opens its own gate only', async () => {
    const [mine, theirs] = await two();
    await take([entry('SOMEBODY', { npi: mine.providerNpi })]);
    const [view, traces] = [await seen(theirs), await trace(theirs)];
    for (const yes of [{ result: 'dismissed' }, { result: 'confirmed', reinstatedOn: daysAgo(1) }]) {
      expect((await decideAt(mine, yes)).status).toBe(200);
      expect([await reasonsOf(mine), await reasonsOf(theirs)]).toEqual([[], ['excluded']]);
    }
    expect([await seen(theirs), await trace(theirs)]).toEqual([view, traces]);
    expect(await trace(mine)).toEqual({ tasks: [], audit: ['exclusion.dismissed', 'exclusion.confirmed'] });
  });

  test('a check or a decision by one closes its own gate only, and is not shown to the other', async () => {
    const [mine, theirs] = await two();
    const found = { source: 'sam', checkedOn: TODAY, result: 'confirmed' };
    const record = (more: object = {}) =>
      system.api.post(`/v1/providers/${mine.providerId}/exclusion-checks`, { ...found, ...more }, { key: mine.lead });
    await record({ result: 'possible' });
    expect((await mine.application.readiness()).cautions).toContain('exclusion_possible');
    expect((await theirs.application.readiness()).cautions).not.toContain('exclusion_possible');
    expect((await decideAt(mine, { result: 'confirmed' })).status).toBe(200);
    await record();
    expect([await reasonsOf(mine), await reasonsOf(theirs)]).toEqual([['excluded'], []]);
    expect(await seen(mine)).toHaveLength(2);
    expect([await seen(theirs), await trace(theirs)]).toEqual([[], { tasks: [], audit: [] }]);
    // nor that a user who sees both dismissed it
    expect((await decideAt(mine, { result: 'dismissed' }, ADMIN_KEY)).body).toMatchObject({ status: 'confirmed' });
    expect([await seen(theirs), await trace(theirs)]).toEqual([[], { tasks: [], audit: [] }]);
  });

  test('a name that one has on file matches for that one only', async () => {
    const [mine, theirs] = await two();
    await take([entry('TWINNAME')]);
    await system.api.patch(`/v1/providers/${mine.providerId}`, { lastName: 'Twinname' });
    expect(await seen(mine)).toMatchObject([{ matchedBy: 'name', status: 'possible' }]);
    expect([await seen(theirs), await trace(theirs)]).toEqual([[], { tasks: [], audit: [] }]);
    // with an NPI it is the person's
    await take([entry('TWINNAME', { npi: mine.providerNpi })]);
    for (const one of [mine, theirs]) {
      expect(await seen(one)).toMatchObject([{ matchedBy: 'npi', status: 'confirmed' }]);
      expect(await reasonsOf(one)).toEqual(['excluded']);
    }
  });

  test('a "no" of who sees every client closes both gates, with a task and an audit entry at each', async () => {
    const [mine, theirs] = await two();
    await check(mine.providerId, { result: 'confirmed', excludedOn: daysAgo(10) });
    for (const one of [mine, theirs]) {
      expect(await reasonsOf(one)).toEqual(['excluded']);
      expect(await trace(one)).toEqual({ tasks: ['confirmed'], audit: ['exclusion.confirmed'] });
    }
    expect(await seen(theirs)).toMatchObject([{ source: 'sam', reason: null, decidedBy: null }]);
    // which no client lifts, not for itself either
    expect((await decideAt(theirs, { result: 'dismissed' })).body).toMatchObject({ status: 'confirmed' });
    expect((await decideAt(mine, { result: 'confirmed', reinstatedOn: daysAgo(1) })).status).toBe(200);
    for (const one of [mine, theirs]) expect(await reasonsOf(one)).toEqual(['excluded']);
    // and who sees every client does
    await decideAt(mine, { result: 'dismissed' }, ADMIN_KEY);
    expect([await reasonsOf(mine), await reasonsOf(theirs)]).toEqual([[], []]);
    expect(await trace(mine)).toMatchObject({ tasks: [] });
  });

  describe('a "no" in a check by a user who may not decide', () => {
    /** A specialist of these clients, or of all, has found the person at the first. */
    async function found(clients: (one: Billed, other: Billed) => string[] | undefined) {
      const [mine, theirs] = await two();
      const key = await system.api.keyOf('specialist', clients(mine, theirs));
      const body = { source: 'sam', checkedOn: TODAY, result: 'confirmed', excludedOn: daysAgo(10) };
      const path = `/v1/providers/${mine.providerId}/exclusion-checks`;
      expect((await system.api.post(path, body, { key })).status).toBe(201);
      return [mine, theirs] as const;
    }

    test.each([
      ['one client', ({ clientId }: Billed) => [clientId]],
      ['both', (...both: Billed[]) => both.map(({ clientId }) => clientId)],
      ['every client', () => undefined],
    ])(
      'and sees %s closes the gate where they looked, with a task there, and nothing elsewhere',
      async (_, clients) => {
        const [mine, theirs] = await found(clients);
        expect([await reasonsOf(mine), await reasonsOf(theirs)]).toEqual([['excluded'], []]);
        expect(await seen(mine)).toMatchObject([{ source: 'sam', status: 'confirmed', excludedOn: daysAgo(10) }]);
        expect(await trace(mine)).toEqual({ tasks: ['confirmed'], audit: [] });
        expect([await seen(theirs), await trace(theirs)]).toEqual([[], { tasks: [], audit: [] }]);
      },
    );

    test('is lifted by a dismissal of a user who may, at that client', async () => {
      const [mine, theirs] = await found(() => undefined);
      expect((await decideAt(mine, { result: 'dismissed' })).body).toMatchObject({ status: 'dismissed' });
      expect([await reasonsOf(mine), await reasonsOf(theirs)]).toEqual([[], []]);
      expect(await trace(mine)).toEqual({ tasks: [], audit: ['exclusion.dismissed'] });
    });

    test('counts with every client once a user who may decide, and sees every one, has confirmed it', async () => {
      const [mine, theirs] = await found(() => undefined);
      expect((await decideAt(mine, { result: 'confirmed' }, ADMIN_KEY)).status).toBe(200);
      for (const one of [mine, theirs]) {
        expect(await reasonsOf(one)).toEqual(['excluded']);
        expect(await trace(one)).toEqual({ tasks: ['confirmed'], audit: ['exclusion.confirmed'] });
      }
    });

    test('of a practice closes its gate until a user who may decide dismisses it', async () => {
      const application = await system.at('confirmed');
      const about = `/v1/practices/${application.filed.practiceId}`;
      const key = await system.api.keyOf('specialist');
      const body = { source: 'sam', checkedOn: TODAY, result: 'confirmed' };
      expect((await system.api.post(`${about}/exclusion-checks`, body, { key })).status).toBe(201);
      const reasons = async () => (await application.readiness()).reasons;
      expect(await reasons()).toEqual(['excluded']);
      const [{ id }] = (await system.api.get(`${about}/exclusions`)).body.items;
      const dismissal = { result: 'dismissed', reason: 'another clinic' };
      await system.api.post(`${about}/exclusions/${id}/decision`, dismissal);
      expect(await reasons()).toEqual([]);
    });
  });

  test('a dismissal by who sees every client does not lift the "no" of one', async () => {
    const [mine, theirs] = await two();
    await take([entry('SOMEBODY', { npi: mine.providerNpi })]);
    await decideAt(theirs, { result: 'confirmed' });
    expect((await decideAt(mine, { result: 'dismissed' }, ADMIN_KEY)).body).toMatchObject({ status: 'dismissed' });
    expect([await reasonsOf(mine), await reasonsOf(theirs)]).toEqual([[], ['excluded']]);
    expect((await decideAt(theirs, { result: 'dismissed' })).body).toMatchObject({ status: 'dismissed' });
    expect(await reasonsOf(theirs)).toEqual([]);
  });

  test('a decision by who sees some of the clients counts for those, and in the audit log of each', async () => {
    const [mine, theirs] = await two();
    const third = await billed(await elsewhere(mine.application));
    await take([entry('SOMEBODY', { npi: mine.providerNpi })]);
    const key = await system.api.keyOf('lead', [mine.clientId, theirs.clientId]);
    expect((await decideAt(mine, { result: 'dismissed' }, key)).body).toMatchObject({ status: 'dismissed' });
    expect(await Promise.all([mine, theirs, third].map(reasonsOf))).toEqual([[], [], ['excluded']]);
    for (const one of [mine, theirs]) expect(await trace(one)).toEqual({ tasks: [], audit: ['exclusion.dismissed'] });
    expect(await trace(third)).toEqual({ tasks: ['confirmed'], audit: [] });
    expect(await seen(theirs)).toMatchObject([{ status: 'dismissed', reason: null, decidedBy: null }]);
  });

  test('the answer about a day before a decision stays as it was known', async () => {
    const [mine, theirs] = await two();
    await take([entry('SOMEBODY', { npi: mine.providerNpi, on: '20260201' })]);
    const asOf = new Date().toISOString();
    await decideAt(mine, { result: 'dismissed' });
    await decideAt(theirs, { result: 'confirmed', reinstatedOn: '2026-02-15' });
    const then = { dateOfService: '2026-03-15' };
    for (const { application } of [mine, theirs]) {
      expect((await application.readiness({ ...then, asOf })).reasons).toContain('excluded');
      expect((await application.readiness(then)).reasons).not.toContain('excluded');
    }
  });
});

test('an NPI that was entered wrongly is put right with a reason: what was stated stays, and lists are asked again', async () => {
  const { clientId, providerId, providerNpi } = await system.file();
  const [npi, reason] = [inventNpi(), 'a digit was misread on the application'];
  await take([entry('SOMEBODY ELSE', { npi })]);
  const atOther = await system.file();
  const before = (await system.api.get(`/v1/providers/${providerId}`)).body;
  const path = `/v1/providers/${providerId}/npi-correction`;
  expect(listBrokenRules(await system.api.post(path, { npi }))).toEqual(['reason required']);
  expect(listBrokenRules(await system.api.post(path, { npi: '1234567890', reason }))).toEqual(['npi npi_check_digit']);

  const corrected = await system.api.post(path, { npi, reason });
  expect(corrected.body).toMatchObject({ id: providerId, npi, version: before.version + 1 });
  expect(corrected.body.attestation).toEqual(before.attestation);
  expect(await list({ providerId }, 'exclusions')).toMatchObject([{ matchedBy: 'npi', status: 'confirmed' }]);
  const [kept] = await system.api.deps.sql`
    select detail from audit_log where subject_id = ${providerId} order by id desc limit 1`;
  expect(kept!.detail).toEqual({ npi, reason });
  expect((await system.api.post(path, { npi, reason })).body.version).toBe(before.version + 1);

  const second = await system.api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: providerNpi });
  const taken = await system.api.post(path, { npi: providerNpi, reason });
  expect([readProblemType(taken), taken.body.existingId]).toEqual(['duplicate_provider', second.id]);
  expect((await system.api.get(`/v1/providers/${atOther.providerId}`)).body.npi).toBe(atOther.providerNpi);
});

test('a list whose import PostgreSQL undoes for the sake of others is read from its beginning again', async () => {
  const file = Buffer.from([HEADER, ...FILLER].join('\n'));
  let tries = 0;
  const rows = async function* () {
    tries += 1;
    yield* readLeie(file);
    if (tries === 1) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
  };
  const list = { month: `${MONTH}-01`, sha256: randomUUID() };
  const taken = await importList(system.api.deps.sql, LIST_PRINCIPAL, randomUUID(), list, rows);
  expect([tries, taken.entries]).toEqual([2, FILLER.length]);
});
