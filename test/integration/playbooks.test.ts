import { randomUUID } from 'node:crypto';
import { STARTER_SET } from '../../domain/registry/starter-set';
import { playbook } from '../../api/registry/playbook-schemas';
import type { Playbook } from '../../domain/registry/playbook';
import { listBrokenRules } from '../support/api';
import { daysAgo, daysAhead, System, TODAY } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

test('the third application that a payer returns within 30 days marks its playbook as suspect, and a lead is notified', async () => {
  const lead = (await system.api.make('/v1/users', { name: 'Lea', email: `${randomUUID()}@example.org`, role: 'lead' }))
    .id;
  const filed = await system.file();
  const { payerId } = filed;
  const payer = async () => (await system.api.get(`/v1/payers/${payerId}`)).body;
  const tasks = async () =>
    (await system.api.get(`/v1/tasks?kind=playbook_suspect&subjectId=${payerId}&open=true`)).body.items;
  const submitted = await system.at('submitted', { filed });
  const sendBack = async () => {
    await submitted.contact('returned');
    await submitted.submit();
  };
  for (const _ of [1, 2]) await sendBack();
  expect([(await payer()).playbookSuspectSince, await tasks()]).toEqual([null, []]);
  await sendBack();
  expect((await payer()).playbookSuspectSince).not.toBeNull();
  const [task] = await tasks();
  expect(task).toMatchObject({ subjectType: 'payer', subjectId: payerId, data: { returned: 3 } });
  expect(
    await system.api.deps
      .sql`select recipient_id from messages where template = 'playbook_suspect' and application_id = ${submitted.id}`,
  ).toEqual([{ recipientId: task.assignee }]);
  expect(task.assignee).toBe(lead);
  await sendBack();
  expect(await tasks()).toHaveLength(1);

  const { playbook } = await payer();
  await system.api.patch(`/v1/payers/${payerId}`, { playbook });
  expect([(await payer()).playbookSuspectSince, await tasks()]).toEqual([null, []]);
  await sendBack();
  expect(await tasks()).toEqual([]);
});

describe('a playbook as it works', () => {
  const PLAYBOOK: Playbook = {
    followUpEvery: { businessDays: 7 },
    callHours: { timeZone: 'America/Chicago', from: '08:00', to: '17:00' },
    variants: [{ state: 'TX', followUpEvery: { businessDays: 3 } }],
  };

  test('is read with its defaults, for a state, kind and line of business', async () => {
    const payerId = await system.payer(PLAYBOOK);
    const read = async (query: string) => (await system.api.get(`/v1/payers/${payerId}/playbook?${query}`)).body;
    expect(await read('state=CA')).toMatchObject({
      payerId,
      version: 1,
      kind: 'new_individual',
      lineOfBusiness: 'commercial',
      overrides: ['callHours', 'followUpEvery'],
      playbook: {
        followUpEvery: { businessDays: 7 },
        escalateAfter: { businessDays: 10 },
        requires: expect.arrayContaining(['caqh_id']),
        earliestInquiry: null,
        callHours: PLAYBOOK.callHours,
        closures: [],
      },
    });
    expect((await read('state=TX')).playbook.followUpEvery).toEqual({ businessDays: 3 });
    const group = await read('state=CA&kind=new_group');
    expect(group.playbook).toMatchObject({
      requiresCaqh: false,
      requires: ['npi', 'practice_tin', 'practice_address'],
    });
    expect(listBrokenRules(await system.api.get(`/v1/payers/${payerId}/playbook`))).toEqual(['state required']);
  });

  test('of an application is the version that it began with', async () => {
    const filed = await system.file({ playbook: PLAYBOOK });
    const { path } = await system.open(filed);
    await system.api.patch(`/v1/payers/${filed.payerId}`, { playbook: { followUpEvery: { businessDays: 1 } } });
    expect((await system.api.get(`${path}/playbook`)).body).toMatchObject({
      version: 1,
      playbook: { followUpEvery: { businessDays: 7 } },
    });
    expect((await system.api.get(`/v1/payers/${filed.payerId}/playbook?state=CA`)).body.version).toBe(2);
    const theirs = { key: await system.api.keyOf('client', [filed.clientId]) };
    expect((await system.api.get(`${path}/playbook`, theirs)).status).toBe(403);
  });
});

describe('the starter set', () => {
  test('keeps the rules of playbooks, and says of every fact where it is from', () => {
    for (const { name, playbook: own } of STARTER_SET) {
      expect([name, playbook.safeParse(own).error]).toEqual([name, undefined]);
      for (const part of [own, ...(own.variants ?? [])]) {
        const {
          sources = {},
          variants: _,
          state: _s,
          kind: _k,
          lineOfBusiness: _l,
          ...facts
        } = part as typeof own & Record<string, unknown>;
        expect([name, Object.keys(sources).sort()]).toEqual([name, Object.keys(facts).sort()]);
        for (const { source, asOf } of Object.values(sources))
          expect([source.startsWith('guidance: '), asOf <= TODAY]).toEqual([true, true]);
      }
    }
    expect(STARTER_SET).toHaveLength(10);
  });

  test('is added once, and what the operator made of a payer stays', async () => {
    const add = async () => (await system.api.post('/v1/payers/starter-set', {})).body.items;
    const first = await add();
    expect(first.map(({ created }: { created: boolean }) => created)).toEqual(STARTER_SET.map(() => true));
    await system.api.patch(`/v1/payers/${first[0].id}`, { playbook: { followUpEvery: { businessDays: 3 } } });
    expect(await add()).toEqual(first.map((item: object) => ({ ...item, created: false })));
    expect((await system.api.get(`/v1/payers/${first[0].id}`)).body.playbook).toEqual({
      followUpEvery: { businessDays: 3 },
    });
  });
});

describe('a playbook', () => {
  const put = async (body: object) =>
    system.api.post('/v1/payers', { name: `P ${JSON.stringify(body).length}`, electronicPayerIds: [], playbook: body });

  test('names what is wrong in its variants and closures', async () => {
    const reply = await put({
      closures: [{ from: '2026-12-24', to: '2026-12-20' }],
      variants: [{ followUpEvery: { days: 3 } }, { state: 'XX' }, { kind: 'new_group', followUpEvery: { days: 0 } }],
    });
    expect(listBrokenRules(reply).sort()).toEqual([
      'playbook.closures.0.to order',
      'playbook.variants.0 names_a_scope',
      'playbook.variants.1.state one_of',
      'playbook.variants.2.followUpEvery duration',
    ]);
  });

  test('its variant for the state is what an application lives by', async () => {
    const variants = [{ state: 'CA', requiresCaqh: false }];
    const filed = await system.file({ playbook: { variants }, attested: false });
    expect((await (await system.open(filed)).get()).stage).toBe('ready_to_submit');
    expect((await (await system.open(filed, { state: 'NY' })).get()).stage).toBe('preparing');
  });
});

describe('a migration', () => {
  test('says what would change for each, then moves each by its workflow, once; closed ones stay', async () => {
    const payerId = await system.payer({ followUpEvery: { businessDays: 10 } });
    const [running, waiting, closed] = await Promise.all(
      (['in_review', 'ready_to_submit', 'withdrawn'] as const).map(async (stage) =>
        system.at(stage, { filed: await system.file({ payerId }) }),
      ),
    );
    const playbook = {
      followUpEvery: { businessDays: 2 },
      requires: ['npi', 'portal_access'],
      trackOrder: 'contracting_first',
    };
    await system.api.patch(`/v1/payers/${payerId}`, { playbook });
    const path = `/v1/payers/${payerId}/playbook-migrations`;
    const before = await running!.get();
    const preview = (await system.api.post(path, {})).body.items;
    expect(preview.map(({ id }: { id: string }) => id).sort()).toEqual([running!.id, waiting!.id].sort());
    const own = preview.find(({ id }: { id: string }) => id === running!.id);
    expect(own).toMatchObject({ playbookVersion: { from: 1, to: 2 }, newlyUnmet: ['portal_access'] });
    expect(own.stage).toEqual({ from: 'in_review', to: 'in_review' });
    expect(preview.find(({ id }: { id: string }) => id === waiting!.id).stage.to).toBe('preparing');
    expect(own.nextFollowUpAt.from).toBe(before.nextFollowUpAt);
    expect(own.nextFollowUpAt.to < before.nextFollowUpAt).toBe(true);
    expect(await running!.get()).toMatchObject({ version: before.version, playbookVersion: 1 });

    const moved = (await system.api.post(path, { preview: false })).body.items;
    expect(moved.map(({ status }: { status: number }) => status)).toEqual([200, 200]);
    const after = await running!.get();
    expect(after).toMatchObject({ playbookVersion: 2, nextFollowUpAt: own.nextFollowUpAt.to });
    expect([before, after].map(({ tracks }) => tracks.contracting.waitingOn)).toEqual(['nobody', 'payer']);
    expect(after.blockers).toMatchObject([{ code: 'portal_access' }]);
    expect(after.allowedActions).not.toContain('playbook-migration');
    expect((await waiting!.get()).stage).toBe('preparing');
    expect((await closed!.get()).playbookVersion).toBe(1);
    expect((await running!.timeline()).filter(({ kind }) => kind === 'playbook')).toHaveLength(1);
    expect((await system.api.post(path, { preview: false })).body.items).toEqual([]);
  });
});

test('a migration moves a participation that goes on: its looks come by the new rules; one that has ended stays', async () => {
  const payerId = await system.payer({ directoryEvery: { days: 90 } });
  const [running, ended] = await Promise.all(
    [1, 2].map(async () => system.at('confirmed', { filed: await system.file({ payerId }) })),
  );
  await ended!.act('participation-end', { on: daysAgo(1), reason: 'moved', source: 'letter', reference: 'T' });
  await running!.act('directory', { status: 'listed', seenOn: TODAY, source: 'portal', reference: 'page' });
  const before = (await running!.get()).participation.followUps.directory.nextFollowUpAt;
  await system.api.patch(`/v1/payers/${payerId}`, { playbook: { directoryEvery: { days: 30 } } });
  const path = `/v1/payers/${payerId}/playbook-migrations`;
  expect((await system.api.post(path, {})).body.items).toMatchObject([{ id: running!.id, newlyUnmet: [] }]);
  expect((await system.api.post(path, { preview: false })).body.items).toMatchObject([{ status: 200 }]);
  const after = await running!.get();
  expect(after).toMatchObject({ playbookVersion: 2, stage: 'confirmed' });
  expect(after.participation.followUps.directory.nextFollowUpAt < before).toBe(true);
  expect(await running!.readiness()).toMatchObject({ mayBill: true });
});

describe('a statutory clock', () => {
  test('starts with the evidence of a complete receipt, stops with a request, and is nobody’s for Medicare', async () => {
    const application = await system.at('submitted');
    expect((await application.get()).statutory).toBeNull();
    expect((await application.contact('received')).statutory).toBeNull();
    expect((await application.contact('in_review', { channel: 'phone', rep: 'Dana' })).statutory).toBeNull();
    const { statutory } = await application.contact('received', { completeOn: daysAgo(3) });
    expect(statutory).toMatchObject({ state: 'CA', days: 60, citation: expect.stringContaining('10144') });
    expect([statutory.from, statutory.dueOn]).toEqual([daysAgo(3), daysAhead(57)]);
    const asked = await application.contact('information_requested', { missingItems: ['W-9'] });
    expect(asked.statutory).toBeNull();
    const medicare = await system.open(await system.file(), {
      lineOfBusiness: 'medicare',
      adopt: { stage: 'submitted' },
    });
    expect((await medicare.contact('in_review')).statutory).toBeNull();
  });
});
