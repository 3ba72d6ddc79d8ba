import { randomUUID } from 'node:crypto';
import { importList, OPERATOR_ID } from '../../record/screening/exclusions';
import { addDays } from '../../domain/time/dates';
import { requestRoster, listRosterRequests } from '../../record/sources/caqh-roster';
import { setServices } from '../../record/sources/lookups';
import { findProvider } from '../../record/registry/providers';
import { eventually } from '../support/eventually';
import { createBook, type Book } from '../support/file';
import type { Life } from '../support/lives';
import {
  waitForAnswer,
  askCaqh,
  createKnownPerson,
  lives,
  PRINCIPAL,
  registry,
  readRegistryState,
  theirs,
  useLivesWithRegistries,
} from '../support/registries';

useLivesWithRegistries();
/** Stops the asking about people of other tests while months pass. */
const turnOff = (...services: ('caqh' | 'nppes')[]) =>
  setServices(lives.sql, Object.fromEntries(services.map((name) => [name, { mode: 'off' as const, name }])));
const statusCalls = () => theirs.calls.filter(({ path }) => path.includes('providerstatus'));

/** An application whose provider has not attested, as far as we know. */
async function waiting(): Promise<Life> {
  const life = await lives.open();
  expect((await life.state()).stage).toBe('awaiting_attestation');
  return life;
}

describe('CAQH’s word', () => {
  test('on an attestation moves the application on, and is asked for weekly', async () => {
    const life = await waiting();
    await createKnownPerson(life.book);
    await askCaqh(life.book.personId);
    await waitForAnswer(life.book, 'caqh', 'current');
    await lives.dispatch.notifyFileChanged(life.id);
    await eventually(async () => (await life.state()).stage === 'ready_to_submit');
    const [attestation] = await lives.sql<{ source: string; recordedBy: object }[]>`
      select source, recorded_by from attestations where person_id = ${life.book.personId}`;
    expect(attestation).toMatchObject({ source: 'caqh', recordedBy: { type: 'system', id: 'caqh' } });
    await lives.env.sleep('60 days');
    const calls = statusCalls().length;
    expect(calls).toBeGreaterThanOrEqual(8);
    expect(calls).toBeLessThanOrEqual(10);
    expect(await lives.sql`select from attestations where person_id = ${life.book.personId}`).toHaveLength(1);
  });

  test('that the provider took the authorisation back blocks what runs, until it is given again', async () => {
    const life = await lives.open({ attestedDaysAgo: 5, adopt: { stage: 'in_review' } });
    const provider = await createKnownPerson(life.book, { authorizationFlag: 'N' });
    await askCaqh(life.book.personId);
    await waitForAnswer(life.book, 'caqh', 'not_authorised');
    await lives.dispatch.notifyFileChanged(life.id);
    await eventually(async () => (await life.state()).blockers[0]?.code === 'attestation_not_authorised');
    expect((await life.state()).stage).toBe('in_review');
    Object.assign(provider, { authorizationFlag: 'Y' });
    await lives.env.sleep('2 days');
    await waitForAnswer(life.book, 'caqh', 'current');
    await lives.dispatch.notifyFileChanged(life.id);
    await eventually(async () => (await life.state()).blockers.length === 0);
  });

  test('of an attestation that nobody can pull yet is not taken for one', async () => {
    const life = await waiting();
    const provider = await createKnownPerson(life.book, { profile: 294 });
    await askCaqh(life.book.personId);
    await waitForAnswer(life.book, 'caqh', 'not_current');
    expect(await lives.sql`select from attestations where person_id = ${life.book.personId}`).toHaveLength(0);
    Object.assign(provider, { profile: 200 });
    await lives.env.sleep('2 days');
    await waitForAnswer(life.book, 'caqh', 'current');
    expect(await lives.sql`select from attestations where person_id = ${life.book.personId}`).toHaveLength(1);
  });

  test('in undocumented words is kept as it is', async () => {
    const on = await createBook(lives.sql);
    await createKnownPerson(on, { providerStatus: 'Something New' });
    await askCaqh(on.personId);
    await waitForAnswer(on, 'caqh', 'unknown');
    expect((await readRegistryState(on)).caqh.said).toMatchObject({ providerStatus: 'Something New' });
  });

  test('that the provider is not on the roster is shown; asked to, we have them added, in a batch that takes its time', async () => {
    const on = await createBook(lives.sql);
    const { caqhId } = await createKnownPerson(on, { rosterStatus: 'NOT ON ROSTER' });
    theirs.pending = 2;
    await askCaqh(on.personId);
    await waitForAnswer(on, 'caqh', 'not_on_roster');
    const provider = (await findProvider(lives.sql, PRINCIPAL, on.providerId))!;
    const request = await requestRoster(lives.sql, PRINCIPAL, randomUUID(), provider, caqhId);
    expect((await requestRoster(lives.sql, PRINCIPAL, randomUUID(), provider, caqhId)).id).toBe(request.id);
    await askCaqh(on.personId);
    await lives.env.sleep('4 hours');
    await waitForAnswer(on, 'caqh', 'current');
    const [row] = await lives.sql`select status, exception from caqh_roster_requests where id = ${request.id}`;
    expect(row).toEqual({ status: 'added', exception: null });
    const roster = theirs.calls.filter(({ path }) => path === '/RosterAPI/API/Roster');
    expect(roster.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET']);
    theirs.pending = 0;
  });
});

describe('scenario 7: the last client that has a person ends', () => {
  /** A person on the roster, at two clients. */
  async function atTwo() {
    const on = await createBook(lives.sql);
    const other = await createBook(lives.sql);
    await lives.sql`update providers set person_id = ${on.personId}, caqh_id = null where id = ${other.providerId}`;
    const provider = await createKnownPerson(on);
    await askCaqh(on.personId);
    await waitForAnswer(on, 'caqh', 'current');
    return { on, other, provider };
  }
  const end = (providerId: string, on: string | null) =>
    lives.sql`update providers set ended_on = ${on} where id = ${providerId}`;
  /** A last day that is over in the client's zone too, whatever hour it is. */
  const overDay = async () => addDays(await lives.today(), -2);
  const requests = (personId: string) => lives.sql<
    { kind: string; status: string; clientId: string | null; tries: number }[]
  >`
    select kind, status, client_id, tries from caqh_roster_requests where person_id = ${personId} order by created_at`;
  const removals = ({ caqhId }: { caqhId: string }) =>
    theirs.calls.filter(
      ({ path, body }) =>
        path === '/RosterAPI/API/Deroster' && (body as { caqh_provider_id: string }[])[0]!.caqh_provider_id === caqhId,
    );

  test('they are taken off the operator’s roster, politely while CAQH is away, and not asked about again', async () => {
    const { on, other, provider } = await atTwo();
    await lives.dispatch.notifyWatch('nppesRecord', on.personId);
    await waitForAnswer(on, 'nppes', 'not_found');
    await end(on.providerId, await overDay());
    await lives.env.sleep('10 days');
    expect(await requests(on.personId)).toEqual([]);
    registry.calls.length = 0;

    await end(other.providerId, await overDay());
    theirs.behaviour = 'down';
    theirs.calls.length = 0;
    await askCaqh(on.personId);
    await lives.env.sleep('3 days');
    expect(theirs.calls.length).toBeGreaterThan(0);
    expect(theirs.calls.length).toBeLessThanOrEqual(15);
    theirs.behaviour = 'answers';
    theirs.calls.length = 0;
    await lives.env.sleep('2 days');
    await eventually(async () => (await requests(on.personId))[0]?.status === 'removed');
    expect(await requests(on.personId)).toMatchObject([{ kind: 'remove', status: 'removed', clientId: null }]);
    expect(removals(provider)).toHaveLength(1);
    expect(provider).toMatchObject({ rosterStatus: 'NOT ON ROSTER' });
    // that is the operator's, and says to no client that another had the person
    const seen = (await findProvider(lives.sql, PRINCIPAL, on.providerId))!;
    expect(await listRosterRequests(lives.sql, PRINCIPAL, seen)).toHaveLength(1);
    expect(await listRosterRequests(lives.sql, { ...PRINCIPAL, clientIds: [on.clientId] }, seen)).toEqual([]);
    await lives.env.sleep('30 days');
    expect(removals(provider)).toHaveLength(1);
    expect(statusCalls().filter(({ query }) => query.NPI_Provider_Id === provider.npi)).toEqual([]);
    expect(registry.calls.filter(({ query }) => query.number === provider.npi)).toEqual([]);
  });

  test('a removal that CAQH refuses becomes a task, once', async () => {
    const { on, other, provider } = await atTwo();
    Object.assign(provider, { exception: 'Delegated elsewhere' });
    for (const { providerId } of [on, other]) await end(providerId, await overDay());
    await askCaqh(on.personId);
    await lives.env.sleep('10 days');
    expect(await requests(on.personId)).toMatchObject([{ status: 'refused' }]);
    expect(removals(provider)).toHaveLength(1);
    expect(
      await lives.sql`select client_id from tasks where kind = 'roster_removal' and subject_id = ${on.personId}`,
    ).toEqual([{ clientId: null }]);
  });

  test('who comes back before that was sent stays on it', async () => {
    const { on, other, provider } = await atTwo();
    for (const { providerId } of [on, other]) await end(providerId, await overDay());
    theirs.behaviour = 'down';
    await askCaqh(on.personId);
    await eventually(async () => (await requests(on.personId))[0]?.tries === 1);
    await end(on.providerId, null);
    theirs.behaviour = 'answers';
    await lives.env.sleep('2 days');
    expect(await requests(on.personId)).toMatchObject([{ status: 'withdrawn' }]);
    expect(provider).not.toMatchObject({ rosterStatus: 'NOT ON ROSTER' });
  });
});

describe('scenario 3: the provider’s name and address have changed', () => {
  test('an NPPES mismatch becomes a task, once; every client’s file is compared with it', async () => {
    await turnOff('caqh');
    const on = await createBook(lives.sql);
    const [{ npi }] = await lives.sql<[{ npi: string }]>`select npi from persons where id = ${on.personId}`;
    registry.records.push({
      number: Number(npi),
      firstName: 'ADA',
      lastName: 'STONE',
      address: { address_1: '9 NEW RD', city: 'BOULDER', state: 'CO', postal_code: '803010000' },
    });
    await lives.dispatch.notifyWatch('nppesRecord', on.personId);
    await waitForAnswer(on, 'nppes', 'found');
    const tasks = () => lives.sql<{ data: object; closedAt: string | null }[]>`
      select data, closed_at from tasks where subject_id = ${on.providerId} and kind = 'registry_mismatch'`;
    expect(await tasks()).toMatchObject([{ data: { codes: ['name_differs'] }, closedAt: null }]);
    await lives.env.sleep('70 days');
    expect(await tasks()).toHaveLength(1);
    expect(await lives.sql`select from registry_snapshots where person_id = ${on.personId}`).toHaveLength(1);
    await lives.sql`update providers set last_name = 'Stone' where id = ${on.providerId}`;
    await lives.env.sleep('35 days');
    await eventually(async () => (await tasks())[0]!.closedAt !== null);
  });
});

test('an NPI that is nobody’s any more, nobody’s at all or an organisation’s becomes a task, and proposes nothing', async () => {
  const npiOf = async (on: Book) =>
    (await lives.sql<{ npi: string }[]>`select npi from persons where id = ${on.personId}`)[0]!.npi;
  const codes = async ({ providerId }: Book) =>
    (
      await lives.sql`select data->'codes' as codes from tasks where subject_id = ${providerId} and closed_at is null`
    ).map((row) => row.codes);
  const record = { firstName: 'ADA', lastName: 'RIVERA' };
  const [unknown, deactivated, group] = await Promise.all([1, 2, 3].map(() => createBook(lives.sql)));
  registry.records.push(
    { ...record, number: await npiOf(deactivated!), status: 'D' },
    { ...record, number: await npiOf(group!), enumerationType: 'NPI-2' },
  );
  for (const on of [unknown, deactivated, group]) await lives.dispatch.notifyWatch('nppesRecord', on!.personId);
  await waitForAnswer(unknown!, 'nppes', 'not_found');
  await waitForAnswer(deactivated!, 'nppes', 'deactivated');
  await waitForAnswer(group!, 'nppes', 'found');
  expect([await codes(unknown!), await codes(deactivated!)]).toEqual([[['npi_not_in_force']], [['npi_not_in_force']]]);
  expect(await codes(group!)).toEqual([['npi_is_an_organisations']]);
  // it is reactivated
  registry.records.find(({ status }) => status === 'D')!.status = 'A';
  await lives.env.sleep('9 days');
  await eventually(async () => (await codes(deactivated!)).length === 0);
});

test('the month’s list of the excluded is asked for where it is late, each month once, and by nobody’s clock but its own', async () => {
  await turnOff('caqh', 'nppes');
  const tasks = () => lives.sql<{ month: string; open: boolean }[]>`
    select data->>'month' as month, closed_at is null as open from tasks where kind = 'exclusion_list' order by due_at`;
  await lives.dispatch.notifyWatch('exclusionList', OPERATOR_ID);
  await eventually(async () => (await tasks()).length === 1);
  const today = await lives.today();
  const month = `${today.slice(0, 7)}-01`;
  const entry = { listing: 'one', firstName: 'A', lastName: 'B', npi: null, state: null, excludedOn: '2026-01-01' };
  async function* rows() {
    yield { ...entry, reinstatedOn: null };
  }
  await importList(lives.sql, PRINCIPAL, randomUUID(), { month, sha256: 'a' }, rows);
  await lives.dispatch.notifyWatch('exclusionList', OPERATOR_ID);
  expect(await tasks()).toEqual([{ month, open: false }]);
  await lives.env.sleep('80 days');
  const asked = await tasks();
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(new Set(asked.map((one) => one.month)).size).toBe(asked.length);
});
