import { listBrokenRules } from '../support/api';
import { batchDueMail } from '../../record/outreach/mail';
import { eventually } from '../support/eventually';
import { daysAgo, daysAhead, System, TODAY, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const seen = (more: object) => ({ seenOn: TODAY, source: 'portal', reference: 'page of the portal', ...more });
const cycle = async (application: OpenApplication) => (await application.get()).participation.recredentialing;

test('a confirmed application shows its participation, and what can be done with it', async () => {
  const application = await system.at('confirmed');
  const { participation, allowedActions, allowedOutcomes } = await application.get();
  expect(participation).toMatchObject({
    effectiveOn: '2026-01-01',
    current: true,
    loaded: null,
    directory: null,
    issues: [],
    recredentialing: {
      basis: 'effective_date',
      from: '2026-01-01',
      dueOn: '2029-01-01',
      status: 'ahead',
      openedId: null,
    },
  });
  expect(Object.keys(participation.followUps).sort()).toEqual(['committee_date', 'directory', 'loading']);
  expect(allowedActions).toEqual(
    expect.arrayContaining(['contacts', 'loading', 'directory', 'issues', 'committee-date', 'recredentialing']),
  );
  expect(allowedActions).not.toContain('issue-resolution');
  expect(allowedOutcomes).toEqual(['no_answer', 'other']);
  expect((await (await system.at('in_review')).get()).participation).toBeNull();
});

test('seen loaded, the caution goes, whatever was known before stays known; struck out, it is back', async () => {
  const application = await system.at('confirmed');
  expect((await application.readiness()).cautions).toContain('not_seen_loaded');
  const before = new Date().toISOString();
  const loaded = await application.act('loading', seen({ status: 'loaded' }));
  expect(loaded.participation.loaded).toEqual({ status: 'loaded', seenOn: TODAY });
  expect((await application.readiness()).cautions).not.toContain('not_seen_loaded');
  expect((await application.readiness({ asOf: before })).cautions).toContain('not_seen_loaded');
  const entry = (await application.timeline()).find(({ kind }) => kind === 'loading');
  expect(entry).toMatchObject({ status: 'loaded', source: 'portal', reference: 'page of the portal' });
  await application.act('corrections', { entryId: entry!.id, reason: 'it was another provider' });
  expect((await application.readiness()).cautions).toContain('not_seen_loaded');
});

test('an issue is in the queue at once; what it disproves blocks billing until a person chooses', async () => {
  const application = await system.at('confirmed');
  const raised = await application.act('issues', { code: 'wrong_tin', since: daysAgo(3), reference: 'EOB 7' });
  expect(raised.participation.issues).toMatchObject([{ code: 'wrong_tin', since: daysAgo(3), resolvedOn: null }]);
  expect(raised.confirmations.claimsRoute).toMatchObject({ status: 'disputed' });
  expect(await application.readiness()).toMatchObject({ mayBill: false, reasons: ['fact_disputed'] });
  expect((await application.queue()).map(({ purpose }) => purpose).sort()).toEqual([
    'confirm_facts',
    'resolve_wrong_tin',
  ]);
  expect(listBrokenRules(await application.try('issues', { code: 'wrong_tin', since: TODAY })).sort()).toEqual([
    'code unresolved_already',
  ]);

  await application.contact('other', { about: 'wrong_tin' });
  expect((await application.queue()).map(({ purpose }) => purpose)).toEqual(['confirm_facts']);
  const resolution = { resolvedOn: TODAY, source: 'phone', rep: 'Sam', reference: 'C-1' };
  expect(
    listBrokenRules(await application.try('issue-resolution', { code: 'claims_denied', ...resolution })).sort(),
  ).toEqual(['code unresolved']);
  await application.act('issue-resolution', { code: 'wrong_tin', ...resolution });
  expect(await application.readiness()).toMatchObject({ mayBill: false });
  await application.confirm('claimsRoute', { reason: 'a test claim was paid' });
  expect(await application.readiness()).toMatchObject({ mayBill: true });
  expect(await application.queue()).toEqual([]);
});

test('recredentialing that the payer has begun is opened at once, and approved it begins the next cycle', async () => {
  const application = await system.at('confirmed');
  const begun = { startedOn: TODAY, dueOn: daysAhead(60), source: 'letter', reference: 'L-1' };
  await application.act('recredentialing', begun);
  const { openedId } = await eventually(async () => {
    const now = await cycle(application);
    return now.openedId ? now : null;
  });
  expect(await cycle(application)).toMatchObject({
    status: 'under_way',
    dueOn: daysAhead(60),
    startedByPayerOn: TODAY,
  });
  const renewal = (await system.api.get(`/v1/applications/${openedId}`)).body;
  expect(renewal).toMatchObject({ kind: 'recredentialing', previousId: application.id, neededBy: daysAhead(60) });
  const act = (action: string, body: object) => system.api.post(`/v1/applications/${openedId}/${action}`, body);
  await eventually(async () => (await act('submission', { submittedOn: TODAY, channel: 'caqh_pull' })).status === 200);
  expect((await act('contacts', { channel: 'portal', outcome: 'approved' })).body).toMatchObject({
    stage: 'confirmed',
  });
  await eventually(async () => (await cycle(application)).basis === 'stated');
  expect(await cycle(application)).toMatchObject({ status: 'ahead', openedId: null, startedByPayerOn: null });
  expect(await application.readiness()).toMatchObject({ mayBill: true });
});

test('a participation that ends is no longer reminded of its renewal, and the renewal is withdrawn', async () => {
  const application = await system.at('confirmed');
  await application.act('recredentialing', {
    startedOn: TODAY,
    dueOn: daysAhead(60),
    source: 'letter',
    reference: 'L-1',
  });
  const { openedId } = await eventually(async () => {
    const now = await cycle(application);
    return now.openedId ? now : null;
  });
  await application.act('participation-end', { on: daysAgo(1), reason: 'closed', source: 'letter', reference: 'L-2' });
  const renewal = () => system.api.get(`/v1/applications/${openedId}`);
  await eventually(async () => (await renewal()).body.stage === 'withdrawn');
  const { sql } = system.api.deps;
  // as if it waited for the hours in which mail goes out
  const [waiting] = await sql<{ recipientId: string }[]>`
    update messages set status = 'queued', batch_id = null
    where application_id = ${application.id} and template = 'recredentialing_due' and recipient_type = 'provider'
    returning recipient_id`;
  await sql.begin((tx) => batchDueMail(tx, waiting!.recipientId, new Date().toISOString()));
  const [message] = await sql`
    select status from messages where application_id = ${application.id} and template = 'recredentialing_due'`;
  expect(message).toMatchObject({ status: 'settled' });
});

test('participations are found by what is wrong with them, and by where their renewal stands', async () => {
  const filed = await system.file();
  const application = await system.at('confirmed', { filed });
  const found = async (filter: string) =>
    (await system.api.get(`/v1/applications?clientId=${filed.clientId}&${filter}`)).body.items.map(
      ({ id }: { id: string }) => id,
    );
  expect(await found('recredentialing=ahead')).toEqual([application.id]);
  expect(await found('issue=claims_denied')).toEqual([]);
  await application.act('issues', { code: 'claims_denied', since: TODAY });
  expect(await found('issue=claims_denied')).toEqual([application.id]);
  expect(await found('issue=not_loaded')).toEqual([]);
  await application.act('issue-resolution', {
    code: 'claims_denied',
    resolvedOn: TODAY,
    source: 'portal',
    reference: 'paid',
  });
  expect(await found('issue=claims_denied')).toEqual([]);
  await application.act('recredentialing', { startedOn: TODAY, source: 'letter', reference: 'L-1' });
  await eventually(async () => (await found('recredentialing=under_way')).length === 1);
  expect(await found('recredentialing=ahead')).toEqual([]);
  await application.act('participation-end', { on: daysAgo(1), reason: 'moved', source: 'letter', reference: 'T-1' });
  expect(await found('recredentialing=under_way')).toEqual([]);
  expect((await system.api.get('/v1/applications?issue=bad&recredentialing=soon')).body.errors).toMatchObject([
    { path: 'issue' },
    { path: 'recredentialing' },
  ]);
});

test('each bad field is named at once, and nothing is half done', async () => {
  const application = await system.at('confirmed');
  expect(
    listBrokenRules(await application.try('loading', seen({ status: 'perhaps', source: 'phone' }))).sort(),
  ).toEqual(['rep phone_needs_rep', expect.stringMatching(/^status /)]);
  expect(listBrokenRules(await application.try('directory', { status: 'listed' })).length).toBe(3);
  const other = await system.at('confirmed');
  const document = { kind: 'screenshot', name: 'Page', sha256: 'b'.repeat(64) };
  const { id } = await system.api.make(`/v1/clients/${other.filed.clientId}/documents`, document);
  expect(listBrokenRules(await application.try('loading', seen({ status: 'loaded', evidence: [id] }))).sort()).toEqual([
    'evidence.0 unknown_reference',
  ]);
  const early = { startedOn: TODAY, dueOn: daysAgo(1), source: 'letter', reference: 'L' };
  expect(listBrokenRules(await application.try('recredentialing', early)).sort()).toEqual(['dueOn order']);
  expect((await application.get()).participation).toMatchObject({ loaded: null, directory: null });
});

test('only a participation has one: elsewhere it is refused with what is allowed, another client’s is not there, a reader may not', async () => {
  const open = await system.at('in_review');
  const refused = await open.try('loading', seen({ status: 'loaded' }));
  expect([refused.status, refused.body.allowedActions.includes('loading')]).toEqual([409, false]);
  const application = await system.at('confirmed');
  const stranger = { key: await system.api.keyOf('lead', [open.filed.clientId]) };
  const reader = { key: await system.api.keyOf('client', [application.filed.clientId]) };
  const agent = { key: await system.api.keyOf('agent', [application.filed.clientId]) };
  for (const [action, body] of [
    ['loading', seen({ status: 'loaded' })],
    ['committee-date', { on: TODAY, source: 'letter', reference: 'L' }],
  ] as const) {
    expect((await application.try(action, body, stranger)).status).toBe(404);
    expect((await application.try(action, body, reader)).status).toBe(403);
  }
  expect((await application.try('committee-date', { on: TODAY, source: 'letter', reference: 'L' }, agent)).status).toBe(
    403,
  );
  expect((await application.try('loading', seen({ status: 'loaded' }), agent)).status).toBe(200);
  await application.act('participation-end', { on: daysAgo(1), reason: 'moved', source: 'letter', reference: 'T-1' });
  const ended = await application.try('loading', seen({ status: 'loaded' }));
  expect(ended.status).toBe(409);
  expect((await application.get()).participation).toMatchObject({ current: false, followUps: {} });
});
