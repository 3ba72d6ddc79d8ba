import { join } from 'node:path';
import {
  ADDRESS,
  CLIENT,
  NPI,
  OTHER_NPI,
  PAYER,
  PRACTICE,
  PROVIDER,
  TestApi,
  type Reply,
  listBrokenRules,
} from '../support/api';
import { inventNpi } from '../support/file';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const outbox = (subject: string) => api.deps.sql`select topic from outbox where subject = ${subject}`;
async function personOf(providerId: string): Promise<string> {
  const [row] = await api.deps.sql`select person_id from providers where id = ${providerId}`;
  return row!.personId;
}

function expectDuplicate({ status, body }: Reply, type: string, existingId: string): void {
  expect([status, body.type, body.existingId]).toEqual([409, `urn:countersign:problem:${type}`, existingId]);
}

test('an ITIN is a TIN, an EIN of an unknown prefix is taken and is a finding, and so is a ZIP code with its hyphen', async () => {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const path = `/v1/clients/${clientId}/practices`;
  const address = { ...ADDRESS, postalCode: '94607-1234' };
  const person = await api.make(path, { ...PRACTICE, address, tin: { type: 'itin', value: '912-70-1234' } });
  expect([person.tin, person.address]).toEqual([{ type: 'itin', last4: '1234' }, address]);
  const entity = await api.make(path, { ...PRACTICE, tin: { type: 'ein', value: '00-3456789' } });
  const { items } = (await api.get(`/v1/clients/${clientId}/findings`)).body;
  expect(items).toMatchObject([{ code: 'ein_prefix_unknown', severity: 'warning', practiceId: entity.id }]);
  const right = { tin: { type: 'ein', value: '12-3456780' } };
  expect((await api.patch(`/v1/practices/${entity.id}`, right)).status).toBe(200);
  expect((await api.get(`/v1/clients/${clientId}/findings`)).body.items).toEqual([]);
});

describe('a person', () => {
  const add = async (names: object) => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    return api.post(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi(), ...names });
  };

  test('may have a middle name, a suffix and former names, or one name alone', async () => {
    const names = {
      firstName: 'Robin',
      middleName: 'Ann',
      lastName: 'Vale',
      suffix: 'Jr.',
      formerNames: [{ firstName: 'Robin', lastName: 'Stone', until: '2019-05-31' }],
    };
    const { body } = await add(names);
    expect(body).toMatchObject(names);
    const path = `/v1/providers/${body.id}`;
    const less = { firstName: null, middleName: null, suffix: null, formerNames: [], lastName: 'Sukarno' };
    expect((await api.patch(path, less)).body).toMatchObject(less);
    const one = await add({ firstName: null, lastName: 'Sukarno' });
    expect([one.status, one.body.firstName, one.body.formerNames]).toEqual([201, null, []]);
    const forgotten = await add({ firstName: undefined });
    expect([forgotten.status, listBrokenRules(forgotten)]).toEqual([400, ['firstName required']]);
  });

  test('has changed their name by another one, not by its spelling or by a middle name that was not on file', async () => {
    const { body } = await add({ lastName: "O'Brien" });
    const path = `/v1/providers/${body.id}`;
    const changes = async () => (await api.get(`${path}/changes`)).body.items.length;
    await api.patch(path, { lastName: 'O’BRIEN', middleName: 'Ann', suffix: 'Jr.' });
    expect(await changes()).toBe(0);
    await api.patch(path, { lastName: "O'Brien-Stone" });
    expect(await changes()).toBe(1);
  });
});

describe('what a client has already', () => {
  const { evenIfExists, ...once } = PRACTICE;

  test('is not added by a repeated POST: a practice with its tax id, however it is written, unless it is meant', async () => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const path = `/v1/clients/${clientId}/practices`;
    const { id } = await api.make(path, once);
    const again = await api.post(path, { ...once, legalName: 'Other', tin: { type: 'ein', value: '123456789' } });
    expect([again.status, again.body.type, again.body.existingId]).toEqual([
      409,
      'urn:countersign:problem:duplicate_practice',
      id,
    ]);
    expect((await api.get(path)).body.items).toHaveLength(1);
    expect((await api.post(path, { ...once, evenIfExists })).status).toBe(201);
    const { id: elsewhere } = await api.make('/v1/clients', CLIENT);
    expect((await api.post(`/v1/clients/${elsewhere}/practices`, once)).status).toBe(201);
    const both = await Promise.all([1, 2].map(async () => (await api.make('/v1/clients', CLIENT)).id as string));
    const statuses = await Promise.all(
      both.flatMap((of) => [1, 2].map(() => api.post(`/v1/clients/${of}/practices`, once))),
    );
    expect(statuses.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
  });

  test('is not made one by a PATCH either: a practice is not given the tax id of another, unless it is meant', async () => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const path = `/v1/clients/${clientId}/practices`;
    const { id } = await api.make(path, once);
    const other = await api.make(path, { ...once, tin: { type: 'ein', value: '20-3456789' } });
    const give = (more: object = {}) =>
      api.patch(`/v1/practices/${other.id}`, { tin: { type: 'ein', value: '123456789' }, legalName: 'Both', ...more });
    const refused = await give();
    expect([refused.status, refused.body.type, refused.body.existingId]).toEqual([
      409,
      'urn:countersign:problem:duplicate_practice',
      id,
    ]);
    expect((await api.get(`/v1/practices/${other.id}`)).body).toEqual(other);
    expect((await give({ evenIfExists })).body.tin.last4).toBe('6789');
    // a name that it has may be given again
    expect((await give({ legalName: 'Once more' })).status).toBe(200);
  });

  test('is not added by a repeated POST: a relationship with a platform, while it goes on, unless it is meant', async () => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const provider = { ...PROVIDER, npi: inventNpi() };
    const { id: providerId } = await api.make(`/v1/clients/${clientId}/providers`, provider);
    const { id: payerId } = await api.make('/v1/payers', { ...PAYER, name: 'A payer of Headway' });
    const relationship = { providerId, platform: 'Headway', payerIds: [payerId] };
    const { id } = await api.make('/v1/platform-relationships', relationship);
    const again = await api.post('/v1/platform-relationships', { ...relationship, platform: 'headway, Inc.' });
    expect([again.status, again.body.existingId]).toEqual([409, id]);
    expect((await api.post('/v1/platform-relationships', { ...relationship, evenIfExists: true })).status).toBe(201);
    expect((await api.post('/v1/platform-relationships', { ...relationship, platform: 'Alma' })).status).toBe(201);
  });

  test('is not added by a repeated POST: a document, unless it is meant; as another kind or owner’s it is another', async () => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const path = `/v1/clients/${clientId}/documents`;
    const { id: providerId } = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
    const paper = { kind: 'letter', name: 'Letter.pdf', sha256: 'ab'.repeat(32) };
    const statuses = await Promise.all([1, 2, 3].map(() => api.post(path, paper)));
    expect(statuses.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const [{ id }] = (await api.get(path)).body.items;
    expectDuplicate(
      await api.post(path, { ...paper, kind: 'Letter', name: 'Scan.pdf', sha256: 'AB'.repeat(32) }),
      'duplicate_document',
      id,
    );
    for (const more of [
      { kind: 'contract' },
      { providerId },
      { expiresOn: '2099-01-31' },
      { sha256: 'cd'.repeat(32) },
      { evenIfExists: true },
    ])
      expect((await api.post(path, { ...paper, ...more })).status).toBe(201);
    const { id: elsewhere } = await api.make('/v1/clients', CLIENT);
    expect((await api.post(`/v1/clients/${elsewhere}/documents`, paper)).status).toBe(201);
  });

  test('is not added by a repeated POST: an authorisation that is in force, so that revoking it ends it', async () => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const { id: providerId } = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
    const { id: payerId } = await api.make('/v1/payers', { ...PAYER, name: 'A payer of the signer' });
    const path = `/v1/providers/${providerId}/authorisations`;
    const signed = { scopes: ['contact_payers', 'submit_applications'], signedOn: '2026-01-02' };
    const { id } = await api.make(path, signed);
    expectDuplicate(
      await api.post(path, { ...signed, scopes: signed.scopes.toReversed() }),
      'duplicate_authorisation',
      id,
    );
    for (const more of [
      { scopes: ['contact_payers'] },
      { payerIds: [payerId] },
      { until: '2099-01-31' },
      { signedOn: '2026-01-03' },
      { evenIfExists: true },
    ])
      expect((await api.post(path, { ...signed, ...more })).status).toBe(201);
    expect((await api.post(path, { ...signed, payerIds: [payerId] })).status).toBe(409);
    for (const one of (await api.get(path)).body.items)
      await api.post(`/v1/authorisations/${one.id}/revocation`, { on: '2026-02-01', reason: 'changed agency' });
    expect((await api.post(path, signed)).status).toBe(201);
  });

  test('is not added by a repeated POST: an endpoint that would be sent the same, unless it is meant', async () => {
    const [one, other] = [await api.make('/v1/clients', CLIENT), await api.make('/v1/clients', CLIENT)];
    const hook = { url: 'https://hooks.example.org/twice', types: ['follow_up.due'], clientIds: [one.id] };
    const post = (more: object) => api.post('/v1/webhook-endpoints', { ...hook, ...more });
    const { id } = await api.make('/v1/webhook-endpoints', hook);
    for (const more of [
      {},
      { url: 'https://HOOKS.example.org:443/twice' },
      { clientIds: [other.id, one.id] },
      { clientIds: undefined },
      { types: ['application.stage_changed', 'follow_up.due'] },
    ])
      expectDuplicate(await post(more), 'duplicate_endpoint', id);
    for (const more of [
      { clientIds: [other.id] },
      { types: ['application.stage_changed'] },
      { url: 'https://hooks.example.org/twice?as=another' },
      { evenIfExists: true },
    ])
      expect((await post(more)).status).toBe(201);
    for (const { id: ended } of (await api.get('/v1/webhook-endpoints?limit=200')).body.items)
      await api.call('DELETE', `/v1/webhook-endpoints/${ended}`);
    expect((await post({})).status).toBe(201);
  });
});

describe('a client', () => {
  const once = { name: 'Quince Counseling', timeZone: CLIENT.timeZone, contactEmail: CLIENT.contactEmail };

  test('is not added twice under one name, however it is written, unless another is meant', async () => {
    const both = await Promise.all([api.post('/v1/clients', once), api.post('/v1/clients', once)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const { id } = both.find(({ status }) => status === 201)!.body;
    for (const name of ['quince counseling', 'The Quince Counseling, LLC', once.name])
      expectDuplicate(await api.post('/v1/clients', { ...once, name }), 'duplicate_client', id);
    for (const more of [{ name: 'Quince Counseling of Ohio' }, { name: 'Quince Therapy' }, { evenIfExists: true }])
      expect((await api.post('/v1/clients', { ...once, ...more })).status).toBe(201);
  });

  test('is not given the name of another by a PATCH, and learns of none that the caller may not see', async () => {
    const [pear, plum] = [
      await api.make('/v1/clients', { ...once, name: 'Pear Counseling' }),
      await api.make('/v1/clients', { ...once, name: 'Plum Counseling' }),
    ];
    const path = `/v1/clients/${plum.id}`;
    expectDuplicate(await api.patch(path, { name: 'PEAR Counseling' }), 'duplicate_client', pear.id);
    expect((await api.get(path)).body).toEqual(plum);
    expect((await api.patch(path, { name: plum.name, timeZone: 'America/Chicago' })).status).toBe(200);
    const key = await api.keyOf('lead', [plum.id]);
    expect((await api.patch(path, { name: pear.name }, { key })).status).toBe(200);
    expect((await api.patch(path, { name: 'Pear Counseling, Inc.' })).status).toBe(409);
    expect((await api.patch(path, { name: 'Pear Counseling, Inc.', evenIfExists: true })).status).toBe(200);
  });
});

describe('clients', () => {
  test('a client is created, found again, listed and changed', async () => {
    const made = await api.post('/v1/clients', CLIENT);
    expect(made.status).toBe(201);
    const { evenIfExists: _, ...shown } = CLIENT;
    expect(made.body).toMatchObject({ ...shown, version: 1 });
    expect(made.headers.get('location')).toBe(`/v1/clients/${made.body.id}`);
    expect((await api.get(made.headers.get('location')!)).body).toEqual(made.body);

    const changed = await api.patch(`/v1/clients/${made.body.id}`, { timeZone: 'America/Chicago' });
    expect(changed.body).toMatchObject({ name: CLIENT.name, timeZone: 'America/Chicago', version: 2 });
    const { body } = await api.get('/v1/clients');
    expect(body.items).toContainEqual(changed.body);
  });

  test('every bad field is named at once, and none is quoted', async () => {
    const secret = 'Mars/Olympus';
    const bad = { name: 'a\u0000b', timeZone: secret, contactEmail: 'nobody', colour: 'red' };
    const { status, body } = await api.post('/v1/clients', bad);
    expect(status).toBe(400);
    expect(listBrokenRules({ body }).sort()).toEqual([
      'colour unknown_field',
      'contactEmail email',
      'name no_control_characters',
      'timeZone iana_time_zone',
    ]);
    expect(JSON.stringify(body)).not.toContain(secret);
    expect(listBrokenRules(await api.post('/v1/clients', ''))).toEqual([
      'name required',
      'timeZone required',
      'contactEmail required',
    ]);
  });

  test('a page leads to the next one until all were seen once', async () => {
    for (let i = 0; i < 3; i++) await api.make('/v1/clients', { ...CLIENT, name: `Client ${i}` });
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await api.get(`/v1/clients?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map((client: { id: string }) => client.id));
      cursor = body.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    const [all] = await api.deps.sql`select count(*) from clients`;
    expect(seen).toHaveLength(all!.count);
  });

  test.each([
    ['limit=0', 'limit limit'],
    ['limit=201', 'limit limit'],
    ['limit=1&limit=2', 'limit type'],
    ['cursor=zzz', 'cursor cursor'],
    [`cursor=${Buffer.from('["1","x"]').toString('base64url')}`, 'cursor cursor'],
    ['colour=red', 'colour unknown_field'],
  ])('a list asked with %s is refused', async (query, rule) => {
    const { status, body } = await api.get(`/v1/clients?${query}`);
    expect(status).toBe(400);
    expect(listBrokenRules({ body })).toEqual([rule]);
  });
});

describe('practices', () => {
  test('a practice shows its TIN by type and last four digits only, and keeps it sealed', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const billing = { clearinghouse: 'availity', nested: { kept_as: ['it', 'came'] } };
    const practice = await api.make(`/v1/clients/${id}/practices`, {
      ...PRACTICE,
      tin: { type: 'ssn', value: '123-45-6789' },
      locations: [{ name: 'Main', address: ADDRESS }, { address: { ...ADDRESS, line2: 'Suite 2' } }],
      billing,
    });
    expect(practice).toMatchObject({ clientId: id, tin: { type: 'ssn', last4: '6789' }, npi: OTHER_NPI, billing });
    expect(practice.locations).toEqual([
      { id: expect.any(String), name: 'Main', address: ADDRESS },
      { id: expect.any(String), name: null, address: { ...ADDRESS, line2: 'Suite 2' } },
    ]);
    expect((await api.get(`/v1/practices/${practice.id}`)).body).toEqual(practice);
    expect((await api.get(`/v1/clients/${id}/practices`)).body.items).toEqual([practice]);

    const { sql, keyring } = api.deps;
    const [row] = await sql`select tin_sealed, tin_hash from practices where id = ${practice.id}`;
    expect(keyring.open(row!.tinSealed, `practices/${practice.id}/tin`)).toBe('123-45-6789');
    expect(row!.tinHash).toEqual(keyring.computeLookupHash('123456789'));
    const everything =
      await sql`select to_jsonb(p)::text || (select string_agg(to_jsonb(a)::text, '') from audit_log a) as all
      from practices p where id = ${practice.id}`;
    expect(everything[0]!.all).not.toMatch(/123-?45-?6789/);
  });

  test('a bad practice is refused with every bad field', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const { status, body } = await api.post(`/v1/clients/${id}/practices`, {
      legalName: ' ',
      tin: { type: 'ein', value: '0-03456789' },
      npi: '1234567898',
      address: { ...ADDRESS, state: 'XX', postalCode: '12345-678' },
      locations: [{ address: { ...ADDRESS, city: '' } }],
      billing: 'availity',
    });
    expect(status).toBe(400);
    expect(listBrokenRules({ body }).sort()).toEqual([
      'address.postalCode postal_code',
      'address.state one_of',
      'billing type',
      'legalName not_blank',
      'locations.0.address.city min_length',
      'npi npi_check_digit',
      'tin.value ein',
    ]);
    for (const [setup, broken] of [
      ['"\\u0000"', 'billing billing'],
      ['"\\ud800"', 'billing billing'],
      ['[['.repeat(50_000) + ']]'.repeat(50_000), ' max_levels'],
      [`"${'x'.repeat(10_000)}"`, 'billing billing'],
    ]) {
      const sent = JSON.stringify(PRACTICE).replace(/}$/, `,"billing":{"setup":${setup}}}`);
      expect(listBrokenRules(await api.post(`/v1/clients/${id}/practices`, sent))).toEqual([broken]);
    }
    const ssn = { ...PRACTICE, tin: { type: 'ssn', value: '666-12-3456' } };
    expect(listBrokenRules(await api.post(`/v1/clients/${id}/practices`, ssn))).toEqual(['tin.value ssn']);
    const passport = { ...PRACTICE, tin: { type: 'passport', value: '1' } };
    expect(listBrokenRules(await api.post(`/v1/clients/${id}/practices`, passport))).toEqual(['tin.type one_of']);
  });

  test('a change keeps what it does not name, empties what is null and tells the workflows', async () => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const locations = [{ name: 'Main', address: ADDRESS }];
    const { id, locations: made } = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, locations });
    const renamed = await api.patch(`/v1/practices/${id}`, { legalName: 'Elm PLLC' });
    expect(renamed.body).toMatchObject({ legalName: 'Elm PLLC', npi: OTHER_NPI, locations: made, version: 2 });
    expect(await outbox(id)).toHaveLength(0);

    const moved = await api.patch(`/v1/practices/${id}`, {
      npi: null,
      tin: { type: 'ein', value: '98-7654321' },
      locations: [{ id: made[0].id, name: 'Annex', address: ADDRESS }, { address: ADDRESS }],
    });
    expect(moved.body).toMatchObject({ npi: null, tin: { type: 'ein', last4: '4321' }, version: 3 });
    expect(moved.body.locations.map((one: { name: string | null }) => one.name)).toEqual(['Annex', null]);
    expect(moved.body.locations[0].id).toBe(made[0].id);
    expect(await outbox(id)).toEqual([{ topic: 'file_changed_practice' }]);
  });

  test("another practice's location cannot be taken over", async () => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const path = `/v1/clients/${clientId}/practices`;
    const one = await api.make(path, { ...PRACTICE, locations: [{ address: ADDRESS }] });
    const two = await api.make(path, PRACTICE);
    const taken = { locations: [{ id: one.locations[0].id, address: ADDRESS }] };
    const { status, body } = await api.patch(`/v1/practices/${two.id}`, taken);
    expect([status, ...listBrokenRules({ body })]).toEqual([400, 'locations.0.id unknown_reference']);
    expect((await api.get(`/v1/practices/${one.id}`)).body.locations).toEqual(one.locations);
  });

  test('a location that an application refers to stays', async () => {
    const { sql } = api.deps;
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const practice = await api.make(`/v1/clients/${clientId}/practices`, {
      ...PRACTICE,
      locations: [{ address: ADDRESS }],
    });
    const payer = await api.make('/v1/payers', { name: 'Location Payer', electronicPayerIds: [], playbook: {} });
    await sql`
      insert into applications ${sql({
        id: payer.id,
        rulesVersion: 1,
        clientId,
        practiceId: practice.id,
        payerId: payer.id,
        locationId: practice.locations[0].id,
        state: 'CA',
        lineOfBusiness: 'commercial',
        kind: 'new_group',
        naturalKey: payer.id,
        playbookVersion: 1,
        open: true,
        stage: 'preparing',
        waitingOn: 'operator',
        version: 1,
        snapshot: sql.json({}),
        createdAt: practice.createdAt,
        updatedAt: practice.createdAt,
      })}`;
    const refused = await api.patch(`/v1/practices/${practice.id}`, { legalName: 'New', locations: [] });
    expect([refused.status, refused.body.type]).toEqual([409, 'urn:countersign:problem:location_in_use']);
    expect((await api.get(`/v1/practices/${practice.id}`)).body).toEqual(practice);
  });
});

describe('providers', () => {
  test('a provider is created, found, listed and changed; what touches the file tells the workflows', async () => {
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const path = `/v1/clients/${clientId}/providers`;
    const provider = await api.make(path, PROVIDER);
    const malpractice = { ...PROVIDER.malpractice, policyNumber: '****' };
    expect(provider).toMatchObject({ ...PROVIDER, malpractice, clientId, attestation: null, version: 1 });
    expect(provider).not.toHaveProperty('personId');
    expect((await api.get(path)).body.items).toEqual([provider]);

    await api.patch(`/v1/providers/${provider.id}`, { firstName: 'Robyn' });
    expect(await outbox(provider.id)).toEqual([]);
    const licences = [{ state: 'NY', number: '2', expiresOn: '2099-05-05' }];
    const changed = await api.patch(`/v1/providers/${provider.id}`, { licences, malpractice: null });
    expect(changed.body).toMatchObject({
      firstName: 'Robyn',
      licences,
      malpractice: null,
      caqhId: '12345678',
      version: 3,
    });
    expect(await outbox(provider.id)).toEqual([{ topic: 'file_changed_provider' }]);
  });

  test('a bad provider is refused with every bad field, and its NPI never changes', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const licence = PROVIDER.licences[0];
    const bad = {
      ...PROVIDER,
      firstName: 'x'.repeat(201),
      npi: 1234567893,
      caqhId: '12x',
      taxonomyCode: 'psych',
      licences: [licence, { ...licence, expiresOn: '2025-02-29' }, { state: 'CA' }],
      malpractice: { carrier: 'Good Cover', policyNumber: 'P-1', expiresOn: 'soon' },
    };
    const { status, body } = await api.post(`/v1/clients/${id}/providers`, bad);
    expect(status).toBe(400);
    expect(listBrokenRules({ body }).sort()).toEqual([
      'caqhId caqh_id',
      'firstName max_length',
      'licences.1.expiresOn real_date',
      'licences.2.expiresOn required',
      'licences.2.number required',
      'malpractice.expiresOn real_date',
      'npi type',
      'taxonomyCode taxonomy_code',
    ]);
    const twice = { ...PROVIDER, licences: [licence, licence] };
    expect(listBrokenRules(await api.post(`/v1/clients/${id}/providers`, twice))).toEqual(['licences.1 unique']);

    const provider = await api.make(`/v1/clients/${id}/providers`, PROVIDER);
    const renamed = await api.patch(`/v1/providers/${provider.id}`, { npi: OTHER_NPI });
    expect(listBrokenRules(renamed)).toEqual(['npi unknown_field']);
  });

  test('the same NPI twice in one client answers the one that is there', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const provider = await api.make(`/v1/clients/${id}/providers`, PROVIDER);
    const again = await api.post(`/v1/clients/${id}/providers`, { ...PROVIDER, firstName: 'R.' });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ type: 'urn:countersign:problem:duplicate_provider', existingId: provider.id });
  });

  test('two clients with one clinician hold statements of their own', async () => {
    const [one, two] = [await api.make('/v1/clients', CLIENT), await api.make('/v1/clients', CLIENT)];
    const mine = await api.make(`/v1/clients/${one.id}/providers`, PROVIDER);
    const theirs = await api.make(`/v1/clients/${two.id}/providers`, { ...PROVIDER, licences: [], caqhId: '87654321' });
    await api.patch(`/v1/providers/${theirs.id}`, { malpractice: null });
    expect((await api.get(`/v1/providers/${mine.id}`)).body).toEqual(mine);
    expect(await personOf(mine.id)).toBe(await personOf(theirs.id));
  });
});

describe('attestations', () => {
  const today = new Date().toISOString().slice(0, 10);
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

  async function provider(npi: string, licences: object[] = PROVIDER.licences) {
    const { id } = await api.make('/v1/clients', { ...CLIENT, timeZone: 'UTC' });
    return api.make(`/v1/clients/${id}/providers`, { ...PROVIDER, npi, licences });
  }

  test('the provider shows the latest one and through which day it is current', async () => {
    const { id } = await provider('1000000004');
    const path = `/v1/providers/${id}/attestations`;
    const made = await api.post(path, { attestedOn: daysAgo(1), source: 'caqh', reference: 'R-1' });
    expect(made.body).toMatchObject({ providerId: id, source: 'caqh', reference: 'R-1', authorizedPayerIds: null });
    expect(made.body.recordedBy).toEqual({ type: 'admin', id: 'admin', name: 'Administrator' });
    expect((await api.get(made.headers.get('location')!)).body).toEqual(made.body);
    await api.make(path, { attestedOn: daysAgo(200), source: 'provider' });
    const { attestation } = (await api.get(`/v1/providers/${id}`)).body;
    expect(attestation).toEqual({ attestedOn: daysAgo(1), dueOn: daysAgo(-119), current: true });
    expect((await api.get(path)).body.items).toHaveLength(2);
  });

  test.each([
    ['120 days ago is current through today', 120, 'CA', { dueOn: today, current: true }],
    ['121 days ago has lapsed', 121, 'CA', { dueOn: daysAgo(1), current: false }],
    ['180 days ago is current where all licences are in Illinois', 180, 'IL', { dueOn: today, current: true }],
  ])('%s', async (_, days, state, expected) => {
    const licences = [{ state, number: '1', expiresOn: '2099-01-01' }];
    const { id } = await provider(OTHER_NPI, licences);
    await api.make(`/v1/providers/${id}/attestations`, { attestedOn: daysAgo(days), source: 'operator' });
    expect((await api.get(`/v1/providers/${id}`)).body.attestation).toEqual({ attestedOn: daysAgo(days), ...expected });
    await api.deps.sql`delete from attestations`;
  });

  test('it counts for the client that recorded it, and another that has the person sees nothing of it', async () => {
    const [mine, theirs] = [await provider(NPI), await provider(NPI)];
    const personId = await personOf(mine.id);
    const before = (await outbox(personId)).length;
    const made = await api.post(`/v1/providers/${mine.id}/attestations`, { attestedOn: today, source: 'caqh' });
    expect([await outbox(mine.id), await outbox(theirs.id)]).toEqual([[{ topic: 'file_changed_provider' }], []]);
    expect(await outbox(personId)).toHaveLength(before);
    expect((await api.get(`/v1/providers/${mine.id}`)).body.attestation).toMatchObject({ attestedOn: today });
    expect((await api.get(`/v1/providers/${theirs.id}`)).body.attestation).toBeNull();
    expect((await api.get(`/v1/providers/${theirs.id}/attestations`)).body.items).toEqual([]);
    expect((await api.get(`/v1/providers/${theirs.id}/attestations/${made.body.id}`)).status).toBe(404);
  });

  test('one from the future, or for payers that nobody knows, is refused', async () => {
    const { id } = await provider(NPI);
    const path = `/v1/providers/${id}/attestations`;
    const future = await api.post(path, { attestedOn: daysAgo(-3), source: 'payer' });
    expect(listBrokenRules(future)).toEqual(['attestedOn not_in_future', 'source one_of']);
    const payer = await api.make('/v1/payers', { name: 'Known Payer', electronicPayerIds: [], playbook: {} });
    const authorizedPayerIds = [payer.id, id, 'not-an-id'];
    const malformed = await api.post(path, { attestedOn: today, source: 'caqh', authorizedPayerIds });
    expect(listBrokenRules(malformed).sort()).toEqual([
      'authorizedPayerIds.1 unknown_reference',
      'authorizedPayerIds.2 unknown_reference',
    ]);
    const unknown = await api.post(path, { attestedOn: today, source: 'caqh', authorizedPayerIds: [payer.id, id] });
    expect(listBrokenRules(unknown)).toEqual(['authorizedPayerIds.1 unknown_reference']);
    const known = await api.make(path, { attestedOn: today, source: 'caqh', authorizedPayerIds: [payer.id] });
    expect(known.authorizedPayerIds).toEqual([payer.id]);
  });
});

describe('documents', () => {
  const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

  test('a document is registered, found and listed with its client', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const made = await api.post(`/v1/clients/${id}/documents`, { kind: 'contract', name: 'Contract.pdf', sha256 });
    expect(made.body).toMatchObject({ clientId: id, kind: 'contract', sha256, expiresOn: null });
    expect((await api.get(made.headers.get('location')!)).body).toEqual(made.body);
    expect((await api.get(`/v1/clients/${id}/documents`)).body.items).toEqual([made.body]);
    const other = await api.make('/v1/clients', CLIENT);
    expect((await api.get(`/v1/clients/${other.id}/documents/${made.body.id}`)).status).toBe(404);
  });

  test('a hash of another length is refused', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const { body } = await api.post(`/v1/clients/${id}/documents`, {
      kind: 'w9',
      name: 'W-9',
      sha256: sha256.slice(1),
    });
    expect(listBrokenRules({ body })).toEqual(['sha256 sha256']);
  });
});

test('every change is in the audit log with our id of its request, and the caller’s beside it', async () => {
  const headers = { 'X-Request-Id': 'request-of-this-test' };
  const { id } = await api.make('/v1/clients', CLIENT, { headers });
  const added = await api.post(`/v1/clients/${id}/providers`, PROVIDER, { headers });
  await api.post(`/v1/clients/${id}/providers`, PROVIDER, { headers });
  const entries = await api.deps.sql`
    select actor->>'name' as who, client_id, action, outcome from audit_log
    where caller_request_id = 'request-of-this-test' order by id`;
  const entry = { who: 'Administrator', clientId: id };
  expect(entries).toEqual([
    { ...entry, action: 'client.create', outcome: 'done' },
    { ...entry, action: 'provider.create', outcome: 'done' },
    { ...entry, action: 'post /v1/clients/{id}/providers', outcome: 'refused' },
  ]);
  const [own] = await api.deps
    .sql`select subject_id from audit_log where request_id = ${added.headers.get('x-request-id')}`;
  expect(own).toEqual({ subjectId: added.body.id });
});

test('a change is in the audit log with what it was before and is after, without secrets', async () => {
  const { id } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${id}/practices`, PRACTICE);
  await api.patch(`/v1/practices/${practice.id}`, { legalName: 'Oak PLLC', tin: { type: 'ein', value: '98-7654321' } });
  const [entry] = await api.deps.sql`
    select before, after from audit_log where subject_id = ${practice.id} and action = 'practice.update'`;
  const sealed = { tinSealed: '[redacted]', tinHash: '[redacted]' };
  expect(entry).toEqual({
    before: { legalName: PRACTICE.legalName, tinLast4: '6789', ...sealed },
    after: { legalName: 'Oak PLLC', tinLast4: '4321', ...sealed },
  });
});

test('what the audit log had of secrets from before is redacted when the database is brought up to date', async () => {
  const { sql } = api.deps;
  const before = {
    dea: [
      { state: 'CA', number: 'AB1234563', expiresOn: '2099-01-31' },
      { state: 'NV', number: 'FX1234567', expiresOn: '2099-01-31' },
    ],
    licences: [{ state: 'CA', number: 'LMFT 1' }],
    malpractice: { carrier: 'Good Cover', policyNumber: null },
    portal: { secretKeptIn: 'the vault' },
    billing: { bank: [{ accountNumber: '000111' }], taxId: { value: '12-3456789' } },
    none: {},
  };
  const subjectId = 'from before';
  await sql`
    insert into audit_log (actor, action, subject_type, subject_id, outcome, detail)
    values ('{}', 'provider.create', 'provider', ${subjectId}, 'done', ${sql.json(before)})`;
  for (let again = 0; again < 2; again += 1)
    await sql.begin(async (tx) => {
      // when it ran, the log was not append-only yet
      await tx`set local session_replication_role = replica`;
      await tx.file(join(__dirname, '../../runtime/migrations/0023_redaction.sql'));
    });
  const [kept] = await sql`select detail from audit_log where subject_id = ${subjectId}`;
  const [number, REDACTED] = ['[redacted]', '[redacted]'];
  expect(kept!.detail).toEqual({
    ...before,
    dea: before.dea.map((one) => ({ ...one, number })),
    portal: { secretKeptIn: REDACTED },
    billing: { bank: [{ accountNumber: REDACTED }], taxId: REDACTED },
  });
});

test('after a corrected NPI, CAQH and NPPES are asked about the person that it names', async () => {
  const { sql } = api.deps;
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const { id } = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  const before = await personOf(id);
  await sql`insert into registry_services (service, mode, name) values ('caqh', 'api', 'CAQH'), ('nppes', 'api', 'NPPES')`;
  const correction = { npi: inventNpi(), reason: 'two digits changed places' };
  expect((await api.post(`/v1/providers/${id}/npi-correction`, correction)).status).toBe(200);
  await sql`delete from registry_services`;
  const after = await personOf(id);
  expect(after).not.toBe(before);
  const topics = (await outbox(after)).map(({ topic }) => topic);
  expect(topics).toEqual(expect.arrayContaining(['caqhStatus', 'nppesRecord']));
});
