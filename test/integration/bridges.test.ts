import { eventually } from '../support/eventually';
import { createChecks, keepOverdueBridges } from '../../record/applications/bridges';
import { inventNpi } from '../support/file';
import {
  createAllFacts,
  daysAgo,
  daysAhead,
  OpenApplication,
  createProof,
  SEEN,
  System,
  TODAY,
  type Filed,
} from '../support/system';
import { PRACTICE, type Reply, listBrokenRules } from '../support/api';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop(), 60_000);

const PATH = '/v1/platform-relationships';
const NOBODY = '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11';

const typeOf = ({ type }: { type: string }) => type.replace('urn:countersign:problem:', '');

/** A provider on a platform with two payers, with what the client decided. */
async function decided(decision?: string) {
  const { api } = system;
  const filed = await system.file();
  const payerIds = [filed.payerId, await system.payer()];
  const made = await api.make(PATH, { providerId: filed.providerId, platform: 'Headway', payerIds });
  const at = `${PATH}/${made.id}`;
  if (decision) await api.put(`${at}/decision`, { decision, reason: 'So it was decided.' });
  const { practiceId } = filed;
  return {
    ...filed,
    relationshipId: made.id as string,
    payerIds,
    at,
    start: (items: object[], headers: Record<string, string> = {}, more: object = {}) =>
      api.post(`${at}/applications`, { practiceId, items, ...more }, { headers }),
    application: (id: string, payerId = filed.payerId) => new OpenApplication(api, id, { ...filed, payerId } as Filed),
    checks: (id: string) =>
      api.deps.sql<{ occasion: string; dueOn: string }[]>`
        select occasion, due_on from platform_checks where application_id = ${id} order by occasion desc`,
  };
}

test('all chosen applications start in one call, each on its own and each once', async () => {
  const { start, payerIds, providerId, practiceId } = await decided('build_direct');
  const [one, other] = payerIds;
  const items = [
    { payerId: one, state: 'CA' },
    { payerId: NOBODY, state: 'CA' },
    { payerId: other, state: 'CA', kind: 'add_to_group', neededBy: daysAhead(90) },
    { payerId: other, state: 'NY', locationId: NOBODY },
    { payerId: one, state: 'CA', lineOfBusiness: 'medicare', kind: 'new_group' },
  ];
  const once = { 'Idempotency-Key': 'all-of-them' };
  const { status, body } = await start(items, once);
  expect([status, body.errors]).toEqual([200, undefined]);
  expect(body.items.map((item: Reply['body']) => [item.payerId, item.state, item.status])).toEqual([
    [one, 'CA', 201],
    [NOBODY, 'CA', 400],
    [other, 'CA', 201],
    [other, 'NY', 400],
    [one, 'CA', 201],
  ]);
  const problems = body.items.flatMap(({ problem }: Reply['body']) =>
    problem ? listBrokenRules({ body: problem } as Reply) : [],
  );
  expect(problems).toEqual(['payerId unknown_reference', 'locationId unknown_reference']);
  const read = async (i: number) => (await system.api.get(`/v1/applications/${body.items[i].id}`)).body;
  expect(await read(0)).toMatchObject({ providerId, practiceId, kind: 'new_individual', lineOfBusiness: 'commercial' });
  expect(await read(2)).toMatchObject({ kind: 'add_to_group', neededBy: daysAhead(90), bridge: null });
  expect(await read(4)).toMatchObject({ kind: 'new_group', providerId: null });

  expect((await start(items, once)).body).toEqual(body);
  const again = (await start(items)).body.items;
  expect(again[0]).toMatchObject({ status: 409, problem: { existingId: body.items[0].id } });
  expect(typeOf(again[0].problem)).toBe('application_exists');
  const { items: all } = (await system.api.get(`/v1/applications?providerId=${providerId}`)).body;
  expect(all).toHaveLength(2);
});

test('the kind that is left out is the one that fits', async () => {
  const { start, payerId, clientId, providerId } = await decided('build_direct');
  const { api } = system;
  const elsewhere = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  await api.make('/v1/applications', { providerId, practiceId: elsewhere.id, payerId, state: 'CA' });
  const [{ id }] = (await start([{ payerId, state: 'CA' }])).body.items;
  expect((await api.get(`/v1/applications/${id}`)).body.kind).toBe('add_tin_or_location');
});

test('none start before the client has decided, nor where it stays', async () => {
  for (const decision of [undefined, 'stay']) {
    const { start, payerId, providerId } = await decided(decision);
    const refused = await start([{ payerId, state: 'CA' }]);
    expect([refused.status, typeOf(refused.body)]).toEqual([409, 'not_decided']);
    expect((await system.api.get(`/v1/applications?providerId=${providerId}`)).body.items).toEqual([]);
  }
});

test('what is wrongly asked is refused by name, and nothing starts', async () => {
  const { at, start, payerId, providerId, clientId } = await decided('bridge');
  const stranger = await decided('bridge');
  const item = { payerId, state: 'CA' };
  const refused: [body: object[], more: object, ...string[]][] = [
    [[], {}, 'items min_items'],
    [[item, item], {}, 'items.1 unique'],
    [[{ ...item, kind: 'termination', state: 'XX' }], {}, 'items.0.kind one_of', 'items.0.state one_of'],
    [[{ ...item, providerId }], {}, 'items.0.providerId unknown_field'],
    [[item], { practiceId: stranger.practiceId }, 'practiceId unknown_reference'],
    [[item], { practiceId: undefined }, 'practiceId required'],
  ];
  for (const [items, more, ...expected] of refused)
    expect([items, listBrokenRules(await start(items, {}, more)).sort()]).toEqual([items, expected]);
  expect((await system.api.get(`/v1/applications?providerId=${providerId}`)).body.items).toEqual([]);
  const body = { practiceId: NOBODY, items: [item] };
  const agent = await system.api.keyOf('agent', [clientId]);
  expect((await system.api.post(`${at}/applications`, body, { key: agent })).status).toBe(403);
  const theirs = await system.api.keyOf('lead', [stranger.clientId]);
  expect((await system.api.post(`${at}/applications`, body, { key: theirs })).status).toBe(404);
});

test('an application on a bridge names its platform, says what to ask, and is billed through it until it is confirmed', async () => {
  const { start, payerId, relationshipId, application } = await decided('bridge');
  const [{ id }] = (await start([{ payerId, state: 'CA' }])).body.items;
  const direct = application(id);
  expect(await direct.get()).toMatchObject({
    stage: 'ready_to_submit',
    bridge: { relationshipId, platform: 'Headway' },
  });
  const [toSubmit] = await direct.queue();
  expect(toSubmit).toMatchObject({ purpose: 'submit', ask: [expect.stringMatching(/adds .* and replaces nothing/)] });
  expect(await direct.readiness()).toMatchObject({ mayBill: false, billThrough: 'platform' });
  await direct.submit({ submittedOn: daysAgo(20) });
  await direct.contact('in_review', { nextFollowUpOn: TODAY });
  for (const { ask } of await direct.queue()) expect(ask).toEqual([]);
});

test('an application to a payer of the platform is on the bridge however it was opened; one to another payer or state is not', async () => {
  const filed = await decided('bridge');
  const { payerId, relationshipId, start } = filed;
  const bridgeOf = async (more: object = {}) => (await (await system.open(filed, more)).get()).bridge;
  expect(await bridgeOf()).toEqual({ relationshipId, platform: 'Headway' });
  expect(await bridgeOf({ state: 'NY' })).toBeNull();
  expect(await bridgeOf({ kind: 'termination' })).toBeNull();
  const elsewhere = await system.payer();
  const { items } = (await start([{ payerId: elsewhere, state: 'CA' }])).body;
  expect(await filed.application(items[0].id, elsewhere).get()).toMatchObject({ kind: 'new_individual', bridge: null });
  const [submit] = await filed.application(items[0].id, elsewhere).queue();
  expect(submit).toMatchObject({ purpose: 'submit', ask: [] });
  expect(payerId).toBe(filed.payerIds[0]);
});

/** The changes that bring an application onto the bridge after it was opened; each returns the platform. */
const laterCovers: Record<string, (filed: Filed, open: () => Promise<OpenApplication>) => Promise<OpenApplication>> = {
  'a relationship put on file later': async (filed, open) => {
    const opened = await open();
    await relate(filed, [filed.payerId]);
    return opened;
  },
  'a payer added to a relationship': async (filed, open) => {
    const at = `${PATH}/${await relate(filed, [await system.payer()])}`;
    const opened = await open();
    expect((await opened.get()).bridge).toBeNull();
    await system.api.patch(at, { payerIds: [filed.payerId] });
    return opened;
  },
  'a state added to a relationship': async (filed, open) => {
    const at = `${PATH}/${await relate(filed, [filed.payerId], { states: ['NY'] })}`;
    const opened = await open();
    expect((await opened.get()).bridge).toBeNull();
    await system.api.patch(at, { states: ['CA', 'NY'] });
    return opened;
  },
  'an end of the relationship that was put off': async (filed, open) => {
    const at = `${PATH}/${await relate(filed, [filed.payerId])}`;
    const end = (on: string, more: object = {}) => system.api.post(`${at}/end`, { on, reason: 'They leave.', ...more });
    expect((await end(daysAgo(1))).status).toBe(200);
    const opened = await open();
    expect((await opened.get()).bridge).toBeNull();
    expect((await end(daysAhead(30), { replaces: daysAgo(1) })).status).toBe(200);
    return opened;
  },
  'a payer that is billed through the platform from a day ahead': async (filed, open) => {
    const at = `${PATH}/${await relate(filed, [await system.payer()])}`;
    const opened = await open();
    await system.api.patch(at, { payerIds: [filed.payerId], changedOn: daysAhead(10) });
    return opened;
  },
  'a decision that was to build direct contracts': async (filed, open) => {
    const at = `${PATH}/${await relate(filed, [filed.payerId])}`;
    await system.api.put(`${at}/decision`, { decision: 'build_direct', reason: 'So it was decided.' });
    const opened = await open();
    expect((await opened.get()).bridge).toBeNull();
    await system.api.put(`${at}/decision`, { decision: 'bridge', reason: 'They stay meanwhile.' });
    return opened;
  },
};

async function relate({ providerId }: Filed, payerIds: string[], more: object = {}): Promise<string> {
  return (await system.api.make(PATH, { providerId, platform: 'Headway', payerIds, ...more })).id;
}

test.each(Object.entries(laterCovers))(
  'an open application is on the bridge whenever its payer came to be covered: by %s',
  async (_, cover) => {
    for (const adopt of [undefined, { stage: 'approved' }, { stage: 'in_review', submittedOn: daysAgo(3) }]) {
      const filed = await system.file();
      const opened = await cover(filed, () => system.open(filed, adopt && { adopt }));
      const { items } = (await system.api.get(`${PATH}?providerId=${filed.providerId}`)).body;
      const [{ id: relationshipId }] = items;
      expect((await opened.get()).bridge).toEqual({ relationshipId, platform: 'Headway' });
      const [item] = await opened.queue();
      if (!adopt) expect(item).toMatchObject({ purpose: 'submit', ask: [expect.stringContaining('replaces nothing')] });
      const checks = await system.api.deps.sql`
        select occasion, due_on from platform_checks where application_id = ${opened.id}`;
      expect([...checks]).toEqual(
        adopt && 'submittedOn' in adopt ? [{ occasion: 'submission', dueOn: daysAhead(11) }] : [],
      );
    }
  },
);

test('an application whose payer became one with a payer of the platform, or is now covered by one, is on the bridge', async () => {
  const { api } = system;
  const joins: ((payerId: string, covered: string) => Promise<Reply>)[] = [
    (payerId, into) => api.post(`/v1/payers/${payerId}/merge`, { into, reason: 'They are one.' }),
    (payerId, covered) => api.patch(`/v1/payers/${covered}`, { covers: [payerId] }),
  ];
  for (const join of joins) {
    const filed = await system.file();
    const covered = await system.payer();
    const relationshipId = await relate(filed, [covered]);
    const opened = await system.open(filed);
    expect((await opened.get()).bridge).toBeNull();
    expect((await join(filed.payerId, covered)).status).toBe(200);
    await eventually(async () => (await opened.get()).bridge?.relationshipId === relationshipId);
  }
});

test('an application that was closed is on the bridge when it is taken up again under a cover that came meanwhile', async () => {
  const filed = await system.file();
  const opened = await system.open(filed);
  await opened.act('withdrawal', { reason: 'They wait.' });
  const withdrawn = (await opened.timeline()).find(({ kind }) => kind === 'withdrawal');
  const relationshipId = await relate(filed, [filed.payerId]);
  expect((await opened.get()).bridge).toBeNull();
  await opened.act('corrections', { entryId: withdrawn.id, reason: 'It goes on.' });
  expect(await opened.get()).toMatchObject({ bridge: { relationshipId } });
});

describe('where the platform’s cover of an application’s payer is over', () => {
  const end = (id: string, on: string) => system.api.post(`${PATH}/${id}/end`, { on, reason: 'They leave.' });

  test('it is on no bridge, and where the provider returns, on that of the new relationship', async () => {
    const filed = await system.file();
    const before = await relate(filed, [filed.payerId]);
    const opened = await system.open(filed);
    await opened.submit({ submittedOn: daysAgo(3) });
    expect((await opened.get()).bridge).toEqual({ relationshipId: before, platform: 'Headway' });
    expect((await end(before, daysAgo(1))).status).toBe(200);
    expect((await opened.get()).bridge).toBeNull();
    const again = await relate(filed, [filed.payerId], { evenIfExists: true });
    expect((await opened.get()).bridge).toEqual({ relationshipId: again, platform: 'Headway' });
    const { sql } = system.api.deps;
    await createChecks(sql, opened.id, `${daysAhead(11)}T23:59:59.999Z`);
    const { items } = (await system.api.get(`/v1/tasks?kind=platform_check&clientId=${filed.clientId}`)).body;
    expect(items.map(({ subjectId }: Reply['body']) => subjectId)).toEqual([again]);
  });

  test('and another goes on, the application moves to that without a write', async () => {
    const filed = await system.file();
    const { sql } = system.api.deps;
    const before = await relate(filed, [filed.payerId]);
    const opened = await system.open(filed);
    const other = await relate(filed, [filed.payerId], { platform: 'Alma' });
    expect((await opened.get()).bridge.relationshipId).toBe(before);
    // its last day passes
    await sql`update platform_spans set until_on = ${daysAgo(1)} where relationship_id = ${before}`;
    await keepOverdueBridges(sql);
    expect((await opened.get()).bridge).toEqual({ relationshipId: other, platform: 'Alma' });
  });
});

test('an application from before there were bridges comes onto its own without a write', async () => {
  const filed = await system.file();
  const { sql } = system.api.deps;
  const relationshipId = await relate(filed, [filed.payerId]);
  const opened = await system.open(filed);
  await sql`delete from bridges where application_id = ${opened.id}`;
  await keepOverdueBridges(sql);
  expect((await opened.get()).bridge).toEqual({ relationshipId, platform: 'Headway' });
});

test('an application that is taken over as confirmed is on the bridge until its participation begins, and not from then on', async () => {
  const adopted = async (effectiveOn: string) => {
    const filed = await system.file();
    const relationshipId = await relate(filed, [filed.payerId]);
    const confirmations = { ...createAllFacts({ seen: SEEN }), effectiveDate: createProof(effectiveOn) };
    const opened = await system.open(filed, { adopt: { stage: 'confirmed', confirmations } });
    const checks = await system.api.deps.sql`
      select occasion, due_on from platform_checks where application_id = ${opened.id}`;
    const { bridge } = await opened.get();
    return [bridge?.relationshipId === relationshipId, [...checks]];
  };
  expect(await adopted(daysAhead(30))).toEqual([true, [{ occasion: 'effective_date', dueOn: daysAhead(30) }]]);
  expect(await adopted(daysAgo(30))).toEqual([false, []]);
});

test('what was decided of an application’s bridge stays', async () => {
  const filed = await system.file();
  const relationshipId = await relate(filed, [filed.payerId]);
  const opened = await system.open(filed);
  await relate(filed, [filed.payerId], { platform: 'Alma' });
  const decision = `${PATH}/${relationshipId}/decision`;
  await system.api.put(decision, { decision: 'build_direct', reason: 'So it was decided.' });
  expect((await opened.get()).bridge).toEqual({ relationshipId, platform: 'Headway' });
  const elsewhere = await system.open(filed, { state: 'NY' });
  const ending = await system.open(filed, { kind: 'termination' });
  await system.api.put(decision, { decision: 'bridge', reason: 'They stay meanwhile.' });
  for (const other of [elsewhere, ending]) expect((await other.get()).bridge).toBeNull();
});

test('where the ledger says direct, the contract is adopted and its four facts are collected', async () => {
  const { at, start, application, payerId } = await decided('bridge');
  const said = { answer: 'yes', answeredBy: 'Headway support', answeredOn: TODAY, channel: 'email' };
  for (const question of ['direct_contract', 'bill_outside', 'claims_under_own_setup', 'control_terms'])
    await system.api.put(`${at}/answers/${question}`, { ...said, payerId });
  const [{ id }] = (await start([{ payerId, state: 'CA' }])).body.items;
  const adopted = await application(id).get();
  expect(adopted).toMatchObject({ kind: 'new_individual', stage: 'approved' });
  expect(adopted.missingFacts).toHaveLength(4);
});

test('whether the platform still works is to be seen 14 days after the submission and on the effective date', async () => {
  const { start, payerId, application, checks } = await decided('bridge');
  const [{ id }] = (await start([{ payerId, state: 'CA' }])).body.items;
  const direct = application(id);
  expect(await checks(id)).toEqual([]);
  await direct.submit({ submittedOn: daysAgo(3) });
  expect(await checks(id)).toEqual([{ occasion: 'submission', dueOn: daysAhead(11) }]);
  await direct.contact('approved');
  await direct.confirm('effectiveDate', { value: daysAhead(30) });
  expect(await checks(id)).toEqual([
    { occasion: 'submission', dueOn: daysAhead(11) },
    { occasion: 'effective_date', dueOn: daysAhead(30) },
  ]);
  await direct.confirm('effectiveDate', { value: daysAhead(60), reason: 'The payer moved it.' });
  expect(await checks(id)).toContainEqual({ occasion: 'effective_date', dueOn: daysAhead(60) });
  expect(await checks(id)).toHaveLength(2);
  const entry = (await direct.timeline()).find(({ kind }) => kind === 'submission');
  await direct.act('corrections', { entryId: entry.id, reason: 'It was another one.' });
  expect((await checks(id)).filter(({ occasion }) => occasion === 'submission')).toEqual([]);
});

test('each check is given to a person once, when it is due', async () => {
  const { start, payerId, relationshipId, clientId, application } = await decided('bridge');
  const [{ id }] = (await start([{ payerId, state: 'CA' }])).body.items;
  const direct = application(id);
  const { sql } = system.api.deps;
  const at = (days: number) => `${daysAhead(days)}T23:59:59.999Z`;
  const tasks = async () =>
    (await system.api.get(`/v1/tasks?kind=platform_check&clientId=${clientId}`)).body.items.map(
      ({ subjectId, data }: Reply['body']) => ({ subjectId, ...data }),
    );
  const given = (occasion: string, days: number) => ({
    subjectId: relationshipId,
    applicationId: id,
    occasion,
    dueOn: daysAhead(days),
  });
  expect(await createChecks(sql, id, at(1000))).toEqual({ next: null });

  await direct.submit({ submittedOn: TODAY });
  const { next } = await createChecks(sql, id, at(13));
  expect(next!.slice(0, 10)).toBe(daysAhead(14));
  expect(await tasks()).toEqual([]);
  await direct.contact('approved');
  await direct.confirm('effectiveDate', { value: daysAhead(30) });
  expect((await createChecks(sql, id, at(14))).next!.slice(0, 10)).toBe(daysAhead(30));
  expect(await tasks()).toEqual([given('submission', 14)]);
  for (const days of [14, 30, 30, 31]) await createChecks(sql, id, at(days));
  expect(await createChecks(sql, id, at(31))).toEqual({ next: null });
  expect(await tasks()).toEqual([given('submission', 14), given('effective_date', 30)]);
});

test('a check is given to whom the application is assigned, as long as they may see its client', async () => {
  const { api } = system;
  const { sql } = api.deps;
  const { start, payerId, clientId, application } = await decided('bridge');
  const [{ id }] = (await start([{ payerId, state: 'CA' }])).body.items;
  const email = `${inventNpi()}@operator.example`;
  const { id: assignee } = await api.make('/v1/users', { name: 'Dana', email, role: 'specialist' });
  await application(id).act('assignment', { assignee });
  await application(id).submit({ submittedOn: TODAY });
  await application(id).contact('approved');
  await application(id).confirm('effectiveDate', { value: daysAhead(30) });
  await createChecks(sql, id, `${daysAhead(14)}T23:59:59.999Z`);
  await sql`update users set client_ids = ${[(await system.file()).clientId]} where id = ${assignee}`;
  await createChecks(sql, id, `${daysAhead(30)}T23:59:59.999Z`);
  const { items } = (await api.get(`/v1/tasks?kind=platform_check&clientId=${clientId}`)).body;
  expect(items.map((task: Reply['body']) => task.assignee)).toEqual([assignee, null]);
});

test('nothing is left to check or to ask once the payer is no longer reached through the platform', async () => {
  const { api } = system;
  const { sql } = api.deps;
  const tasksOf = async (clientId: string) =>
    (await api.get(`/v1/tasks?kind=platform_check&clientId=${clientId}&open=true`)).body.items;
  const leaving: ((of: { at: string; others: string[] }) => Promise<Reply>)[] = [
    ({ at }) => api.post(`${at}/end`, { on: TODAY, reason: 'They have left.' }),
    ({ at, others }) => api.patch(at, { payerIds: others }),
  ];
  for (const leave of leaving) {
    const { start, at, payerId, payerIds, application, clientId } = await decided('bridge');
    const [one, other] = (await start([payerId, payerIds[1]].map((id) => ({ payerId: id, state: 'CA' })))).body.items;
    const direct = application(one.id);
    await direct.submit({ submittedOn: daysAgo(20) });
    await createChecks(sql, one.id, new Date().toISOString());
    expect(await tasksOf(clientId)).toHaveLength(1);
    expect((await leave({ at, others: [payerIds[1]!] })).status).toBe(200);
    expect(await tasksOf(clientId)).toEqual([]);

    const still = (await api.get(at)).body.endedOn === null;
    const asked = await application(other.id, payerIds[1]).queue();
    // the last day may be today
    if (still) expect(asked[0].ask).toEqual([expect.stringContaining('replaces nothing')]);
    await direct.contact('approved');
    await direct.confirm('effectiveDate', { value: daysAhead(30) });
    expect(await createChecks(sql, one.id, `${daysAhead(40)}T23:00:00.000Z`)).toEqual({ next: null });
    expect(await tasksOf(clientId)).toEqual([]);
    // a provider who comes back is looked after again
    if (!still) continue;
    await api.patch(at, { payerIds });
    expect((await createChecks(sql, one.id, `${daysAhead(1)}T23:00:00.000Z`)).next!.slice(0, 10)).toBe(daysAhead(30));
  }
});

test('an application that is on no bridge arms no check and asks nothing beside the usual', async () => {
  const { start, payerId, application, checks } = await decided('build_direct');
  const [{ id }] = (await start([{ payerId, state: 'CA' }])).body.items;
  const direct = application(id);
  expect((await direct.queue()).map(({ ask }) => ask)).toEqual([[]]);
  await direct.submit();
  expect(await checks(id)).toEqual([]);
});

test('days to a decision are those that three applications of one’s own took', async () => {
  const payerId = await system.payer();
  const taken = [10, 40, 20];
  const last = await Promise.all(
    taken.map(async (days) => {
      const filed = await system.file({ payerId });
      const application = await system.open(filed);
      await application.submit({ submittedOn: daysAgo(days) });
      await application.contact('approved');
      for (const fact of ['contract', 'effectiveDate', 'payerProviderId', 'claimsRoute'] as const)
        await application.confirm(fact);
      return filed;
    }),
  );
  const { api } = system;
  const [{ clientId }] = last as [Filed, ...Filed[]];
  const filed = await system.file({ clientId, payerId });
  await api.put(`/v1/clients/${clientId}/caseload`, { items: [{ payerId, clients: 1 }] });
  const { practiceId, providerId } = filed;
  const query = new URLSearchParams({ providerId, practiceId, state: 'CA' });
  const expected = async (key?: string) =>
    (await api.get(`/v1/clients/${clientId}/payer-targets?${query}`, key ? { key } : {})).body.items[0].expected;
  const { days, from } = await expected();
  expect([Math.abs(days - 20) <= 1, from]).toEqual([true, 'own_applications']);
  // one who sees one client's applications only has one to go by
  expect(await expected(await api.keyOf('lead', [clientId]))).toEqual({ days: 90, from: 'playbook' });
});
