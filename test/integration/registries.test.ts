import { setServices } from '../../record/sources/lookups';
import { PROVIDER, listBrokenRules, readProblemType } from '../support/api';
import { eventually } from '../support/eventually';
import { inventNpi } from '../support/file';
import { daysAgo, System, TODAY } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const HEADER = 'CAQH Provider ID,NPI,Provider Status,Provider Status Date,Authorization Flag';

/** Takes an export with these rows. */
const take = (rows: string[], { dryRun = false, key }: { dryRun?: boolean; key?: string } = {}) =>
  system.api.call('POST', `/v1/caqh-exports?dryRun=${dryRun}`, {
    body: [HEADER, ...rows].join('\n'),
    headers: { 'Content-Type': 'text/csv' },
    ...(key && { key }),
  });
const provider = async (id: string) => (await system.api.get(`/v1/providers/${id}`)).body;

describe('an export of CAQH’s portal', () => {
  test('moves an application on; a dry run records nothing, a repetition changes nothing', async () => {
    const application = await system.at('awaiting_attestation');
    const { providerId, providerNpi } = application.filed;
    const rows = [`,${providerNpi},Re-Attestation,${daysAgo(3)},Y`, `,${inventNpi()},Expired,,`, ',12,Expired,,'];
    const rejected = [
      { line: 3, column: 'npi', rule: 'unknown_provider' },
      { line: 4, column: 'npi', rule: 'npi_check_digit' },
    ];
    expect((await take(rows, { dryRun: true })).body).toEqual({
      dryRun: true,
      total: 3,
      recorded: 1,
      unchanged: 0,
      rejected,
    });
    expect((await provider(providerId)).registries.caqh.status).toBeNull();
    expect((await take(rows)).body).toMatchObject({ recorded: 1, rejected });
    expect((await take(rows)).body).toMatchObject({ recorded: 0, unchanged: 1, rejected });
    expect(await provider(providerId)).toMatchObject({
      attestation: { attestedOn: daysAgo(3) },
      registries: { caqh: { name: 'CAQH', mode: 'manual', status: 'current', unavailableSince: null } },
    });
    await eventually(async () => (await application.get()).stage === 'ready_to_submit');
  });

  test('that is older than what is on file changes nothing and says so, whatever came in first', async () => {
    const { providerId, providerNpi } = await system.file();
    const standing = async () => (await provider(providerId)).registries.caqh.status;
    const of = (status: string, on: string) => `,${providerNpi},${status},${on},Y`;
    expect((await take([of('Re-Attestation', daysAgo(3))])).body).toMatchObject({ recorded: 1 });
    for (const on of [daysAgo(30), '']) {
      const older = (await take([of('Expired', on)])).body;
      expect(older).toMatchObject({
        recorded: 0,
        rejected: [{ line: 2, column: 'status_date', rule: 'older_than_on_file' }],
      });
      expect(await standing()).toBe('current');
    }
    const ahead = (await take([of('Expired', daysAgo(-3))])).body.rejected;
    expect(ahead).toEqual([{ line: 2, column: 'status_date', rule: 'not_in_future' }]);
    expect((await take([of('Expired', daysAgo(2))])).body).toMatchObject({ recorded: 1 });
    expect(await standing()).toBe('lapsed');
  });

  test('that one client gives stands behind a later one of every client, and before an earlier one', async () => {
    const { clientId, providerId, providerNpi } = await system.file();
    const key = await system.api.keyOf('specialist', [clientId]);
    const standing = async () => (await provider(providerId)).registries.caqh.status;
    const of = (status: string, on: string) => [`,${providerNpi},${status},${on},Y`];
    await take(of('Expired', daysAgo(10)), { key });
    expect(await standing()).toBe('lapsed');
    await take(of('Re-Attestation', daysAgo(12)));
    expect(await standing()).toBe('lapsed');
    await take(of('Re-Attestation', daysAgo(8)));
    expect(await standing()).toBe('current');
    expect((await take(of('Expired', daysAgo(9)), { key })).body.rejected).toMatchObject([
      { rule: 'older_than_on_file' },
    ]);
  });

  test('that the authorisation was taken back is a blocker until a user records another statement', async () => {
    const application = await system.at('in_review');
    const { providerId, providerNpi, payerId } = application.filed;
    await take([`,${providerNpi},Re-Attestation,${TODAY},N`]);
    await eventually(async () => (await application.get()).blockers[0]?.code === 'attestation_not_authorised');
    expect((await application.get()).stage).toBe('in_review');
    const word = { attestedOn: TODAY, source: 'provider', authorizedPayerIds: [payerId] };
    await system.api.make(`/v1/providers/${providerId}/attestations`, word);
    await eventually(async () => (await application.get()).blockers.length === 0);
  });

  test('reaches only whom the caller may see, says which columns it lacks, and who may not take it', async () => {
    const mine = await system.file();
    const key = await system.api.keyOf('specialist', [(await system.file()).clientId]);
    const rows = [`,${mine.providerNpi},Expired,,`];
    expect((await take(rows, { key })).body.rejected).toEqual([{ line: 2, column: 'npi', rule: 'unknown_provider' }]);
    const bad = { body: 'name\nx', headers: { 'Content-Type': 'text/csv' } };
    expect(listBrokenRules(await system.api.call('POST', '/v1/caqh-exports', bad))).toEqual([
      'caqh_id column',
      'status column',
      'status_date column',
    ]);
    expect((await take(rows, { key: await system.api.keyOf('auditor') })).status).toBe(403);
  });

  test('that cannot be read to its end leaves nothing on record, nor of the rows before that', async () => {
    const { providerId, providerNpi } = await system.file();
    const good = `,${providerNpi},Re-Attestation,${daysAgo(3)},Y`;
    for (const bad of [`,${inventNpi()},Exp\0ired,,`, `,${inventNpi()},"Expired,,`]) {
      const refused = await take([good, bad]);
      expect([refused.status, listBrokenRules(refused)]).toEqual([400, [' csv']]);
    }
    expect((await provider(providerId)).registries.caqh.said).toBeNull();
    const far = await take([good, `,${providerNpi},Expired,12/31/9999,`]);
    expect(far.body).toMatchObject({ recorded: 1, rejected: [{ line: 3, column: 'status_date', rule: 'date_range' }] });
  });
});

test('what a registry said is a new client’s too, without when that was: it would disclose another', async () => {
  const first = await system.file();
  await take([`,${first.providerNpi},Re-Attestation,${daysAgo(2)},Y`]);
  const other = await system.file();
  const body = { ...PROVIDER, npi: first.providerNpi };
  const { id } = await system.api.make(`/v1/clients/${other.clientId}/providers`, body);
  expect(await provider(id)).toMatchObject({
    attestation: { attestedOn: daysAgo(2) },
    registries: { caqh: { status: 'current', checkedAt: null } },
  });
  const { createdAt } = await provider(id);
  const attestations = (await system.api.get(`/v1/providers/${id}/attestations`)).body.items;
  expect(attestations).toMatchObject([{ attestedOn: daysAgo(2), source: 'caqh', recordedAt: createdAt }]);
});

describe('what NPPES proposes', () => {
  test('is put on file field by field, by a person', async () => {
    const { providerId } = await system.file();
    const path = `/v1/providers/${providerId}/proposals`;
    const snapshot = {
      source: 'nppes',
      takenOn: TODAY,
      firstName: 'ROBIN',
      lastName: 'Stone',
      taxonomyCode: '106H00000X',
      licences: [{ state: 'CA', number: '2' }],
    };
    const { items: found } = (await system.api.post(`/v1/providers/${providerId}/snapshots`, snapshot)).body;
    expect(found.map(({ code }: { code: string }) => code)).toContain('licence_differs');
    expect((await system.api.get(path)).body.items.map(({ field }: { field: string }) => field)).toEqual([
      'lastName',
      'taxonomyCode',
      'licenceNumber',
    ]);
    expect(listBrokenRules(await system.api.post(path, { source: 'nppes', fields: ['firstName'] }))).toEqual([
      'fields.0 not_proposed',
    ]);
    const stranger = { key: await system.api.keyOf('specialist', [(await system.file()).clientId]) };
    expect((await system.api.post(path, { source: 'nppes', fields: ['lastName'] }, stranger)).status).toBe(404);
    const changed = await system.api.post(path, { source: 'nppes', fields: ['lastName', 'licenceNumber'] });
    expect(changed.body).toMatchObject({
      lastName: 'Stone',
      taxonomyCode: PROVIDER.taxonomyCode,
      licences: [{ ...PROVIDER.licences[0], number: '2' }],
    });
    expect((await system.api.get(path)).body.items).toMatchObject([{ field: 'taxonomyCode' }]);
  });
});

test('the roster is asked for where CAQH is asked at all, once, and shown to the client that asked', async () => {
  const { providerId } = await system.file();
  const path = `/v1/providers/${providerId}/caqh-roster`;
  const { sql } = system.api.deps;
  expect(readProblemType(await system.api.post(path, {}))).toBe('caqh_not_asked');
  await system.stopWorker();
  await setServices(sql, { caqh: { mode: 'api', name: 'CAQH' }, nppes: { mode: 'off', name: 'NPPES' } });
  const first = await system.api.post(path, {});
  expect(first.body).toMatchObject({ status: 'queued', caqhId: PROVIDER.caqhId, exception: null });
  expect((await system.api.post(path, {})).body.id).toBe(first.body.id);
  expect((await system.api.get(path)).body.items).toHaveLength(1);
  expect((await system.api.post(path, {}, { key: await system.api.keyOf('auditor') })).status).toBe(403);
  // another client that has the person asks for itself, and neither sees the other's request
  const { clientId } = await system.file();
  const person = { ...PROVIDER, npi: (await provider(providerId)).npi };
  const twin = `/v1/providers/${(await system.api.make(`/v1/clients/${clientId}/providers`, person)).id}/caqh-roster`;
  expect((await system.api.get(twin)).body.items).toEqual([]);
  const theirs = await system.api.post(twin, {});
  expect(theirs.body).toMatchObject({ status: 'queued' });
  expect(theirs.body.id).not.toBe(first.body.id);
  expect((await system.api.get(path)).body.items).toEqual([first.body]);
  await system.api.patch(`/v1/providers/${providerId}`, { caqhId: null });
  expect(readProblemType(await system.api.post(path, {}))).toBe('caqh_id_missing');
});
