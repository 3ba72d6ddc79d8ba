import { randomUUID } from 'node:crypto';
import { openKeyring, type SharedKeyring } from '../../record/kernel/data-keys';
import { listSealedFields, openField, SEALED_FIELDS } from '../../record/kernel/sealed-fields';
import { findRotation, sealEverything } from '../../record/operations/key-rotation';
import { createInvitation } from '../../record/registry/invitations';
import { buildReminderKey } from '../../record/upkeep/upkeep';
import { listUpkeepItems } from '../../domain/upkeep/upkeep';
import { createDatabase, type Sql } from '../../runtime/database';
import { createKeyWrapper } from '../../runtime/key-wrapper';
import { parseKeys } from '../../runtime/keyring';
import { CLIENT, PRACTICE, PROVIDER, TestApi } from '../support/api';
import { inventNpi } from '../support/file';
import { ADMIN } from '../support/principals';
import { TEST_KEYS, testKeyring, testKeyWrapper } from '../support/keys';
import { createTestDatabase } from '../support/servers';

const { signal } = new AbortController();
const NOW = { signal, settledAfterSeconds: 0 };
const onError = (error: unknown) => {
  throw error;
};
const OTHER = `other:${Buffer.alloc(32, 8).toString('base64')}`;
const openWith = (sql: Sql, keys: string) =>
  openKeyring(sql, createKeyWrapper(keys), parseKeys(keys), { everyMs: 3_600_000, onError });

let api: TestApi;
let shared: SharedKeyring;
let sql: Sql;
beforeAll(async () => {
  const openKeys = async (database: Sql) => {
    shared = await openWith(database, TEST_KEYS);
    return shared.keyring;
  };
  api = await TestApi.start({ openKeys, connections: 12 });
  ({ sql } = api.deps);
});
afterAll(async () => {
  shared.stop();
  await api.stop();
});

let made = 0;
const inventTin = () => ({ type: 'ein', value: `12-${String((made += 1)).padStart(7, '0')}` }) as const;
const inventDea = (digits: number) => {
  const [a, b, c, d, e, f] = Array.from(String(digits).padStart(6, '0'), Number) as number[];
  return `AB${String(digits).padStart(6, '0')}${(a! + c! + e! + 2 * (b! + d! + f!)) % 10}`;
};
const held = (n: number) => ({
  malpractice: { carrier: 'Good Cover', policyNumber: `POLICY-${n}`, expiresOn: '2099-01-31' },
  dea: [{ state: 'CA', number: inventDea(n), expiresOn: '2099-01-31' }],
  formerDea: [{ state: 'CA', number: inventDea(n + 1), expiresOn: '2019-01-31' }],
  formerMalpractice: [{ carrier: 'Old Cover', policyNumber: `OLD-POLICY-${n}`, expiresOn: '2019-01-31' }],
});

/** Everything that rests sealed, as text, by field. */
async function readSealed(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const [name, { table, column, form }] of listSealedFields()) {
    const rows = await sql<{ value: unknown }[]>`
      select ${sql(column)} as value from ${sql(table)} where ${sql(column)} is not null`;
    const texts = rows.flatMap(({ value }) =>
      typeof form === 'string'
        ? [value as string]
        : [value].flat().map((one) => (one as Record<string, string>)[form.sealed] ?? 'in clear'),
    );
    found.set(name, texts);
  }
  return found;
}
const listKeysUsed = async () =>
  new Set([...(await readSealed()).values()].flat().map((text) => text.slice(0, text.indexOf('.'))));

test('a new database begins with a data key of its own, and nothing is sealed by a master key', async () => {
  const { id } = (await api.get('/v1/operations/key-rotation')).body;
  expect(shared.keyring.readKeyId()).toBe(id);
  const [row] = await sql`select wrapped, master_id from data_keys where id = ${id}`;
  expect(row).toEqual({ masterId: 'test', wrapped: expect.stringMatching(/^[\w+/]{80}$/) });
  expect(await sealEverything(sql, shared.keyring, NOW)).toMatchObject({ sealed: 0, complete: true, retired: [] });
});

test('a rotation under load loses no request and leaves no row and no index on an earlier key', async () => {
  const client = await api.make('/v1/clients', CLIENT);
  const practices: { id: string; tin: { type: 'ein'; value: string } }[] = [];
  const providers: string[] = [];
  for (let n = 0; n < 12; n += 1) {
    const tin = inventTin();
    practices.push({ id: (await api.make(`/v1/clients/${client.id}/practices`, { ...PRACTICE, tin })).id, tin });
    const body = { ...PROVIDER, npi: inventNpi(), ...held(n * 10) };
    providers.push((await api.make(`/v1/clients/${client.id}/providers`, body)).id);
  }
  await api.make('/v1/api-keys', { name: 'k', role: 'agent' }, { headers: { 'Idempotency-Key': 'kept' } });
  await api.post(`/v1/practices/${practices[0]!.id}/reveals`, { field: 'tin', reason: 'a form' });
  const documentId = await api.storeDocument(client.id);
  await api.make(`/v1/documents/${documentId}/links`, {});
  const hook = { url: 'https://hooks.example.org/in', types: ['application.stage_changed'] };
  const endpoint = await api.make('/v1/webhook-endpoints', hook);
  await api.post(`/v1/webhook-endpoints/${endpoint.id}/rotation`, undefined);
  const person = { name: 'Dana', email: `${randomUUID()}@example.org`, role: 'specialist' };
  const user = await api.make('/v1/users', person);
  await api.post(`/v1/users/${user.id}/calendar-feed`, undefined);
  await api.post('/v1/certificate-keys', undefined);
  await createInvitation(sql, shared.keyring, ADMIN, randomUUID(), user.id);
  // more than one transaction of a pass has
  await sql`
    insert into idempotency_keys (id, body_sealed, status, response)
    select gen_random_uuid(), null, 200, to_jsonb(''::text) from generate_series(1, 450)`;
  for (const { id } of await sql<{ id: string }[]>`select id from idempotency_keys where response = '""'`) {
    const name = SEALED_FIELDS['idempotencyKey.response'].name(id);
    await sql`update idempotency_keys set response = ${sql.json(testKeyring.seal('null', name))} where id = ${id}`;
  }

  // rows of an earlier version: sealed by a master key, its index without a word of the key, and numbers in clear
  const [old, clear] = [practices[0]!, providers[0]!];
  await sql`
    update practices set tin_sealed = ${testKeyring.seal(old.tin.value, SEALED_FIELDS['practice.tin'].name(old.id))},
      tin_hash = ${testKeyring.computeLookupHash(old.tin.value.replace('-', ''))}, tin_hash_key = null
    where id = ${old.id}`;
  const { malpractice, dea } = held(777);
  await sql`update providers set malpractice = ${sql.json(malpractice)}, dea = ${sql.json(dea)} where id = ${clear}`;
  const earlierKey = shared.keyring.readKeyId();
  expect(await listKeysUsed()).toEqual(new Set([earlierKey, 'test', 'in clea']));

  let over = false;
  const statuses = new Map<string, number>();
  const count = (what: string, status: number) =>
    statuses.set(`${what} ${status}`, (statuses.get(`${what} ${status}`) ?? 0) + 1);
  async function work(place: number): Promise<void> {
    for (let n = 0; !over || n < 3; n += 1) {
      const { id, tin } = practices[(place * 3 + n) % practices.length]!;
      const path = `/v1/providers/${providers[(place + n) % providers.length]}`;
      const again = { ...PRACTICE, tin, evenIfExists: false };
      count('duplicate', (await api.post(`/v1/clients/${client.id}/practices`, again)).status);
      count('rename', (await api.patch(`/v1/practices/${id}`, { legalName: `N ${place} ${n}`, tin })).status);
      const fresh = { ...PRACTICE, tin: inventTin() };
      const headers = { 'Idempotency-Key': randomUUID() };
      const twice = [fresh, fresh, { ...fresh, legalName: 'Another' }];
      for (const body of twice)
        count('idempotent', (await api.post(`/v1/clients/${client.id}/practices`, body, { headers })).status);
      const read = await api.get(path);
      count('read', read.status);
      // the shown numbers are sent back, with other limits
      const limits = { perOccurrence: n + 1, aggregate: 1_000_000 };
      const sent = { malpractice: { ...read.body.malpractice, limits }, dea: read.body.dea };
      count('change', (await api.patch(path, sent)).status);
    }
  }
  const working = Promise.all([0, 1, 2, 3].map(work));
  const begun = await api.post('/v1/operations/key-rotation', undefined);
  const { id: newKey } = begun.body;
  expect(newKey).not.toBe(earlierKey);
  // a second one is the same
  expect((await api.post('/v1/operations/key-rotation', undefined)).body.id).toBe(newKey);
  expect(Date.parse(begun.body.sealsFrom) - Date.parse(begun.body.madeAt)).toBe(60_000);
  await shared.refreshKeys();
  expect(shared.keyring.readKeyId()).toBe(earlierKey);
  await sql`update data_keys set seals_from = now() where id = ${newKey}`;
  await shared.refreshKeys();
  expect(shared.keyring.readKeyId()).toBe(newKey);
  const before = (await findRotation(sql))!.fields;
  expect(before.filter(({ left }) => left === 0).map(({ field }) => field)).toEqual([]);
  let sealed = 0;
  for (let complete = false; !complete;) {
    // two workers, and requests, at once
    const passes = await Promise.all([0, 1].map(() => sealEverything(sql, shared.keyring, NOW)));
    complete = passes.some((pass) => pass.complete);
    sealed += passes.reduce((sum, pass) => sum + pass.sealed, 0);
  }
  over = true;
  await working;
  expect(sealed).toBeGreaterThan(500);
  expect([...statuses.keys()].sort()).toEqual([
    'change 200',
    'duplicate 409',
    'idempotent 201',
    'idempotent 422',
    'read 200',
    'rename 200',
  ]);
  expect(statuses.get('idempotent 201')).toBe(2 * statuses.get('idempotent 422')!);

  expect(await listKeysUsed()).toEqual(new Set([newKey]));
  expect((await api.get(`/v1/documents/${documentId}/content`)).body).toMatch(/^%PDF-/);
  const empty = [...(await readSealed())].filter(([, texts]) => texts.length === 0).map(([name]) => name);
  expect(empty).toEqual([]);
  expect(await sql`select from practices where tin_hash_key is distinct from ${newKey}`).toHaveLength(0);
  expect(await sql`select from idempotency_keys where body_hash is not null`).toHaveLength(0);
  const rows = await sql<{ id: string; tinSealed: string; tinHash: Buffer }[]>`
    select id, tin_sealed, tin_hash from practices where client_id = ${client.id}`;
  for (const { id, tinSealed, tinHash } of rows) {
    const tin = openField(shared.keyring, 'practice.tin', id, tinSealed);
    expect(tinHash).toEqual(shared.keyring.computeLookupHash(tin.replace('-', '')));
  }
  const opened = await sql<{ dea: { number: string; numberSealed: string }[] }[]>`
    select dea from providers where id = ${clear}`;
  const [{ number, numberSealed }] = opened[0]!.dea as [{ number: string; numberSealed: string }];
  expect(openField(shared.keyring, 'provider.dea', clear, numberSealed)).toBe(dea[0]!.number);
  expect(number).toBe(`****${dea[0]!.number.slice(-4)}`);

  const done = (await api.get('/v1/operations/key-rotation')).body;
  expect(done).toMatchObject({
    id: newKey,
    sealedAllAt: expect.any(String),
    earlier: [{ id: earlierKey, used: false }],
  });
  expect(done.fields.every(({ left }: { left: number }) => left === 0)).toBe(true);
});

test('practices that are on two keys are merged by their tax ids, and others are not', async () => {
  const client = await api.make('/v1/clients', CLIENT);
  const [tin, other] = [inventTin(), inventTin()];
  const make = (one: typeof tin) =>
    api.make(`/v1/clients/${client.id}/practices`, { ...PRACTICE, tin: one, evenIfExists: true });
  const [first, second, third] = [await make(tin), await make(tin), await make(other)];
  for (const [{ id }, { value }] of [
    [second, tin],
    [third, other],
  ] as const)
    await sql`
      update practices set tin_sealed = ${testKeyring.seal(value, SEALED_FIELDS['practice.tin'].name(id))},
        tin_hash = ${testKeyring.computeLookupHash(value.replace('-', ''))}, tin_hash_key = 'test'
      where id = ${id}`;
  const merge = ({ id }: { id: string }) =>
    api.post(`/v1/practices/${id}/merge`, { into: first.id, reason: 'the same' });
  expect((await merge(third)).status).toBe(400);
  expect((await merge(second)).status).toBe(200);
});

test('what an earlier version left is sealed at once by the key that it knows, and by a data key after an hour', async () => {
  const database = await createTestDatabase();
  const own = createDatabase(database.url, { max: 4 });
  const clientId = randomUUID();
  const providerId = randomUUID();
  await own`insert into clients (id, name, contact_email, time_zone) values (${clientId}, 'C', 'c@example.org', 'UTC')`;
  const personId = randomUUID();
  await own`insert into persons (id, npi) values (${personId}, '1234567893')`;
  const { malpractice, dea } = held(5);
  await own`
    insert into providers (id, client_id, person_id, first_name, last_name, email, malpractice, dea)
    values (${providerId}, ${clientId}, ${personId}, 'Ana', 'Ruiz', 'a@example.org', ${own.json(malpractice)}, ${own.json(dea)})`;
  await own`insert into idempotency_keys (id, body_hash) values (${randomUUID()}, '\\x00')`;
  const file = {
    attestedOn: null,
    licences: [],
    documents: [],
    authorisations: [],
    malpractice,
    dea,
  };
  const remind = (name: 'in clear' | 'masked') =>
    listUpkeepItems(
      name === 'in clear'
        ? file
        : {
            ...file,
            malpractice: { ...malpractice, policyNumber: '****CY-5' },
            dea: dea.map((one) => ({ ...one, number: `****${one.number.slice(-4)}` })),
          },
      '2099-01-01',
    ).map((item) => buildReminderKey(providerId, item, -30));
  for (const key of remind('in clear'))
    await own`
      insert into messages (client_id, key, recipient_type, recipient_id, template, not_before)
      values (${clientId}, ${key}, 'provider', ${providerId}, 'upkeep_due', now())`;

  const keys = await openWith(own, TEST_KEYS);
  expect(keys.keyring.readKeyId()).toBe('test');
  const [{ hours }] = await own<[{ hours: number }]>`
    select extract(epoch from seals_from - made_at)::int / 3600 as hours from data_keys`;
  expect(hours).toBe(1);
  expect(await sealEverything(own, keys.keyring, NOW)).toMatchObject({ keyId: 'test', complete: false });
  const read = async () =>
    (
      await own<{ malpractice: Record<string, string>; dea: Record<string, string>[] }[]>`
      select malpractice, dea from providers where id = ${providerId}`
    )[0]!;
  expect((await read()).malpractice.policyNumberSealed).toMatch(/^test\./);
  const queued = await own<{ key: string }[]>`select key from messages order by key`;
  expect(queued.map(({ key }) => key)).toEqual(remind('masked').sort());

  await own`update data_keys set seals_from = now()`;
  await keys.refreshKeys();
  await sealEverything(own, keys.keyring, NOW);
  expect(await sealEverything(own, keys.keyring, NOW)).toMatchObject({ complete: true });
  const { malpractice: cover, dea: registrations } = await read();
  expect(cover.policyNumberSealed).toMatch(/^data-/);
  expect(openField(keys.keyring, 'provider.malpractice', providerId, cover.policyNumberSealed!)).toBe('POLICY-5');
  expect(registrations[0]!.number).toBe(`****${dea[0]!.number.slice(-4)}`);
  // an earlier row says nothing of it
  expect(await own`select from earlier_rows where table_name = 'providers'`).toHaveLength(0);
  keys.stop();
  await own.end();
  await database.drop();
});

test('a new master key wraps every data key at once, and a backup from before opens with both', async () => {
  const database = await createTestDatabase();
  const own = createDatabase(database.url, { max: 4 });
  const before = await openWith(own, TEST_KEYS);
  const sealed = before.keyring.seal('123456789', 'a row');
  const backup = await own`select * from data_keys`;
  await sealEverything(own, before.keyring, NOW);

  const both = `${OTHER},${TEST_KEYS}`;
  const after = await openWith(own, both);
  expect(after.keyring.open(sealed, 'a row')).toBe('123456789');
  const wrapped = await own<{ masterId: string }[]>`select master_id from data_keys`;
  // the one that was there, and one by which all is to be sealed from now on
  expect(wrapped.map(({ masterId }) => masterId)).toEqual(['other', 'other']);
  expect(await openWith(own, OTHER)).toMatchObject({ keyring: { readKeyId: expect.any(Function) } });
  expect((await openWith(own, OTHER)).keyring.open(sealed, 'a row')).toBe('123456789');
  await openWith(own, both);
  expect(await own`select from data_keys`).toHaveLength(2);

  await own`delete from data_keys`;
  await own`insert into data_keys ${own(backup)}`;
  await expect(openWith(own, OTHER)).rejects.toThrow('lacks the key test');
  const restored = await openWith(own, both);
  expect(restored.keyring.open(sealed, 'a row')).toBe('123456789');
  await own.end();
  await database.drop();
});

test('a key of one client, and every role but admin, begins no rotation', async () => {
  const client = await api.make('/v1/clients', CLIENT);
  const keys = [await api.keyOf('lead'), await api.keyOf('admin', [client.id])];
  for (const key of keys) expect((await api.post('/v1/operations/key-rotation', undefined, { key })).status).toBe(403);
});

test('what one master key wrapped opens under no other name', async () => {
  const kept = await testKeyWrapper.wrapKey(Buffer.alloc(32, 1), 'data_keys/a');
  await expect(testKeyWrapper.unwrapKey(kept, 'data_keys/b')).rejects.toThrow();
});
