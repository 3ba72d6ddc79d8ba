import { listRoutes } from '../../api/routes';
import { encodeCursor } from '../../api/kernel/schemas';
import { ADDRESS, CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply } from '../support/api';
import { TODAY } from '../support/system';

let api: TestApi;
/** Something that is there, by the room of the API that it is in. */
let ids: Record<string, string>;
beforeAll(async () => {
  api = await TestApi.start();
  const clients = (await api.make('/v1/clients', CLIENT)).id;
  const practices = (
    await api.make(`/v1/clients/${clients}/practices`, { ...PRACTICE, locations: [{ address: ADDRESS }] })
  ).id;
  const providers = (await api.make(`/v1/clients/${clients}/providers`, PROVIDER)).id;
  const payers = (await api.make('/v1/payers', PAYER)).id;
  const users = (await api.make('/v1/users', { name: 'Kim', email: 'kim@example.org', role: 'lead' })).id;
  const document = { kind: 'letter', name: 'Letter', sha256: '0'.repeat(64) };
  const relationship = { providerId: providers, platform: 'Alma', payerIds: [payers] };
  const key = { providerId: providers, practiceId: practices, payerId: payers, state: 'CA' };
  ids = {
    clients,
    practices,
    providers,
    payers,
    users,
    documents: (await api.make(`/v1/clients/${clients}/documents`, document)).id,
    'platform-relationships': (await api.make('/v1/platform-relationships', relationship)).id,
    // no worker is there: it is on record, and starts later
    applications: (await api.post('/v1/applications', key)).body.id,
  };
});
afterAll(() => api.stop());

const refusals = ({ status, body }: Reply) => [
  status,
  ...(body.errors ?? []).map(({ path, rule }: { path: string; rule: string }) => `${path} ${rule}`),
];

/** The lists of the API, each of something that is there. */
const lists = () =>
  listRoutes(api.deps)
    .filter(({ method, query }) => method === 'get' && query && 'cursor' in ((query as { shape?: object }).shape ?? {}))
    .map(({ path }) => path.replace(/^\/v1\/([\w-]+)\/\{id\}/, (_, room: string) => `/v1/${room}/${ids[room]}`));

test('a cursor that a caller made up is refused by every list, and breaks none', async () => {
  const id = ids.clients!;
  const times = [
    '0000-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    `2026-01-01T00:00:00.${'0'.repeat(150)}Z`,
    'now',
    1e300,
  ];
  const madeUp: unknown[] = [
    ...[1.5, 1e300, -1, 2 ** 53, '1', null].flatMap((count) => [count, [count, id]]),
    ...times.flatMap((at) => ['-updatedAt', 'submittedOn'].map((sort) => [sort, at, id])),
    ...[1.5, 1e300, 2 ** 31].flatMap((count) => [
      [count, TODAY, 0, '2026-01-01T00:00:00Z', id, 'submit'],
      [0, TODAY, count, '2026-01-01T00:00:00Z', id, 'submit'],
    ]),
    [0, '0000-01-01', 0, '2026-01-01T00:00:00Z', id, 'submit'],
    [0, TODAY, 0, '0000-01-01T00:00:00Z', id, 'submit'],
    ['-updatedAt', null, id],
    {},
    [],
    [[[[]]]],
  ];
  const cursors = [...madeUp.map(encodeCursor), '', 'x', '\u0000', '%00', '\u{1F642}'];
  const paths = lists();
  expect(paths.length).toBeGreaterThan(15);
  for (const path of paths) {
    const replies = await Promise.all(cursors.map((cursor) => api.get(`${path}?${new URLSearchParams({ cursor })}`)));
    const taken = cursors.filter((_cursor, place) => !refusals(replies[place]!).includes('cursor cursor'));
    expect([path, taken]).toEqual([path, []]);
  }
});

test('a cursor that a list gave leads on, whatever dates its rows have', async () => {
  const { sql } = api.deps;
  const read = (cursor: unknown[]) => api.get(`/v1/applications?sort=${cursor[0]}&cursor=${encodeCursor(cursor)}`);
  await sql`update applications set submitted_on = '9999-12-31', next_follow_up_at = '0001-01-01T00:00:00Z'`;
  expect((await api.get('/v1/applications')).body.items).toMatchObject([
    { submittedOn: '9999-12-31', nextFollowUpAt: '0001-01-01T00:00:00.000Z' },
  ]);
  for (const cursor of [
    ['submittedOn', '9999-12-31', ids.applications],
    ['submittedOn', null, ids.applications],
    ['nextFollowUpAt', '0001-01-01T00:00:00.000Z', ids.applications],
    ['-updatedAt', '2020-01-01T00:00:00.000Z', ids.applications],
  ])
    expect([cursor, (await read(cursor)).body]).toEqual([cursor, { items: [], nextCursor: null }]);
});

test('an instant of a year that PostgreSQL has not, or that is before all records, is refused', async () => {
  const { providers: providerId, practices: practiceId, payers: payerId } = ids;
  const asked = {
    providerId: providerId!,
    practiceId: practiceId!,
    payerId: payerId!,
    state: 'CA',
    dateOfService: TODAY,
  };
  for (const [asOf, rule] of [
    ['0000-01-01T00:00:00Z', 'date_range'],
    ['1899-12-31T23:59:59Z', 'date_range'],
    ['9999-12-31T00:00:00Z', 'not_in_future'],
    [`2026-01-01T00:00:00.${'0'.repeat(150)}Z`, 'instant'],
    ['2026-01-01', 'instant'],
  ]) {
    const query = new URLSearchParams({ ...asked, asOf: asOf! });
    expect(refusals(await api.get(`/v1/billing-readiness?${query}`))).toEqual([400, `asOf ${rule}`]);
    expect(refusals(await api.post('/v1/billing-readiness', { items: [{ ...asked, asOf }] }))).toEqual([
      400,
      `items.0.asOf ${rule}`,
    ]);
  }
});

test('a NUL or half a character is refused in a query, and finds nothing in a path', async () => {
  for (const bad of ['%00', 'a%00b'])
    for (const [query, refused] of [
      [`applications?q=${bad}`, 'q no_control_characters'],
      [`work-queue?team=${bad}`, 'team no_control_characters'],
      [`applications?payerId=${bad}`, 'payerId unknown_reference'],
      [`exclusions/imports?limit=${bad}`, 'limit limit'],
      [`events?after=${bad}`, 'after cursor'],
    ])
      expect([query, ...refusals(await api.get(`/v1/${query}`))]).toEqual([query, 400, refused]);
  for (const path of ['clients/%00', 'applications/%00/timeline', 'clients/a%00b/practices'])
    expect([path, (await api.get(`/v1/${path}`)).status]).toEqual([path, 404]);
  expect((await api.get('/v1/clients/%E0%A4%A')).status).toBe(400);
});

describe('an item that a list names twice is refused, and the second is named', () => {
  test('of what is known of platforms, whatever the case of its letters', async () => {
    const known = { question: 'bill_outside', answer: 'no', source: 'their terms', asOf: TODAY };
    const { payers: payerId } = ids;
    const put = (...items: object[]) => api.put('/v1/platform-knowledge', { items });
    const twice = await put(
      { platform: 'Alma', ...known },
      { platform: 'Alma', payerId, ...known },
      { platform: 'ALMA', payerId: null, ...known },
      { platform: 'alma', payerId, ...known },
    );
    expect(refusals(twice)).toEqual([400, 'items.2 unique', 'items.3 unique']);
    expect((await put({ platform: 'Alma', ...known }, { platform: 'Alma', payerId, ...known })).status).toBe(200);
  });

  test('of a practice’s locations, while new ones may look alike', async () => {
    const path = `/v1/practices/${ids.practices}`;
    const [{ id }] = (await api.get(path)).body.locations;
    const place = { address: ADDRESS };
    const twice = await api.patch(path, { locations: [{ id, ...place }, place, { id, ...place }] });
    expect(refusals(twice)).toEqual([400, 'locations.2 unique']);
    expect((await api.patch(path, { locations: [{ id, ...place }, place, place] })).body.locations).toHaveLength(3);
  });

  test('of a provider’s DEA numbers, a payer’s aliases and the parts of its playbook', async () => {
    const dea = { state: 'CA', number: 'AB1234563', expiresOn: '2099-01-31' };
    const provider = await api.patch(`/v1/providers/${ids.providers}`, { dea: [dea, dea] });
    expect(refusals(provider)).toEqual([400, 'dea.1 unique']);
    const payer = await api.patch(`/v1/payers/${ids.payers}`, {
      aliases: ['A', 'B', 'A'],
      covers: [ids.payers, ids.payers],
      playbook: {
        requires: ['npi', 'npi'],
        variants: [
          { state: 'CA', followUpEvery: { days: 7 } },
          { state: 'CA', kind: 'change', followUpEvery: { days: 7 } },
          { state: 'CA', followUpEvery: { days: 9 } },
        ],
      },
    });
    expect(refusals(payer)).toEqual([
      400,
      'aliases.2 unique',
      'covers.1 unique',
      'playbook.requires.1 unique',
      'playbook.variants.2 unique',
    ]);
  });
});

test('a body with more levels than any has is refused, with and without an Idempotency-Key', async () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  for (const levels of [100, 10_000, 200_000])
    for (const headers of [undefined, { 'Idempotency-Key': `deep-${levels}` }]) {
      const body = `{"payerId":"${ids.payers}","applications":[{"id":"x","x":${deep(levels)}}],"channel":"phone"}`;
      expect(refusals(await api.call('POST', '/v1/contacts', { body, ...(headers && { headers }) }))).toEqual([
        400,
        ' max_levels',
      ]);
    }
});
