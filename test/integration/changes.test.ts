import { eventually } from '../support/eventually';
import { PRACTICE, PROVIDER } from '../support/api';
import { inventNpi } from '../support/file';
import { createAllFacts, daysAgo, System, type Filed } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const practice = ({ practiceId }: Filed) => `/v1/practices/${practiceId}`;
const changes = async (path: string) => (await system.api.get(`${path}/changes`)).body.items;
/** The change once everything that it needs has been opened. */
const opened = (path: string) =>
  eventually(async () => {
    const [change] = await changes(path);
    const open = change.affects.every(
      (one: { needs: string; openedId: string | null }) =>
        !['application', 'contract'].includes(one.needs) || one.openedId !== null,
    );
    return open ? change : null;
  });
const NEW_ADDRESS = { ...PRACTICE.address, line1: '2 Other St' };

test('awkward scenario 3: a practice moves; each participation gets a change application, once, and a follow-up notifies the payers of those under way', async () => {
  const participation = await system.at('confirmed');
  const { filed } = participation;
  const path = practice(filed);
  const submitted = await system.at('in_review', { filed: { ...filed, payerId: await system.payer() } });
  const unsent = await system.open({ ...filed, payerId: await system.payer() });
  const stranger = await system.at('confirmed');
  await system.api.patch(path, { address: NEW_ADDRESS });
  const change = await opened(path);
  expect(change).toMatchObject({ field: 'address', changedOn: expect.any(String), correction: false });
  const needs = Object.fromEntries(
    change.affects.map((one: { applicationId: string; needs: string }) => [one.applicationId, one.needs]),
  );
  expect(needs).toEqual({
    [participation.id]: 'application',
    [submitted.id]: 'tell_payer',
    [unsent.id]: 'nothing',
  });
  const made = (await system.api.get(`/v1/applications/${change.affects[0].openedId}`)).body;
  expect(made).toMatchObject({ kind: 'change', previousId: participation.id, payerId: filed.payerId, open: true });

  // the same again is no change, and another one finds the application that is open
  await system.api.patch(path, { address: NEW_ADDRESS });
  expect(await changes(path)).toHaveLength(1);
  await system.api.patch(path, { address: { ...NEW_ADDRESS, line1: '3 Third St' } });
  expect((await opened(path)).affects[0].openedId).toBe(made.id);
  expect(await changes(practice(stranger.filed))).toEqual([]);

  await eventually(async () => (await submitted.get()).blockers.length > 0);
  expect(await submitted.get()).toMatchObject({
    stage: 'in_review',
    blockers: [{ code: 'practice_address_changed' }],
    waitingOn: 'operator',
  });
  expect(await submitted.contact('other')).toMatchObject({ blockers: [{ code: 'practice_address_changed' }] });
  expect(await submitted.contact('other', { toldOfChanges: true })).toMatchObject({ blockers: [] });
});

test('another TIN takes a contract: its application wants all four facts anew, and billing readiness does not rest on the old one', async () => {
  const participation = await system.at('confirmed');
  const path = practice(participation.filed);
  const before = new Date().toISOString();
  await system.api.patch(path, { tin: { type: 'ein', value: '12-7654321' }, changedOn: daysAgo(2) });
  expect((await participation.readiness()).reasons).toContain('contract_unconfirmed');
  expect((await participation.readiness({ dateOfService: daysAgo(3) })).reasons).not.toContain('contract_unconfirmed');
  expect((await participation.readiness({ asOf: before })).reasons).not.toContain('contract_unconfirmed');
  await participation.confirm('contract', { reference: 'signed anew', reason: 'the payer assigned it to the new TIN' });
  expect((await participation.readiness()).reasons).not.toContain('contract_unconfirmed');
  const change = await opened(path);
  expect(change).toMatchObject({ field: 'tin', affects: [{ needs: 'contract' }] });
  const made = (await system.api.get(`/v1/applications/${change.affects[0].openedId}`)).body;
  expect(made).toMatchObject({ kind: 'add_tin_or_location', missingFacts: expect.arrayContaining(['contract']) });
});

test('Medicare is notified within 30 days; a payer that wants a notice or nothing gets no application', async () => {
  const medicare = await system.file();
  const confirmations = createAllFacts();
  await system.open(medicare, { lineOfBusiness: 'medicare', adopt: { stage: 'confirmed', confirmations } });
  await system.api.patch(`/v1/providers/${medicare.providerId}`, { lastName: 'Married', changedOn: daysAgo(10) });
  const change = await opened(`/v1/providers/${medicare.providerId}`);
  const dueOn = new Date(Date.parse(daysAgo(10)) + 30 * 86_400_000).toISOString().slice(0, 10);
  expect(change).toMatchObject({ field: 'name', affects: [{ needs: 'application', dueOn }] });
  const made = (await system.api.get(`/v1/applications/${change.affects[0].openedId}`)).body;
  expect(made.neededBy).toBe(dueOn);

  for (const [handling, needs] of [
    ['notice', 'notice'],
    ['none', 'nothing'],
  ]) {
    const { filed } = await system.at('confirmed', { playbook: { changes: { name: handling as 'notice' } } });
    await system.api.patch(practice(filed), { legalName: 'Another Name PLLC' });
    expect(await opened(practice(filed))).toMatchObject({ affects: [{ needs, openedId: null }] });
  }
});

test('a notice is in the queue until the payer was notified, by the day on which Medicare wants it', async () => {
  const filed = await system.file({ playbook: { changes: { address: 'notice' } } });
  const confirmations = createAllFacts();
  const adopt = { stage: 'confirmed', confirmations };
  const participation = await system.open(filed, { lineOfBusiness: 'medicare', adopt });
  await system.api.patch(practice(filed), { address: NEW_ADDRESS, changedOn: daysAgo(5) });
  const [item] = await eventually(async () => {
    const items = await participation.queue();
    return items.length > 0 ? items : null;
  });
  expect(item).toMatchObject({ purpose: 'tell_of_change', overdue: false });
  const [{ dueOn }] = (await opened(practice(filed))).affects;
  expect(item!.dueAt > dueOn).toBe(true);
  expect((await participation.get()).participation.untoldChanges).toEqual([
    { field: 'address', changedOn: daysAgo(5), dueOn },
  ]);
  await participation.contact('other');
  expect(await participation.queue()).toHaveLength(1);
  await participation.contact('other', { toldOfChanges: true });
  expect(await participation.queue()).toEqual([]);
  const entries = (await participation.timeline()).filter(({ kind }) => kind === 'change');
  expect(entries).toMatchObject([{ field: 'address', actor: { id: 'changes' } }]);
});

test('of a payer that takes one application for the whole practice, one is opened; a group’s agreement is named too', async () => {
  const filed = await system.file({ playbook: { changes: { perPractice: true } } });
  const member = await system.api.make(`/v1/clients/${filed.clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  const adopt = { stage: 'confirmed', confirmations: createAllFacts() };
  const group = { kind: 'new_group', providerId: undefined };
  const { contract, claimsRoute } = createAllFacts();
  await system.open(filed, { ...group, adopt: { stage: 'confirmed', confirmations: { contract, claimsRoute } } });
  await system.open(filed, { adopt });
  await system.open({ ...filed, providerId: member.id }, { adopt });
  await system.api.patch(practice(filed), { address: NEW_ADDRESS });
  const { affects } = await opened(practice(filed));
  expect(affects.map(({ standing, needs }: { standing: string; needs: string }) => [standing, needs])).toEqual([
    ['agreement', 'notice'],
    ['participating', 'application'],
    ['participating', 'application'],
  ]);
  const [none, first, second] = affects.map(({ openedId }: { openedId: string | null }) => openedId);
  expect([none, second]).toEqual([null, first]);
  const made = await system.api.get(`/v1/applications?clientId=${filed.clientId}`);
  expect(made.body.items.filter(({ kind }: { kind: string }) => kind === 'change')).toHaveLength(1);
});

test('a provider’s other name goes to the payers that got the old one', async () => {
  const submitted = await system.at('submitted');
  await system.api.patch(`/v1/providers/${submitted.filed.providerId}`, { lastName: 'Married' });
  await eventually(async () => (await submitted.get()).blockers.length > 0);
  expect(await submitted.get()).toMatchObject({
    blockers: [{ code: 'provider_name_changed' }],
    waitingOn: 'operator',
  });
});

test('a file that was merely wrong is corrected without telling anybody', async () => {
  const { filed } = await system.at('confirmed');
  await system.api.patch(practice(filed), { tin: { type: 'ein', value: '12-7654322' }, correction: true });
  expect(await changes(practice(filed))).toMatchObject([{ correction: true, affects: [{ needs: 'nothing' }] }]);
});

test('another client’s changes are not there, a bad circumstance is named, and who may not change may not', async () => {
  const { filed } = await system.at('confirmed');
  const other = { key: await system.api.keyOf('lead', [(await system.file()).clientId]) };
  expect((await system.api.get(`${practice(filed)}/changes`, other)).status).toBe(404);
  const bad = await system.api.patch(practice(filed), { legalName: 'X', changedOn: '2999-01-01' });
  expect(bad.body.errors).toMatchObject([{ path: 'changedOn' }]);
  const auditor = { key: await system.api.keyOf('auditor') };
  expect((await system.api.patch(practice(filed), { legalName: 'X' }, auditor)).status).toBe(403);
  expect((await system.api.get(`${practice(filed)}/changes`, auditor)).status).toBe(200);
});
