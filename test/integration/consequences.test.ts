import { randomUUID } from 'node:crypto';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, listBrokenRules } from '../support/api';
import { inventNpi } from '../support/file';
import { readDevServerAddress } from '../support/servers';
import { createAllFacts, daysAgo, daysAhead, createProof, SEEN, TODAY } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ temporalAddress: readDevServerAddress() });
});
afterAll(() => api.stop());

const PATH = '/v1/platform-relationships';
const NOBODY = '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11';

const payer = async (playbook: object = {}): Promise<string> =>
  (await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}`, playbook })).id;
const practiceOf = (clientId: string) =>
  api.make(`/v1/clients/${clientId}/practices`, {
    ...PRACTICE,
    npi: inventNpi(),
    locations: [{ name: 'Main', address: PRACTICE.address }],
  });

/** A provider with a practice, on a platform with so many payers. */
async function onPlatform(payers = 1, playbook: object = {}) {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const practice = await practiceOf(clientId);
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  await api.make(`/v1/providers/${provider.id}/attestations`, { attestedOn: TODAY, source: 'caqh' });
  const payerIds = await Promise.all(Array.from({ length: payers }, () => payer(playbook)));
  const made = await api.make(PATH, { providerId: provider.id, platform: 'Alma', payerIds });
  const at = `${PATH}/${made.id}`;
  return {
    at,
    id: made.id as string,
    clientId,
    practiceId: practice.id as string,
    locationId: practice.locations[0].id as string,
    providerId: provider.id as string,
    payerIds,
    answer: async (question: string, body: object) => {
      const said = { answeredBy: 'Alma support', answeredOn: TODAY, channel: 'email', ...body };
      const reply = await api.put(`${at}/answers/${question}`, said);
      if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
      return reply.body;
    },
    decide: (decision: string) => api.put(`${at}/decision`, { decision, reason: 'So it was decided.' }),
    open: (more: object = {}) =>
      api.make('/v1/applications', {
        providerId: provider.id,
        practiceId: practice.id,
        payerId: payerIds[0],
        state: 'CA',
        ...more,
      }),
    leaving: async (leaveOn: string, more = '') => (await api.get(`${at}/consequences?leaveOn=${leaveOn}${more}`)).body,
  };
}

describe('consequences', () => {
  test('an application is followed from its opening to the day on which billing readiness is yes', async () => {
    const { leaving, open, payerIds, practiceId } = await onPlatform(4);
    const [none, fresh, asked, network] = payerIds;
    await open({ payerId: fresh });
    await open({ payerId: asked, adopt: { stage: 'in_review', submittedOn: daysAgo(60) } });
    const confirmations = { ...createAllFacts({ seen: SEEN }), effectiveDate: createProof(daysAgo(10)) };
    const kept = await open({ payerId: network, adopt: { stage: 'confirmed', confirmations } });
    const found = await leaving(daysAhead(45));
    const item = (payerId: string | undefined) =>
      found.items.find((one: { payerId: string }) => one.payerId === payerId);
    expect(found.withoutApplication).toEqual([none]);
    expect(item(none)).toMatchObject({
      application: null,
      fits: { kind: 'new_individual', because: [{ reason: 'not_listed' }] },
      billable: { status: 'late', expectedOn: daysAhead(90), from: 'today', gapDays: 45, reasons: ['no_application'] },
    });
    expect(item(fresh)).toMatchObject({
      application: { stage: 'ready_to_submit', open: true },
      billable: { from: 'today' },
    });
    expect(item(asked).billable).toMatchObject({ status: 'expected', expectedOn: daysAhead(30), from: 'submission' });
    expect(item(network)).toMatchObject({
      application: { id: kept.id, practiceId, kind: 'new_individual', stage: 'confirmed', open: false },
      fits: { because: [{ reason: 'under_way', applicationId: kept.id }] },
      billable: { status: 'confirmed', expectedOn: daysAgo(10), gapDays: 0, reasons: [] },
    });
  });

  test('a payer that lists the provider elsewhere gets another TIN or location, a practice with an agreement a member', async () => {
    const { leaving, open, answer, payerIds, clientId, practiceId, locationId } = await onPlatform(3);
    const [listed, credentialed, agreed] = payerIds;
    const other = await practiceOf(clientId);
    const elsewhere = await open({ payerId: listed, practiceId: other.id, adopt: { stage: 'in_review' } });
    const parts = { credentialed: 'yes' };
    const entry = await answer('direct_contract', { answer: 'no', payerId: credentialed, parts });
    const adopt = { stage: 'confirmed', confirmations: createAllFacts({ seen: SEEN }) };
    const colleague = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
    await open({ providerId: colleague.id, payerId: agreed, adopt });

    const fits = async (more: string) =>
      (await leaving(TODAY, more)).items.map((one: { fits: object }) => one.fits) as object[];
    const here = await fits(`&practiceId=${practiceId}`);
    expect(here).toMatchObject([
      { kind: 'add_tin_or_location', because: [{ reason: 'listed_elsewhere', applicationId: elsewhere.id }] },
      { kind: 'add_tin_or_location', because: [{ reason: 'credentialed_by_ledger', entryId: entry.id }] },
      { kind: 'add_to_group', because: [{ reason: 'practice_has_agreement' }] },
    ]);
    expect(await fits(`&practiceId=${practiceId}&locationId=${locationId}`)).toEqual(here);
    expect(await fits(`&practiceId=${other.id}`)).toMatchObject([
      { kind: 'new_individual', because: [{ reason: 'under_way', applicationId: elsewhere.id }] },
      { kind: 'add_tin_or_location' },
      { kind: 'new_individual', because: [{ reason: 'not_listed' }] },
    ]);
  });

  test('nothing is disclosed of another client, and of nothing that is wrongly asked', async () => {
    const { at, clientId, practiceId } = await onPlatform();
    const stranger = await onPlatform();
    const theirs = await api.keyOf('client', [stranger.clientId]);
    const own = await api.keyOf('client', [clientId]);
    const url = `${at}/consequences?leaveOn=${TODAY}`;
    expect((await api.get(url, { key: theirs })).status).toBe(404);
    expect((await api.get(url, { key: own })).status).toBe(200);
    const refused: [query: string, ...string[]][] = [
      ['', 'leaveOn required'],
      ['?leaveOn=2026-02-30', 'leaveOn real_date'],
      [`?leaveOn=${TODAY}&practiceId=${stranger.practiceId}`, 'practiceId unknown_reference'],
      [`?leaveOn=${TODAY}&practiceId=${practiceId}&locationId=${stranger.locationId}`, 'locationId unknown_reference'],
      [`?leaveOn=${TODAY}&locationId=${stranger.locationId}`, 'locationId unknown_reference'],
      [`?leaveOn=${TODAY}&colour=red`, 'colour unknown_field'],
    ];
    for (const [query, ...expected] of refused)
      expect([query, listBrokenRules(await api.get(`${at}/consequences${query}`))]).toEqual([query, expected]);
    expect((await api.get(`${PATH}/${NOBODY}/consequences?leaveOn=${TODAY}`)).status).toBe(404);
  });
});

describe('a caseload', () => {
  test('is put as a whole, on what was read, and by payers that there are', async () => {
    const { clientId, payerIds } = await onPlatform(2);
    const at = `/v1/clients/${clientId}/caseload`;
    const [one, other] = payerIds;
    expect((await api.get(at)).body).toEqual({ items: [], version: 1 });
    const items = [
      { payerId: one, clients: 3 },
      { payerId: other, clients: 12, monthlyValue: 4800, rates: { platform: 95, direct: 120 } },
    ];
    const put = await api.put(at, { items }, { headers: { 'If-Match': '"1"' } });
    expect([put.status, put.headers.get('etag')]).toEqual([200, '"2"']);
    expect(put.body.items).toEqual([items[1], { ...items[0], monthlyValue: null, rates: null }]);
    expect((await api.get(at)).body).toEqual(put.body);
    expect((await api.put(at, { items: [] }, { headers: { 'If-Match': '"1"' } })).status).toBe(412);

    const bad = [
      { payerId: NOBODY, clients: -1 },
      { payerId: one, clients: 1.5, monthlyValue: 'much', rates: { mine: 3 } },
    ];
    expect(listBrokenRules(await api.put(at, { items: bad })).sort()).toEqual([
      'items.0.clients minimum',
      'items.0.payerId unknown_reference',
      'items.1.clients type',
      'items.1.monthlyValue type',
      'items.1.rates.mine unknown_field',
    ]);
    expect(listBrokenRules(await api.put(at, { items: [{ payerId: NOBODY, clients: 1 }] }))).toEqual([
      'items.0.payerId unknown_reference',
    ]);
    expect(listBrokenRules(await api.put(at, { items: [items[0], items[0]] }))).toEqual(['items.1 unique']);
    expect((await api.get(at)).body).toEqual(put.body);
    const stranger = await api.keyOf('specialist', [(await onPlatform()).clientId]);
    expect((await api.put(at, { items }, { key: stranger })).status).toBe(404);
    expect((await api.put(at, { items }, { key: await api.keyOf('auditor') })).status).toBe(403);
  });
});

describe('panels', () => {
  test('are put as a whole, on what was read, by state and kind', async () => {
    const at = `/v1/payers/${await payer()}/panels`;
    const stated = { state: 'CA', status: 'closed', source: 'their page', asOf: TODAY };
    const items = [stated, { ...stated, kind: 'add_to_group', status: 'open' }];
    const put = await api.put(at, { items }, { headers: { 'If-Match': '"1"' } });
    expect(put.body).toEqual({ items: [{ ...stated, kind: null }, items[1]], version: 2 });
    expect((await api.get(at)).body).toEqual(put.body);
    const bad = { state: 'XX', kind: 'none', status: 'ajar', source: ' ', asOf: daysAhead(2) };
    expect(listBrokenRules(await api.put(at, { items: [bad] })).sort()).toEqual([
      'items.0.asOf not_in_future',
      'items.0.kind one_of',
      'items.0.source not_blank',
      'items.0.state one_of',
      'items.0.status one_of',
    ]);
    expect(listBrokenRules(await api.put(at, { items: [stated, stated] }))).toEqual(['items.1 unique']);
    expect((await api.put(at, { items: [] }, { headers: { 'If-Match': '"1"' } })).status).toBe(412);
    expect((await api.get(at)).body).toEqual(put.body);
    expect((await api.get(at, { key: await api.keyOf('client') })).status).toBe(403);
  });

  test('that were closed to one applicant are closed to the next, until a user states otherwise', async () => {
    const { clientId, open, leaving, payerIds } = await onPlatform();
    const other = await practiceOf(clientId);
    const colleague = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
    const adopt = { stage: 'panel_closed', stageSince: daysAgo(3) };
    const parked = await open({ providerId: colleague.id, practiceId: other.id, adopt });
    const read = async () => (await leaving(daysAhead(200))).items[0];
    expect(await read()).toMatchObject({
      panel: { status: 'closed', applicationId: parked.id },
      billable: { status: 'not_expected', gapDays: null },
    });
    const said = { state: 'CA', status: 'open', source: 'a call', asOf: TODAY };
    await api.put(`/v1/payers/${payerIds[0]}/panels`, { items: [said] });
    expect(await read()).toMatchObject({ panel: { status: 'open', asOf: TODAY }, billable: { status: 'expected' } });
  });
});

describe('payer targets', () => {
  const targetsOf = async (file: Awaited<ReturnType<typeof onPlatform>>, more: object = {}) => {
    const { providerId, practiceId } = file;
    const query = new URLSearchParams({ providerId, practiceId, state: 'CA', ...more });
    return api.get(`/v1/clients/${file.clientId}/payer-targets?${query}`);
  };

  test('are those of the caseload and of the platform, ranked, with what each score is made of', async () => {
    const file = await onPlatform(2);
    const [small, asked] = file.payerIds;
    const [large, closed] = [await payer({ channel: 'fax', expectedDecision: { days: 30 } }), await payer()];
    await api.put(`/v1/clients/${file.clientId}/caseload`, {
      items: [
        { payerId: large, clients: 20, rates: { platform: 90, direct: 110 } },
        { payerId: closed, clients: 20 },
        { payerId: asked, clients: 30 },
      ],
    });
    await api.put(`/v1/payers/${closed}/panels`, {
      items: [{ state: 'CA', status: 'closed', source: 'letter', asOf: TODAY }],
    });
    const application = await file.open({ payerId: asked });
    const { items } = (await targetsOf(file)).body;
    expect(items.map(({ payerId }: { payerId: string }) => payerId)).toEqual([large, closed, small, asked]);
    expect(items[0]).toMatchObject({
      clients: 20,
      expected: { days: 30, from: 'playbook' },
      effort: { unmet: [], channel: 'fax' },
      panel: { status: 'unknown' },
      fits: { kind: 'new_individual' },
      application: null,
      score: { rates: { points: 5.5, of: 10 } },
    });
    expect(items[2]).toMatchObject({ payerId: small, clients: 0, score: { caseload: { points: 0 } } });
    expect(items[3]).toMatchObject({
      application: { id: application.id },
      fits: { because: [{ reason: 'under_way' }] },
    });
    expect((await targetsOf(file)).body.items).toEqual(items);
  });

  test('name what the file lacks', async () => {
    const file = await onPlatform();
    await api.patch(`/v1/providers/${file.providerId}`, { malpractice: null });
    const [{ effort }] = (await targetsOf(file, { state: 'NY' })).body.items;
    expect(effort.unmet).toEqual(['licence_in_state', 'malpractice']);
  });

  test('are disclosed to nobody else, and of nothing that is wrongly asked', async () => {
    const file = await onPlatform();
    const stranger = await onPlatform();
    const { practiceId, providerId } = stranger;
    expect(listBrokenRules(await targetsOf(file, { practiceId, providerId })).sort()).toEqual([
      'practiceId unknown_reference',
      'providerId unknown_reference',
    ]);
    expect(listBrokenRules(await targetsOf(file, { state: 'XX' }))).toEqual(['state one_of']);
    expect(listBrokenRules(await api.get(`/v1/clients/${file.clientId}/payer-targets`))).toEqual([
      'providerId required',
      'practiceId required',
      'state required',
    ]);
    const url = `/v1/clients/${file.clientId}/payer-targets`;
    expect((await api.get(url, { key: await api.keyOf('client', [file.clientId]) })).status).toBe(403);
    expect((await api.get(url, { key: await api.keyOf('agent', [stranger.clientId]) })).status).toBe(404);
  });
});

describe('a decision sheet', () => {
  test('shows what the platform does beside what direct contracts take; staying is an outcome like the others', async () => {
    const { at, decide, payerIds, clientId, answer } = await onPlatform(2);
    const words = 'Section 9: clients are not asked to follow for a year.';
    await answer('free_of_restrictions', { answer: 'no', noticeDays: 60, words });
    const items = { claims: { does: 'yes', notes: 'Paid in a week.' }, community: { does: 'no' } };
    const put = await api.put(`${at}/services`, { items }, { headers: { 'If-Match': '"2"' } });
    expect([put.status, put.headers.get('etag'), put.body]).toEqual([200, '"3"', { items, version: 3 }]);
    expect((await api.put(`${at}/services`, { items: {} }, { headers: { 'If-Match': '"2"' } })).status).toBe(412);
    await api.put(`/v1/clients/${clientId}/caseload`, { items: [{ payerId: payerIds[1], clients: 7 }] });
    await decide('stay');

    const { body } = await api.get(`${at}/decision-sheet`);
    expect(body).toMatchObject({ platform: 'Alma', decision: 'stay', decisionReason: 'So it was decided.' });
    expect(body.services.map(({ service, platform }: never) => [service, (platform as { does: string }).does])).toEqual(
      [
        ['claims', 'yes'],
        ['eligibility', 'unanswered'],
        ['administration', 'unanswered'],
        ['referrals', 'unanswered'],
        ['community', 'no'],
        ['speed', 'unanswered'],
      ],
    );
    expect(body.payers).toMatchObject([
      { payerId: payerIds[0], state: 'CA', clients: null, direct: { start: 'today', expectedOn: daysAhead(90) } },
      {
        payerId: payerIds[1],
        payerName: (await api.get(`/v1/payers/${payerIds[1]}`)).body.name,
        state: 'CA',
        clients: 7,
        platform: { verdict: 'unclear', notice: { days: 60 }, restrictions: { freeOf: 'no', words } },
      },
    ]);
    expect(body.outcomes).toEqual([
      {
        decision: 'stay',
        chosen: true,
        applicationsToStart: 0,
        checklistOpen: 0,
        noticeDays: 0,
        readyOn: TODAY,
      },
      {
        decision: 'bridge',
        chosen: false,
        applicationsToStart: 2,
        checklistOpen: 0,
        noticeDays: 0,
        readyOn: daysAhead(90),
      },
      {
        decision: 'build_direct',
        chosen: false,
        applicationsToStart: 2,
        checklistOpen: 7,
        noticeDays: 60,
        readyOn: daysAhead(90),
      },
    ]);
  });

  test('takes no service that there is not, and nothing but yes, no or unclear', async () => {
    const { at } = await onPlatform();
    const items = { parking: { does: 'yes' }, claims: { does: 'maybe' }, speed: {} };
    expect(listBrokenRules(await api.put(`${at}/services`, { items })).sort()).toEqual([
      'items.claims.does one_of',
      'items.parking unknown_field',
      'items.speed.does required',
    ]);
    const { services } = (await api.get(`${at}/decision-sheet`)).body;
    expect(new Set(services.map(({ platform }: { platform: { does: string } }) => platform.does))).toEqual(
      new Set(['unanswered']),
    );
  });
});

describe('the checklist', () => {
  test('has every item from the start, and each is put on what was read', async () => {
    const { at } = await onPlatform();
    const first = (await api.get(`${at}/checklist`)).body;
    expect(first.version).toBe(1);
    expect(first.items.map(({ item }: { item: string }) => item)).toEqual([
      'intake',
      'eligibility_checks',
      'claims',
      'website',
      'referral_channels',
      'client_notices',
      'platform_notice',
    ]);
    const said = { owner: 'Robin', due: daysAhead(20), note: 'Our own forms.' };
    const sent = { headers: { 'If-Match': '"1"' } };
    const put = await api.put(`${at}/checklist/intake`, said, sent);
    const kept = { item: 'intake', ...said, notes: said.note, doneOn: null, version: 2 };
    expect([put.headers.get('etag'), put.body]).toEqual(['"2"', kept]);
    expect((await api.put(`${at}/checklist/intake`, {}, sent)).status).toBe(412);
    await api.put(`${at}/checklist/intake`, { owner: 'Robin', doneOn: TODAY });
    const [intake, ...others] = (await api.get(`${at}/checklist`)).body.items;
    expect(intake).toMatchObject({ item: 'intake', owner: 'Robin', due: null, doneOn: TODAY, note: null });
    expect(others).toEqual(first.items.slice(1));
  });

  test('has no other item, and nothing is done in the future', async () => {
    const { at, clientId } = await onPlatform();
    const refused: [item: string, body: object, ...string[]][] = [
      ['holiday', {}, 'item one_of'],
      ['toString', {}, 'item one_of'],
      ['claims', { doneOn: daysAhead(2) }, 'doneOn not_in_future'],
      [
        'claims',
        { due: '2026-02-30', owner: ' ', colour: 'red' },
        'colour unknown_field',
        'due real_date',
        'owner not_blank',
      ],
    ];
    for (const [item, body, ...expected] of refused)
      expect([item, listBrokenRules(await api.put(`${at}/checklist/${item}`, body)).sort()]).toEqual([item, expected]);
    expect((await api.get(`${at}/checklist`)).body.version).toBe(1);
    expect((await api.put(`${at}/checklist/claims`, {}, { key: await api.keyOf('client', [clientId]) })).status).toBe(
      403,
    );
  });

  test('is a risk of leaving while anything of it is open, and a notice that was given counts from its day', async () => {
    const { at, answer, leaving } = await onPlatform();
    await answer('free_of_restrictions', { answer: 'no', noticeDays: 60 });
    await api.put(`${at}/checklist/claims`, { due: daysAhead(10) });
    for (const item of ['intake', 'eligibility_checks', 'website', 'referral_channels'])
      await api.put(`${at}/checklist/${item}`, { doneOn: TODAY });
    await api.put(`${at}/checklist/platform_notice`, { doneOn: daysAgo(30) });
    const found = await leaving(daysAhead(30));
    expect(found.notice).toMatchObject({ givenOn: daysAgo(30), earliestLeaveOn: daysAhead(30), inTime: true });
    expect(found.risks).toEqual([
      { item: 'claims', owner: null, due: daysAhead(10), late: false },
      { item: 'client_notices', owner: null, due: null, late: true },
    ]);
    expect((await api.get(`${at}/transition-plan?leaveOn=${daysAhead(5)}`)).body.risks[0]).toMatchObject({
      late: true,
    });
  });
});

describe('a transition plan', () => {
  test('says of each payer what can start today, what blocks it, and when it is expected; and when all have come', async () => {
    const file = await onPlatform(3, { expectedDecision: { days: 45 } });
    const { at, answer, open, payerIds } = file;
    await answer('free_of_restrictions', { answer: 'yes' });
    const [fresh, asked, closed] = payerIds;
    const application = await open({ payerId: asked, adopt: { stage: 'in_review', submittedOn: daysAgo(10) } });
    const stated = { state: 'CA', status: 'closed', source: 'letter', asOf: TODAY };
    await api.put(`/v1/payers/${closed}/panels`, { items: [stated] });
    const plan = async (query = '') => (await api.get(`${at}/transition-plan${query}`)).body;
    const of = (items: { payerId: string }[], payerId: string | undefined) =>
      items.find((one) => one.payerId === payerId);
    const { items, earliestLeaveOn } = await plan();
    expect(of(items, fresh)).toMatchObject({ start: 'today', blockedBy: [], billable: { expectedOn: daysAhead(45) } });
    expect(of(items, asked)).toMatchObject({
      start: 'under_way',
      application: { id: application.id },
      billable: { expectedOn: daysAhead(35), from: 'submission' },
    });
    expect(of(items, closed)).toMatchObject({ start: 'blocked', blockedBy: ['panel_closed'] });
    expect(earliestLeaveOn).toBeNull();

    await api.put(`/v1/payers/${closed}/panels`, { items: [] });
    await api.patch(`/v1/providers/${file.providerId}`, { malpractice: null });
    const later = await plan();
    expect(later).toMatchObject({ leaveOn: daysAhead(45), earliestLeaveOn: daysAhead(45), notice: { days: 0 } });
    expect(of(later.items, fresh)).toMatchObject({ start: 'blocked', blockedBy: ['malpractice'] });
    expect(later.items.map((one: { billable: { gapDays: number } }) => one.billable.gapDays)).toEqual([0, 0, 0]);
    expect(await plan(`?leaveOn=${daysAhead(44)}`)).toMatchObject({
      leaveOn: daysAhead(44),
      earliestLeaveOn: daysAhead(45),
    });
  });

  test('names a practice that is to be chosen, and none that is not the client’s', async () => {
    const { at, clientId, practiceId } = await onPlatform();
    await practiceOf(clientId);
    const start = async (query: string) => {
      const [{ start: when, blockedBy }] = (await api.get(`${at}/transition-plan${query}`)).body.items;
      return [when, ...blockedBy];
    };
    expect(await start('')).toEqual(['blocked', 'practice_not_chosen']);
    expect(await start(`?practiceId=${practiceId}`)).toEqual(['today']);
    const stranger = await onPlatform();
    for (const path of ['transition-plan', 'decision-sheet'])
      expect(listBrokenRules(await api.get(`${at}/${path}?practiceId=${stranger.practiceId}`))).toEqual([
        'practiceId unknown_reference',
      ]);
    const key = await api.keyOf('client', [stranger.clientId]);
    for (const path of ['transition-plan', 'decision-sheet', 'checklist'])
      expect((await api.get(`${at}/${path}`, { key })).status).toBe(404);
  });
});
