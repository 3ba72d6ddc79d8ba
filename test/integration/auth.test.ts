import { ADDRESS, ADMIN_KEY, CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, listBrokenRules } from '../support/api';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

/** A client with one of everything. */
async function client() {
  const { id } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${id}/practices`, { ...PRACTICE, locations: [{ address: ADDRESS }] });
  const provider = await api.make(`/v1/clients/${id}/providers`, PROVIDER);
  return { id, practice, provider };
}

describe('who one is', () => {
  test.each([
    ['no key', ''],
    ['a key that nobody has', 'cs_nobody'],
    ['the admin key, shortened', ADMIN_KEY.slice(0, -1)],
    ['the admin key in other letters', ADMIN_KEY.toUpperCase()],
  ])('%s answers 401 before anything else is said', async (_, key) => {
    for (const path of ['/v1/clients', '/v1/nothing', '/v1/clients/7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11']) {
      const { status, headers, body } = await api.post(path, '{ not json', { key });
      expect([status, body.type]).toEqual([401, 'urn:countersign:problem:unauthenticated']);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('what needs no key needs none', async () => {
    for (const path of ['/healthz', '/openapi.json', '/docs'])
      expect((await api.get(path, { key: '' })).status).toBe(200);
    expect((await api.get('/', { key: '' })).headers.get('location')).toBe('/docs');
  });

  test('a key works until it is revoked, and is never shown again', async () => {
    const made = await api.make('/v1/api-keys', { name: 'An auditor', role: 'auditor' });
    expect(made.key).toMatch(/^cs_[\w-]{43}$/);
    expect((await api.get('/v1/clients', { key: made.key })).status).toBe(200);

    const { key, ...known } = made;
    const path = `/v1/api-keys/${made.id}`;
    expect((await api.get(path)).body).toEqual({ ...known, revokedAt: null });
    expect((await api.get('/v1/api-keys')).body.items).toContainEqual(known);
    const stored = await api.deps.sql`
      select to_jsonb(k)::text as text from api_keys k union all select to_jsonb(a)::text from audit_log a`;
    expect(stored.map(({ text }) => text).join()).not.toContain(key);

    expect((await api.call('DELETE', path)).status).toBe(204);
    expect((await api.get('/v1/clients', { key })).status).toBe(401);
    expect((await api.get(path)).body.revokedAt).not.toBeNull();
  });

  test('a key that expired everywhere on Earth opens nothing, one whose last day lasts somewhere does', async () => {
    // in UTC-12, where the day ends last
    const day = (offset: number) => new Date(Date.now() - 43_200_000 + offset * 86_400_000).toISOString().slice(0, 10);
    const make = () => api.make('/v1/api-keys', { name: 'k', role: 'lead', expiresOn: day(0) });
    const [over, current] = [await make(), await make()];
    await api.deps.sql`update api_keys set expires_on = ${day(-1)} where id = ${over.id}`;
    expect((await api.get('/v1/clients', { key: over.key })).status).toBe(401);
    expect((await api.get('/v1/clients', { key: current.key })).status).toBe(200);
  });

  test('a key that would have expired already is refused', async () => {
    const made = await api.post('/v1/api-keys', { name: 'k', role: 'lead', expiresOn: '2026-01-01' });
    expect([made.status, listBrokenRules(made)]).toEqual([400, ['expiresOn not_in_past']]);
  });
});

describe('what one may see', () => {
  test("another client's things do not exist", async () => {
    const [mine, theirs] = [await client(), await client()];
    const key = await api.keyOf('specialist', [mine.id]);
    const hidden = [
      `/v1/clients/${theirs.id}`,
      `/v1/clients/${theirs.id}/practices`,
      `/v1/clients/${theirs.id}/providers`,
      `/v1/clients/${theirs.id}/documents`,
      `/v1/practices/${theirs.practice.id}`,
      `/v1/providers/${theirs.provider.id}`,
      `/v1/providers/${theirs.provider.id}/attestations`,
    ];
    const nowhere = (await api.get('/v1/providers/7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11', { key })).body;
    for (const path of hidden) {
      expect((await api.get(path, { key })).body).toEqual(nowhere);
      expect(
        (
          await api.get(
            path
              .replace(theirs.id, mine.id)
              .replace(theirs.practice.id, mine.practice.id)
              .replace(theirs.provider.id, mine.provider.id),
            { key },
          )
        ).status,
      ).toBe(200);
    }
    for (const path of [
      `/v1/clients/${theirs.id}`,
      `/v1/practices/${theirs.practice.id}`,
      `/v1/providers/${theirs.provider.id}`,
    ])
      expect((await api.patch(path, { colour: 'red' }, { key })).status).toBe(404);
    for (const path of hidden.slice(1, 4)) expect((await api.post(path, { colour: 'red' }, { key })).status).toBe(404);
    expect((await api.post(hidden[6]!, {}, { key })).status).toBe(404);
    const { items } = (await api.get('/v1/clients', { key })).body;
    expect(items.map(({ id }: { id: string }) => id)).toEqual([mine.id]);
  });

  test('nobody can tell that another client has the same clinician', async () => {
    const [mine, theirs] = [await api.make('/v1/clients', CLIENT), await client()];
    const key = await api.keyOf('specialist', [mine.id]);
    const npi = '1000000004';
    const first = await api.post(`/v1/clients/${mine.id}/providers`, PROVIDER, { key });
    const alone = await api.post(`/v1/clients/${mine.id}/providers`, { ...PROVIDER, npi }, { key });
    const shape = ({ status, body }: typeof first) => [status, Object.keys(body), body.version, body.attestation];
    expect(shape(first)).toEqual(shape(alone));
    expect(JSON.stringify(first.body)).not.toContain(theirs.provider.id);
    const again = await api.post(`/v1/clients/${mine.id}/providers`, PROVIDER, { key });
    expect(again.body.existingId).toBe(first.body.id);
  });

  test('an id that is none is nowhere', async () => {
    for (const path of ['/v1/clients/1', '/v1/clients/%00', "/v1/providers/'%20or%201=1", '/v1/payers/NaN'])
      expect((await api.get(path)).status).toBe(404);
  });
});

describe('what one may do', () => {
  const reads = (c: Awaited<ReturnType<typeof client>>) => [
    '/v1/clients',
    '/v1/payers',
    `/v1/clients/${c.id}`,
    `/v1/practices/${c.practice.id}`,
    `/v1/providers/${c.provider.id}`,
    `/v1/clients/${c.id}/documents`,
  ];
  const writes = (c: Awaited<ReturnType<typeof client>>): [string, string][] => [
    ['POST', `/v1/clients/${c.id}/practices`],
    ['POST', `/v1/clients/${c.id}/providers`],
    ['POST', `/v1/clients/${c.id}/documents`],
    ['POST', `/v1/providers/${c.provider.id}/attestations`],
    ['PATCH', `/v1/clients/${c.id}`],
    ['PATCH', `/v1/practices/${c.practice.id}`],
    ['PATCH', `/v1/providers/${c.provider.id}`],
  ];

  test.each(['agent', 'auditor', 'client', 'service'])(
    'the role %s reads the registry and changes nothing',
    async (role) => {
      const own = await client();
      const key = await api.keyOf(role, [own.id]);
      for (const path of reads(own)) expect((await api.get(path, { key })).status).toBe(200);
      for (const [method, path] of writes(own)) {
        const { status, body } = await api.call(method, path, { key, body: { colour: 'red' } });
        expect([status, body.type]).toEqual([403, 'urn:countersign:problem:forbidden']);
      }
      const [refused] = await api.deps.sql`
      select count(*) from audit_log where outcome = 'refused' and client_id = ${own.id} and detail->>'problem' = 'forbidden'`;
      expect(refused!.count).toBe(writes(own).length);
    },
  );

  test.each(['lead', 'specialist'])('the role %s works the registry of its clients', async (role) => {
    const own = await client();
    const key = await api.keyOf(role, [own.id]);
    for (const [method, path] of writes(own))
      expect((await api.call(method, path, { key, body: { colour: 'red' } })).status).toBe(400);
    expect((await api.patch(`/v1/clients/${own.id}`, { name: 'Renamed' }, { key })).status).toBe(200);
  });

  test('what all clients share is not for a key that is scoped to some', async () => {
    const own = await client();
    const payer = await api.make('/v1/payers', PAYER);
    const [scoped, all] = [await api.keyOf('lead', [own.id]), await api.keyOf('lead')];
    expect((await api.post('/v1/clients', CLIENT, { key: scoped })).status).toBe(403);
    expect((await api.patch(`/v1/payers/${payer.id}`, { aliases: [] }, { key: scoped })).status).toBe(403);
    expect((await api.post('/v1/clients', CLIENT, { key: all })).status).toBe(201);
    expect((await api.patch(`/v1/payers/${payer.id}`, { aliases: [] }, { key: all })).status).toBe(200);
  });

  test('a client sees payers, but not how the operator works them', async () => {
    const own = await client();
    const payer = await api.make('/v1/payers', {
      ...PAYER,
      name: 'Worked',
      playbook: { questions: ['our own words'] },
    });
    const seen = await api.get(`/v1/payers/${payer.id}`, { key: await api.keyOf('client', [own.id]) });
    expect(seen.body).toMatchObject({ name: 'Worked' });
    expect(JSON.stringify(seen.body)).not.toContain('our own words');
  });
});

describe('keys and users', () => {
  test('only an admin makes keys; leads, specialists and the rest are refused', async () => {
    const own = await client();
    for (const role of ['lead', 'specialist', 'agent', 'auditor', 'client', 'service']) {
      const key = await api.keyOf(role, role === 'client' ? [own.id] : undefined);
      expect((await api.post('/v1/api-keys', { name: 'k', role: 'agent' }, { key })).status).toBe(403);
      expect((await api.get('/v1/api-keys', { key })).status).toBe(role === 'auditor' ? 200 : 403);
    }
  });

  test('a key can grant no more than its maker has', async () => {
    const [own, other] = [await client(), await client()];
    const key = await api.keyOf('admin', [own.id]);
    const grant = (clientIds?: string[]) => api.post('/v1/api-keys', { name: 'k', role: 'agent', clientIds }, { key });
    expect((await grant([own.id])).status).toBe(201);
    expect((await grant()).status).toBe(403);
    const beyond = await grant([own.id, other.id]);
    expect([beyond.status, ...listBrokenRules(beyond)]).toEqual([400, 'clientIds.1 unknown_reference']);

    const made = await api.make('/v1/api-keys', { name: 'k', role: 'agent' });
    expect((await api.call('DELETE', `/v1/api-keys/${made.id}`, { key })).status).toBe(404);
  });

  test('a key or user of role client names the clients that it sees, or is nobody', async () => {
    const person = { name: 'Kim', email: 'kim@example.org', role: 'client' };
    for (const [path, body] of [
      ['/v1/api-keys', { name: 'k', role: 'client' }],
      ['/v1/users', person],
    ] as const) {
      const refused = await api.post(path, body);
      expect([refused.status, ...listBrokenRules(refused)]).toEqual([400, 'clientIds required']);
    }
    const { sql } = api.deps;
    const clientIds = [(await client()).id];
    await api.make('/v1/users', { ...person, clientIds });
    const { id, key } = await api.make('/v1/api-keys', { name: 'k', role: 'client', clientIds });
    for (const table of ['users', 'api_keys'])
      await expect(sql`update ${sql(table)} set client_ids = null where role = 'client'`).rejects.toMatchObject({
        code: '23514',
      });
    await sql`alter table api_keys drop constraint api_keys_client_is_scoped`;
    await sql`update api_keys set client_ids = null where id = ${id}`;
    expect((await api.get('/v1/clients', { key })).status).toBe(401);
  });

  test('a lead adds users, but no admin', async () => {
    const key = await api.keyOf('lead');
    const input = { name: 'Sam', email: 'sam@example.org', role: 'specialist', team: 'North' };
    const made = await api.post('/v1/users', input, { key });
    expect(made.body).toMatchObject({ ...input, clientIds: null });
    expect((await api.get(made.headers.get('location')!)).body).toEqual(made.body);
    expect((await api.get('/v1/users', { key })).body.items).toContainEqual(made.body);
    const again = await api.post('/v1/users', { ...input, email: 'SAM@example.org' }, { key });
    expect(again.body).toMatchObject({ status: 409, existingId: made.body.id });
    expect((await api.post('/v1/users', { ...input, email: 'x@example.org', role: 'admin' }, { key })).status).toBe(
      403,
    );
    expect((await api.post('/v1/users', input, { key: await api.keyOf('specialist') })).status).toBe(403);
    expect(listBrokenRules(await api.post('/v1/users', { ...input, role: 'king', clientIds: [] }, { key }))).toEqual([
      'role one_of',
      'clientIds min_items',
    ]);
  });
});
