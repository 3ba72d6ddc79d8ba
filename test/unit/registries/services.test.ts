import { StandInCaqh } from '../../../local/stand-ins/caqh';
import { StandInLeie } from '../../../local/stand-ins/leie';
import { StandInNppes } from '../../../local/stand-ins/nppes';
import type { Behaviour } from '../../../local/stand-ins/server';
import { Caqh } from '../../../registries/caqh';
import { Leie, readLeie } from '../../../registries/leie';
import { Nppes, readRecord } from '../../../registries/nppes';

const NPI = '1234567893';
const CAQH_ID = '12345678';

let theirs: StandInCaqh;
let registry: StandInNppes;
let oig: StandInLeie;
beforeEach(async () => {
  theirs = await new StandInCaqh().listen();
  registry = await new StandInNppes().listen();
  oig = await new StandInLeie().listen();
});
afterEach(async () => {
  await theirs.stop();
  await registry.stop();
  await oig.stop();
});

// a service that never answers is not waited for
const patience = ({ behaviour }: { behaviour: Behaviour }) => (behaviour === 'slow' ? 100 : 5000);

const caqh = (more: object = {}) =>
  new Caqh({
    url: theirs.url,
    organizationId: '4321',
    username: 'operator',
    password: 'secret',
    product: 'PV',
    timeoutMs: patience(theirs),
    ...more,
  });
const nppes = () => new Nppes({ url: `${registry.url}/api/`, timeoutMs: patience(registry) });

const BAD_DAYS: [Behaviour, object][] = [
  ['down', { kind: 'unavailable' }],
  ['slow', { kind: 'unavailable', detail: 'no answer in time' }],
  ['overloaded', { kind: 'unavailable', detail: 'answered 503' }],
  ['malformed', { kind: 'nonsense', detail: 'the answer is not JSON' }],
  ['redirects', { kind: 'nonsense', detail: 'answered 302, elsewhere' }],
  ['endless', { kind: 'nonsense', detail: 'an answer of more than 1 MB' }],
  ['unauthorised', { kind: 'unauthorised', detail: 'answered 401' }],
];

// `manner` is the former name
test.each(['behaviour', 'manner'])(
  'PUT /%s/overloaded makes a stand-in fail, and …/answers ends that',
  async (path) => {
    const set = (to: string) => fetch(`${theirs.url}/${path}/${to}`, { method: 'PUT' });
    theirs.providers.push({ caqhId: CAQH_ID, npi: NPI });
    expect((await set('overloaded')).status).toBe(204);
    await expect(caqh().readStatus(NPI)).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await set('answers')).status).toBe(204);
    expect(await caqh().readStatus(NPI)).toMatchObject({ caqhId: CAQH_ID });
  },
);

describe('CAQH', () => {
  test('is read without what cannot be stored, and without a date that cannot be meant', async () => {
    theirs.providers.push({ caqhId: CAQH_ID, npi: NPI, providerStatus: 'Exp\0ired\ud800', statusDate: '99991231' });
    expect(await caqh().readStatus(NPI)).toMatchObject({ providerStatus: 'Expired\uFFFD', statusOn: null });
  });

  test('is asked with the parameters of each family, of an NPI, whose CAQH id it answers', async () => {
    theirs.providers.push({
      caqhId: CAQH_ID,
      npi: NPI,
      providerStatus: 'Initial Profile Complete',
      statusDate: '20260301',
    });
    const said = {
      caqhId: CAQH_ID,
      found: true,
      rosterStatus: 'ACTIVE',
      authorised: true,
      providerStatus: 'Initial Profile Complete',
      statusOn: '2026-03-01',
    };
    expect(await caqh().readStatus(NPI)).toEqual(said);
    expect(await caqh().checkReadable(CAQH_ID, '2026-03-01')).toBe('readable');
    expect(theirs.calls.map(({ path, query }) => [path, query])).toEqual([
      ['/RosterAPI/api/providerstatusbynpi', { Product: 'PV', Organization_Id: '4321', NPI_Provider_Id: NPI }],
      [
        '/credentialingapi/api/v8/entities',
        { organizationId: '4321', caqhProviderId: CAQH_ID, attestationDate: '03/01/2026' },
      ],
    ]);
  });

  test('tells who it doesn’t know, who is not on the roster, and who has not authorised', async () => {
    expect(await caqh().readStatus(NPI)).toMatchObject({ found: false });
    theirs.providers.push({ caqhId: CAQH_ID, npi: NPI, rosterStatus: 'NOT ON ROSTER', authorizationFlag: 'N' });
    expect(await caqh().readStatus(NPI)).toMatchObject({
      found: true,
      rosterStatus: 'NOT ON ROSTER',
      authorised: false,
    });
  });

  test('says 292 and 294 in its own way', async () => {
    theirs.providers.push({ caqhId: CAQH_ID, npi: NPI, profile: 292 });
    expect(await caqh().checkReadable(CAQH_ID, '2026-03-01')).toBe('not_on_roster');
    theirs.providers[0]!.profile = 294;
    expect(await caqh().checkReadable(CAQH_ID, '2026-03-01')).toBe('not_current');
  });

  test('adds to the roster in a batch that is pending, then done or refused', async () => {
    theirs.pending = 1;
    theirs.providers.push({ caqhId: CAQH_ID, npi: NPI, rosterStatus: 'NOT ON ROSTER' });
    const batch = await caqh().addToRoster(CAQH_ID, 'ours');
    expect(theirs.calls[0]!.body).toEqual([
      { caqh_provider_id: CAQH_ID, po_provider_id: 'ours', organization_id: '4321' },
    ]);
    expect(await caqh().batchResult(batch)).toBeNull();
    expect(await caqh().batchResult(batch)).toEqual({ done: true });
    theirs.providers[0]!.exception = 'Provider opted out';
    const second = await caqh().removeFromRoster(CAQH_ID);
    await caqh().batchResult(second);
    expect(await caqh().batchResult(second)).toEqual({ done: false, exception: 'Provider opted out' });
  });

  test.each(BAD_DAYS)('on a bad day: %s', async (behaviour, failure) => {
    theirs.behaviour = behaviour;
    await expect(caqh().readStatus(NPI)).rejects.toMatchObject(failure);
    await expect(caqh().addToRoster(CAQH_ID, 'ours')).rejects.toMatchObject(failure);
  });

  test('with a wrong password, or an answer of another form', async () => {
    await expect(caqh({ password: 'wrong' }).readStatus(NPI)).rejects.toMatchObject({ kind: 'unauthorised' });
    await expect(caqh({ organizationId: '1' }).readStatus(NPI)).rejects.toMatchObject({ kind: 'nonsense' });
    await expect(caqh().batchResult('unknown')).rejects.toMatchObject({ kind: 'nonsense', detail: 'answered 400' });
  });
});

describe('NPPES', () => {
  const RECORD = {
    number: NPI,
    firstName: 'ROBIN',
    lastName: 'VALE',
    taxonomyCode: '101YM0800X',
    address: { address_1: '1 ELM STREET', city: 'SPRINGFIELD', state: 'CA', postal_code: '941071234' },
  };

  test.each([NPI, Number(NPI)])('is read, the number a string or an integer', async (number) => {
    registry.records.push({ ...RECORD, number, licence: { state: 'CA', license: 'LMFT 12' } });
    expect(await nppes().readRecord(NPI)).toEqual({
      status: 'found',
      snapshot: {
        enumerationType: 'NPI-1',
        firstName: 'ROBIN',
        lastName: 'VALE',
        taxonomyCode: '101YM0800X',
        address: { line1: '1 ELM STREET', city: 'SPRINGFIELD', state: 'CA', postalCode: '941071234' },
        licences: [{ state: 'CA', number: 'LMFT 12' }],
      },
    });
  });

  test('is read where it says null for what it has not, and its count in digits', () => {
    const person = { number: NPI, enumeration_type: 'NPI-1', basic: { first_name: 'ROBIN', last_name: 'VALE' } };
    const found = { status: 'found', snapshot: { enumerationType: 'NPI-1', firstName: 'ROBIN', lastName: 'VALE' } };
    const bare = { ...person, addresses: null, taxonomies: null };
    for (const answer of [
      { result_count: 1, results: [bare] },
      { result_count: '1', results: [bare], Errors: null },
      { result_count: '1', results: [person] },
    ])
      expect(readRecord(answer, NPI)).toEqual(found);
    expect(readRecord({ result_count: '0', results: null }, NPI)).toEqual({ status: 'not_found' });
    expect(() => readRecord({ result_count: 'many', results: [] }, NPI)).toThrow('another form');
  });

  test('is read where a list has a null in it, a yes is a word, and a ZIP or licence a number', () => {
    const address = { address_purpose: 'LOCATION', address_1: '1 ELM ST', city: 'BOSTON', state: 'MA' };
    const person = {
      number: NPI,
      basic: { first_name: 'ROBIN', last_name: 'VALE' },
      addresses: [null, { ...address, postal_code: 21081234 }],
      taxonomies: [
        null,
        { code: 'OTHER', primary: 'false' },
        { code: 'MAIN', primary: 'true', state: 'MA', license: 77 },
      ],
    };
    const read = (more: object = {}) =>
      readRecord({ result_count: 1, Errors: [null], results: [null, { ...person, ...more }] }, NPI);
    expect(read()).toEqual({
      status: 'found',
      snapshot: {
        firstName: 'ROBIN',
        lastName: 'VALE',
        taxonomyCode: 'MAIN',
        address: { line1: '1 ELM ST', city: 'BOSTON', state: 'MA', postalCode: '021081234' },
        licences: [{ state: 'MA', number: '77' }],
      },
    });
    expect(read({ addresses: [{ ...address, postal_code: 2108 }] })).toMatchObject({
      snapshot: { address: { postalCode: '02108' } },
    });
    expect(read({ addresses: [null], taxonomies: [null] })).toEqual({
      status: 'found',
      snapshot: { firstName: 'ROBIN', lastName: 'VALE' },
    });
    expect(readRecord({ result_count: 0, results: [null] }, NPI)).toEqual({ status: 'not_found' });
  });

  test('gives a middle name and a suffix, and no suffix where it has two hyphens', () => {
    const named = (basic: object) => {
      const results = [{ number: NPI, basic: { first_name: 'ROBIN', last_name: 'VALE', ...basic } }];
      return readRecord({ result_count: 1, results }, NPI);
    };
    expect(named({ middle_name: 'ANN', name_suffix: 'JR.' })).toMatchObject({
      snapshot: { middleName: 'ANN', suffix: 'JR.' },
    });
    expect(named({ middle_name: null, name_suffix: '--' })).toEqual({
      status: 'found',
      snapshot: { firstName: 'ROBIN', lastName: 'VALE' },
    });
  });

  test('tells an organisation from a person', async () => {
    registry.records.push({ number: NPI, firstName: '', lastName: 'VALE COUNSELING PC', enumerationType: 'NPI-2' });
    expect(await nppes().readRecord(NPI)).toEqual({ status: 'found', snapshot: { enumerationType: 'NPI-2' } });
  });

  test('has nothing under an NPI that is unknown, or nothing any more', async () => {
    expect(await nppes().readRecord(NPI)).toEqual({ status: 'not_found' });
    registry.records.push({ ...RECORD, status: 'D' });
    expect(await nppes().readRecord(NPI)).toEqual({ status: 'deactivated' });
  });

  test('says with status 200 that it does not like a question', async () => {
    await expect(nppes().readRecord('12')).rejects.toMatchObject({ kind: 'nonsense', detail: 'answered error 04' });
  });

  test.each(BAD_DAYS)('on a bad day: %s', async (behaviour, failure) => {
    registry.behaviour = behaviour;
    await expect(nppes().readRecord(NPI)).rejects.toMatchObject(failure);
  });
});

describe('the OIG’s list', () => {
  const leie = () => new Leie({ url: `${oig.url}/UPDATED.csv`, timeoutMs: patience(oig), maxBytes: 1_000_000 });

  test('is fetched whole, and not again while it is the same', async () => {
    oig.entries = [{ lastName: 'VALE', firstName: 'ROBIN' }, { businessName: 'ACME CLINIC' }];
    oig.modified = 'Mon, 09 Mar 2026 14:00:00 GMT';
    const list = (await leie().fetchUpdate(null))!;
    expect(list.modifiedAt).toBe('2026-03-09T14:00:00.000Z');
    const read = [];
    for await (const entry of readLeie(list.file)) read.push(entry?.lastName || entry?.businessName);
    expect(read).toEqual(['VALE', 'ACME CLINIC']);
    expect(await leie().fetchUpdate(list.etag)).toBeNull();
    oig.entries.push({ lastName: 'NEW' });
    expect((await leie().fetchUpdate(list.etag))!.sha256).not.toBe(list.sha256);
  });

  // a page with status 200 is the reader's to refuse
  test.each(BAD_DAYS.filter(([behaviour]) => behaviour !== 'malformed'))(
    'on a bad day: %s',
    async (behaviour, failure) => {
      oig.behaviour = behaviour;
      await expect(leie().fetchUpdate(null)).rejects.toMatchObject(failure);
    },
  );
});
