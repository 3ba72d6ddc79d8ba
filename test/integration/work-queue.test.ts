import { randomUUID } from 'node:crypto';
import { listBrokenRules, readProblemType } from '../support/api';
import type { Reply } from '../support/api';
import { eventually } from '../support/eventually';
import { daysAgo, daysAhead, System, TODAY, type OpenApplication } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const user = async (more: object = {}): Promise<string> => {
  const body = { name: 'Dana', email: `${randomUUID()}@example.org`, role: 'specialist', ...more };
  return (await system.api.make('/v1/users', body)).id;
};
const queue = async (query: object): Promise<Reply['body'][]> =>
  (await system.api.get(`/v1/work-queue?${new URLSearchParams({ limit: '200', ...query })}`)).body.items;
const idsOf = (items: { applicationId: string }[]) => items.map(({ applicationId }) => applicationId);
const assign = (application: OpenApplication, assignee: string) => application.act('assignment', { assignee });

/** Some applications of one client, each with an item in the queue. */
async function applications(...bodies: object[]): Promise<OpenApplication[]> {
  const { clientId } = await system.file();
  return Promise.all(bodies.map(async (body) => system.open(await system.file({ clientId, attested: false }), body)));
}

test('what presses comes first: a deadline, what is overdue, the day when it is needed, money, age; and it says why', async () => {
  const [old, rich, needed] = await applications({}, { monthlyValue: 9000 }, { neededBy: daysAhead(10) });
  const { clientId } = old!.filed;
  const playbook = { informationDeadline: { days: 4 } };
  const pressed = await system.at('in_review', { filed: await system.file({ clientId, playbook }) });
  await pressed.contact('information_requested', { missingItems: ['W-9'] });
  const late = await system.open(await system.file({ clientId, attested: false }), { neededBy: daysAhead(300) });

  const hasty = await system.file({ clientId, attested: false, playbook: { contactOverdueAfter: { seconds: 1 } } });
  const overdue = await system.open(hasty);
  await eventually(async () => (await queue({ clientId, overdue: 'true' })).length === 1);

  const items = await queue({ clientId });
  expect(idsOf(items)).toEqual([pressed, overdue, needed, rich, old, late].map((one) => one!.id));
  const why = items.map((item) => item.why.map(({ code }: { code: string }) => code));
  expect(why).toEqual([['payer_deadline'], ['overdue'], ['needed_by'], [], [], []]);
});

test('pages meet without a gap', async () => {
  const [first] = await applications(
    {},
    {},
    { monthlyValue: 5 },
    { neededBy: daysAhead(1) },
    { neededBy: daysAhead(2) },
  );
  const { clientId } = first!.filed;
  const whole = idsOf(await queue({ clientId }));
  const paged: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = new URLSearchParams({ clientId, limit: '2', ...(cursor && { cursor }) });
    const { body } = await system.api.get(`/v1/work-queue?${query}`);
    paged.push(...idsOf(body.items));
    cursor = body.nextCursor;
  }
  expect(paged).toEqual(whole);
});

describe('who has it', () => {
  test('mine, my team’s, nobody’s', async () => {
    const [dana, kim] = [await user({ team: 'west' }), await user({ team: 'east', name: 'Kim' })];
    const [one, two, three] = await applications({}, {}, {});
    const { clientId } = one!.filed;
    await assign(one!, dana);
    await assign(two!, kim);
    expect(idsOf(await queue({ clientId, assignee: dana }))).toEqual([one!.id]);
    expect(idsOf(await queue({ clientId, team: 'east' }))).toEqual([two!.id]);
    expect(idsOf(await queue({ clientId, unassigned: 'true' }))).toEqual([three!.id]);
  });

  test('of many who claim it at once, one gets it', async () => {
    const [application] = await applications({});
    const users = await Promise.all(Array.from({ length: 6 }, () => user()));
    const replies = await Promise.all(
      users.map((assignee) => system.api.post(`${application!.path}/claim`, { assignee })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    expect(new Set(replies.filter(({ status }) => status === 409).map(readProblemType))).toEqual(
      new Set(['claimed_already']),
    );
    const winner = users[replies.findIndex(({ status }) => status === 200)];
    expect((await application!.get()).assignee).toBe(winner);
    expect((await system.api.post(`${application!.path}/claim`, { assignee: winner })).status).toBe(200);
  });

  test('all of one user’s work goes to another, each item on its own', async () => {
    const [from, to] = [await user(), await user()];
    const all = await applications({}, {}, {});
    for (const one of all) await assign(one, from);
    const { body } = await system.api.post(`/v1/users/${from}/reassignment`, { to });
    expect(body.items.map(({ status }: { status: number }) => status)).toEqual([200, 200, 200]);
    expect(new Set(idsOf(await queue({ assignee: to })))).toEqual(new Set(all.map(({ id }) => id)));
    expect((await system.api.post(`/v1/users/${from}/reassignment`, { to })).body.items).toEqual([]);
    expect(listBrokenRules(await system.api.post(`/v1/users/${from}/reassignment`, { to: randomUUID() }))).toEqual([
      'assignee unknown_reference',
    ]);
  });

  test('a cover has the work for its days, and then it is its owner’s again', async () => {
    const [owner, cover] = [await user(), await user()];
    const [one] = await applications({});
    await assign(one!, owner);
    const path = `/v1/users/${owner}/covers`;
    await system.api.make(path, { coveredBy: cover, fromOn: daysAgo(9), untilOn: daysAgo(5) });
    expect(idsOf(await queue({ assignee: owner }))).toEqual([one!.id]);
    const { id } = await system.api.make(path, { coveredBy: cover, fromOn: TODAY, untilOn: daysAhead(5) });
    expect(await queue({ assignee: cover })).toMatchObject([{ assignee: owner, coveredBy: cover }]);
    expect(await queue({ assignee: owner })).toEqual([]);
    const overlapping = { coveredBy: cover, fromOn: daysAhead(5), untilOn: daysAhead(8) };
    expect(readProblemType(await system.api.post(path, overlapping))).toBe('covered_already');
    expect((await system.api.get(path)).body.items).toMatchObject([{ id }]);
    expect((await system.api.call('DELETE', `${path}/${id}`)).status).toBe(204);
    expect(idsOf(await queue({ assignee: owner }))).toEqual([one!.id]);
    const bad = { coveredBy: owner, fromOn: daysAhead(5), untilOn: TODAY };
    expect(listBrokenRules(await system.api.post(path, bad))).toEqual(['untilOn order']);
    expect(listBrokenRules(await system.api.post(path, { ...bad, untilOn: daysAhead(6) }))).toEqual([
      'substitute somebody_else',
    ]);
  });
});

describe('one act', () => {
  /** Several applications of one provider, each to another payer. */
  async function several(): Promise<OpenApplication[]> {
    const filed = await system.file({ attested: false });
    const payers = [filed.payerId, await system.payer(), await system.payer()];
    return Promise.all(payers.map((payerId) => system.open({ ...filed, payerId })));
  }

  test('one attestation is one item, whatever waits for it, and then each application has its own', async () => {
    const all = await several();
    const { clientId, providerId } = all[0]!.filed;
    const [item, ...others] = await queue({ clientId });
    expect(others).toEqual([]);
    expect(item).toMatchObject({ purpose: 'obtain_attestation' });
    expect([item!.applicationId, ...item!.alsoFor].toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    expect((await system.api.get(`/v1/work-queue/load?clientId=${clientId}`)).body.items).toMatchObject([{ items: 1 }]);
    expect(await queue({ applicationId: all[1]!.id })).toMatchObject([{ applicationId: all[1]!.id, alsoFor: [] }]);
    await system.api.make(`/v1/providers/${providerId}/attestations`, { attestedOn: TODAY, source: 'caqh' });
    const submits = async () => (await queue({ clientId })).filter(({ purpose }) => purpose === 'submit');
    await eventually(async () => (await submits()).length === 3);
    expect((await queue({ clientId })).map(({ alsoFor }) => alsoFor)).toEqual([[], [], []]);
  });

  test('is snoozed as one', async () => {
    const all = await several();
    const { clientId } = all[0]!.filed;
    const body = { purpose: 'obtain_attestation', reason: 'on leave', until: daysAhead(3) };
    expect((await system.api.post(`${all[1]!.path}/snooze`, body)).status).toBe(200);
    expect(await queue({ clientId })).toEqual([]);
    const [hidden, ...others] = await queue({ clientId, snoozed: 'true' });
    expect([hidden!.alsoFor.length, others]).toEqual([2, []]);
  });

  test('one entry in the file is one item too', async () => {
    const filed = await system.file();
    await system.api.patch(`/v1/providers/${filed.providerId}`, { malpractice: null });
    for (const payerId of [filed.payerId, await system.payer()]) await system.open({ ...filed, payerId });
    expect(await queue({ clientId: filed.clientId })).toMatchObject([
      { purpose: 'prepare', do: expect.any(String), alsoFor: [expect.any(String)] },
    ]);
  });
});

describe('a contact with a provider', () => {
  test('is logged with the day, the channel, what came of it, and which applications it was about', async () => {
    const application = await system.at('awaiting_attestation');
    const { providerId, clientId } = application.filed;
    const path = `/v1/providers/${providerId}/contacts`;
    const said = {
      on: TODAY,
      channel: 'phone',
      outcome: 'message_left',
      applicationIds: [application.id],
      notes: 'Please attest by Friday.',
    };
    const made = await system.api.post(path, said);
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ ...said, providerId, clientId })]);
    await system.api.make(path, { on: daysAgo(1), channel: 'email', outcome: 'reached' });
    expect((await system.api.get(`${path}?applicationId=${application.id}`)).body.items).toEqual([made.body]);
    expect((await system.api.get(path)).body.items).toHaveLength(2);
    // it settles nothing
    expect(await queue({ applicationId: application.id })).toMatchObject([{ purpose: 'obtain_attestation' }]);
    const stranger = await system.at('awaiting_attestation');
    expect(listBrokenRules(await system.api.post(path, { ...said, applicationIds: [stranger.id] }))).toEqual([
      'applicationIds.0 unknown_reference',
    ]);
    const theirs = { key: await system.api.keyOf('client', [clientId]) };
    expect((await system.api.get(path, theirs)).status).toBe(403);
  });
});

describe('a snooze', () => {
  const snooze = (application: OpenApplication, body: object) =>
    system.api.post(`${application.path}/snooze`, { purpose: 'obtain_attestation', reason: 'on leave', ...body });

  test('hides the item until its day, and not what comes after it', async () => {
    const [application] = await applications({});
    const { clientId, providerId } = application!.filed;
    expect((await snooze(application!, { until: daysAhead(7) })).status).toBe(200);
    expect(await queue({ clientId })).toEqual([]);
    expect(await queue({ clientId, snoozed: 'true' })).toMatchObject([{ snoozedUntil: daysAhead(7) }]);
    await system.api.make(`/v1/providers/${providerId}/attestations`, { attestedOn: TODAY, source: 'caqh' });
    await eventually(async () => (await queue({ clientId }))[0]?.purpose === 'submit');
  });

  test('ends with news on what is asked, and with nothing else', async () => {
    const asked = await system.at('in_review');
    await asked.contact('information_requested', { missingItems: ['W-9'] });
    const hidden = async ({ id }: OpenApplication) => (await queue({ applicationId: id, snoozed: 'true' })).length;
    const until = daysAhead(3);
    const hide = async (application: OpenApplication, purpose: string) => {
      expect((await snooze(application, { purpose, until })).status).toBe(200);
      expect(await hidden(application)).toBe(1);
    };
    await hide(asked, 'provide_information');
    await asked.act('notes', { text: 'on leave', visibility: 'internal' });
    await asked.contact('no_answer');
    expect(await hidden(asked)).toBe(1);
    await asked.contact('information_requested', { missingItems: ['Diploma'] });
    expect(await hidden(asked)).toBe(0);
    expect(await queue({ applicationId: asked.id })).toMatchObject([{ purpose: 'provide_information' }]);
    await hide(asked, 'provide_information');
    await asked.act('information', { providedOn: TODAY, items: ['W-9'] });
    expect(await hidden(asked)).toBe(0);
  });

  test('of facts ends with a dispute', async () => {
    const approved = await system.at('approved', { playbook: { confirmationChase: { seconds: 1 } } });
    await approved.confirm('effectiveDate');
    await eventually(async () => (await queue({ applicationId: approved.id }))[0]?.purpose === 'confirm_facts');
    expect((await snooze(approved, { purpose: 'confirm_facts', until: daysAhead(3) })).status).toBe(200);
    expect(await queue({ applicationId: approved.id })).toEqual([]);
    await approved.confirm('effectiveDate', { value: '2026-01-02' });
    await eventually(async () => (await queue({ applicationId: approved.id }))[0]?.purpose === 'confirm_facts');
  });

  test('has a reason, a limit and something to hide', async () => {
    const [application] = await applications({});
    const limits = [daysAgo(1), daysAhead(20)].map((until) => snooze(application!, { until }));
    expect((await Promise.all(limits)).map(listBrokenRules)).toEqual([['until in_future'], ['until too_far']]);
    expect(listBrokenRules(await snooze(application!, { until: daysAhead(2), reason: undefined }))).toEqual([
      'reason required',
    ]);
    expect(readProblemType(await snooze(application!, { until: daysAhead(2), purpose: 'submit' }))).toBe(
      'no_such_item',
    );
    const playbook = { informationDeadline: { days: 4 } };
    const pressed = await system.at('in_review', { playbook });
    await pressed.contact('information_requested', { missingItems: ['W-9'] });
    const past = await snooze(pressed, { purpose: 'provide_information', until: daysAhead(8) });
    expect(listBrokenRules(past)).toEqual(['until past_deadline']);
  });
});

test('the lead sees whose day is too full, and what nobody has', async () => {
  const team = randomUUID();
  const dana = await user({ team, capacity: 2, name: 'Dana' });
  const kim = await user({ team, name: 'Kim' });
  const all = await applications({}, {}, {}, {}, {});
  const { clientId } = all[0]!.filed;
  for (const one of all.slice(0, 3)) await assign(one, dana);
  await assign(all[3]!, kim);
  const { body } = await system.api.get(`/v1/work-queue/load?clientId=${clientId}`);
  expect(body.items).toMatchObject([
    { assignee: dana, capacity: 2, items: 3, notReached: 1 },
    ...[kim, null].map((assignee) => ({ assignee, items: 1, notReached: null })),
  ]);
  await system.api.patch(`/v1/users/${dana}`, { capacity: 3 });
  const after = (await system.api.get(`/v1/work-queue/load?team=${team}`)).body.items;
  expect(after.find((one: { assignee: string }) => one.assignee === dana)).toMatchObject({ notReached: 0 });
});

test('a day’s list fits the day, and what won’t be reached is there to see', async () => {
  const team = randomUUID();
  const dana = await user({ team, capacity: 2 });
  const all = await applications({}, { monthlyValue: 50 }, { neededBy: daysAhead(3) });
  const [plain, rich, needed] = all as [OpenApplication, OpenApplication, OpenApplication];
  for (const one of all) await assign(one, dana);
  expect(idsOf(await queue({ assignee: dana, today: 'true' }))).toEqual([needed.id, rich.id]);
  expect(idsOf(await queue({ team, today: 'false' }))).toEqual([plain.id]);
  const [group] = await queue({ team, today: 'true', groupBy: 'payer' });
  expect(Object.keys(group!.items[0])).not.toContain('worker');
  const { clientId } = plain.filed;
  expect(listBrokenRules(await system.api.get(`/v1/work-queue?today=true&clientId=${clientId}`))).toEqual([
    'clientId whole_day',
  ]);
});

test('whom to call in which state is with the payer’s group, with hours and what to ask', async () => {
  const phone = { purpose: 'status', phone: '1-800-555-0100', ivrPath: '2, 1' };
  const playbook = {
    contacts: [phone],
    callHours: { timeZone: 'America/New_York', from: '08:00', to: '17:00' },
    questions: ['Has it been loaded?'],
    variants: [{ state: 'TX', contacts: [{ purpose: 'status', phone: '1-800-555-0199' }] }],
  };
  const payerId = await system.payer(playbook);
  await system.open(await system.file({ payerId, attested: false }));
  const [group] = await queue({ payerId, groupBy: 'payer' });
  expect(group).toMatchObject({
    payerId,
    contacts: [phone, { state: 'TX', phone: '1-800-555-0199' }],
    callHours: { from: '08:00' },
    questions: ['Has it been loaded?'],
  });
});

test('one call about more than the payer takes: the rest stays due, and is reported so', async () => {
  const playbook = { maxPerCall: 2, confirmReceiptAfter: { seconds: 1 } };
  const payerId = await system.payer(playbook);
  const three = await Promise.all(
    [1, 2, 3].map(async () => system.at('submitted', { filed: await system.file({ payerId }) })),
  );
  await eventually(async () => (await queue({ payerId })).length === 3);
  const call = {
    payerId,
    channel: 'phone',
    rep: 'Dana',
    applications: three.map(({ id }) => ({ id, outcome: 'received' })),
  };
  const { items } = (await system.api.post('/v1/contacts', call)).body;
  expect(items.map(({ status }: { status: number }) => status)).toEqual([200, 200, 409]);
  expect(items[2].problem.type).toMatch(/beyond_max_per_call$/);
  expect(idsOf(await queue({ payerId }))).toEqual([three[2]!.id]);
});

test('how many a call takes is the most specific word of the playbook, and what is another payer’s takes no place', async () => {
  const payerId = await system.payer({ maxPerCall: 1, variants: [{ state: 'NY', maxPerCall: 3 }] });
  const of = async (more: object, payer = payerId) =>
    (await system.open(await system.file({ payerId: payer }), more)).id;
  const adopt = { stage: 'submitted' };
  const ids = [
    await of({ adopt }, await system.payer()),
    await of({ adopt }),
    await of({ adopt }),
    await of({ adopt, state: 'NY' }),
    await of({ adopt, state: 'NY' }),
  ];
  const call = (channel: string) => ({
    payerId,
    channel,
    applications: ids.map((id) => ({ id, outcome: 'received' })),
  });
  const statuses = async (channel: string) =>
    (await system.api.post('/v1/contacts', call(channel))).body.items.map(({ status }: { status: number }) => status);
  expect(await statuses('phone')).toEqual([400, 200, 409, 200, 409]);
  expect(await statuses('email')).toEqual([400, 200, 200, 200, 200]);
});

describe('a calendar feed', () => {
  test('has what its user has, each act once and in words, at an address that only its owner knows', async () => {
    const dana = await user();
    const filed = await system.file({ attested: false });
    for (const payerId of [filed.payerId, await system.payer()])
      await assign(await system.open({ ...filed, payerId }), dana);
    const made = await system.api.post(`/v1/users/${dana}/calendar-feed`, undefined);
    const feed = await system.api.get(made.body.url, { key: '' });
    expect(feed.headers.get('content-type')).toMatch(/^text\/calendar/);
    expect(feed.body).toMatch(/^BEGIN:VCALENDAR/);
    expect(feed.body).toContain('SUMMARY:get the attestation');
    expect(feed.body.match(/BEGIN:VEVENT/g)).toHaveLength(1);

    const renewed = await system.api.post(`/v1/users/${dana}/calendar-feed`, undefined);
    expect((await system.api.get(made.body.url, { key: '' })).status).toBe(404);
    expect((await system.api.get(renewed.body.url, { key: '' })).status).toBe(200);
    expect((await system.api.get(`/calendar/${'x'.repeat(43)}.ics`, { key: '' })).status).toBe(404);
  });
});

describe('a call sheet', () => {
  test('has all that the payer will ask for, and what is to be done in words', async () => {
    const playbook = {
      contacts: [{ purpose: 'status', phone: '1-800-555-0100', ivrPath: '2, 1' }],
      callerVerification: ['the last four digits of the TIN'],
    };
    const filed = await system.file({ playbook });
    const application = await system.at('ready_to_submit', { filed });
    await application.submit({ referenceNumber: 'REF-1' });
    await application.contact('information_requested', { rep: 'Dana', referenceNumber: 'C-7', missingItems: ['W-9'] });
    await application.contact('no_answer');
    const path = `/v1/payers/${filed.payerId}/call-sheet`;
    const sheet = (await system.api.get(path)).body;
    expect(sheet).toMatchObject({ payerId: filed.payerId, ...playbook, count: 1 });
    const { practice, provider } = {
      practice: (await system.api.get(`/v1/practices/${filed.practiceId}`)).body,
      provider: (await system.api.get(`/v1/providers/${filed.providerId}`)).body,
    };
    expect(sheet.applications).toMatchObject([
      {
        applicationId: application.id,
        providerName: `${provider.firstName} ${provider.lastName}`,
        providerNpi: provider.npi,
        practiceName: practice.legalName,
        tinLast4: practice.tin.last4,
        submittedOn: TODAY,
        referenceNumber: 'REF-1',
        outstandingItems: ['W-9'],
        lastContact: { outcome: 'information_requested', rep: 'Dana', referenceNumber: 'C-7' },
        items: [{ purpose: 'provide_information', do: 'send what the payer asked for' }],
      },
    ]);
    expect((await queue({ applicationId: application.id }))[0]!.do).toBe('send what the payer asked for');

    const printed = await system.api.get(`${path}?format=pdf`);
    expect([printed.status, printed.headers.get('content-type'), printed.body.slice(0, 5)]).toEqual([
      200,
      'application/pdf',
      '%PDF-',
    ]);
  });

  test('is a caller’s own clients’ only, and empty where nothing is due', async () => {
    const filed = await system.file();
    const application = await system.at('in_review', { filed });
    await application.contact('information_requested', { missingItems: ['W-9'] });
    const path = `/v1/payers/${filed.payerId}/call-sheet`;
    const key = await system.api.keyOf('specialist', [(await system.file()).clientId]);
    expect((await system.api.get(path, { key })).body).toMatchObject({ count: 0, applications: [] });
    expect((await system.api.get(path, { key: await system.api.keyOf('client', [filed.clientId]) })).status).toBe(403);
  });
});
