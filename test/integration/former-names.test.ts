import { randomUUID } from 'node:crypto';
import { emitEvent } from '../../record/outreach/event-feed';
import { createTasks } from '../../record/kernel/tasks';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply, listBrokenRules } from '../support/api';
import { inventNpi } from '../support/file';
import { daysAhead, TODAY } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const client = async (): Promise<string> => (await api.make('/v1/clients', CLIENT)).id;
const provider = async (clientId?: string): Promise<string> =>
  (await api.make(`/v1/clients/${clientId ?? (await client())}/providers`, { ...PROVIDER, npi: inventNpi() })).id;
const user = async (): Promise<string> =>
  (await api.make('/v1/users', { name: 'Dana', email: `${randomUUID()}@example.org`, role: 'lead' })).id;
const leaving = { on: TODAY, source: 'letter', reference: 'L-1' };
const end = { ...leaving, reason: 'other', applications: 'withdraw' };

async function possibleExclusion(): Promise<string> {
  const id = await provider();
  await api.make(`/v1/providers/${id}/exclusion-checks`, { source: 'sam', checkedOn: TODAY, result: 'possible' });
  const { items } = (await api.get(`/v1/providers/${id}/exclusions`)).body;
  return `/v1/providers/${id}/exclusions/${items[0].id}/decision`;
}

async function task(): Promise<string> {
  const subject = { subjectType: 'platform_relationship', subjectId: randomUUID() };
  await createTasks(api.deps.sql, [
    {
      key: randomUUID(),
      clientId: await client(),
      kind: 'platform_inquiry',
      ...subject,
      dueAt: new Date().toISOString(),
    },
  ]);
  return (await api.get(`/v1/tasks?subjectId=${subject.subjectId}`)).body.items[0].id;
}

async function relationship(): Promise<string> {
  const payer = await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });
  const body = { providerId: await provider(), platform: 'Headway', payerIds: [payer.id] };
  return (await api.make('/v1/platform-relationships', body)).id;
}

async function back(kind: 'providers' | 'clients', id: string): Promise<string> {
  await api.make(`/v1/${kind}/${id}/end`, { ...end, on: daysAhead(9) });
  return `/v1/${kind}/${id}/return`;
}

/** Every body that has a field under two names: where it goes, what is beside the field, and what it can be. */
const BODIES: {
  name: string;
  old: string;
  path: () => Promise<string>;
  method?: string;
  rest: object;
  value: () => Promise<unknown>;
  required?: true;
  shown?: false;
}[] = [
  {
    name: 'substitute',
    old: 'coveredBy',
    path: async () => `/v1/users/${await user()}/covers`,
    rest: { fromOn: TODAY, untilOn: daysAhead(2) },
    value: user,
    required: true,
  },
  {
    name: 'assignee',
    old: 'to',
    path: async () => `/v1/users/${await user()}/reassignment`,
    rest: {},
    value: user,
    required: true,
    shown: false,
  },
  {
    name: 'decision',
    old: 'result',
    path: possibleExclusion,
    rest: { reason: 'another person' },
    value: async () => 'dismissed',
    required: true,
    shown: false,
  },
  {
    name: 'notes',
    old: 'note',
    path: async () => `/v1/tasks/${await task()}/completion`,
    rest: {},
    value: async () => 'they called back',
  },
  {
    name: 'notes',
    old: 'note',
    method: 'PUT',
    path: async () => `/v1/platform-relationships/${await relationship()}/checklist/claims`,
    rest: {},
    value: async () => 'asked for',
  },
  {
    name: 'notes',
    old: 'note',
    path: async () =>
      `/v1/practices/${(await api.make(`/v1/clients/${await client()}/practices`, { ...PRACTICE, npi: inventNpi() })).id}/portal-access`,
    rest: { portal: 'Availity', payerIds: [], holder: 'Dana', status: 'active', on: TODAY },
    value: async () => 'by text message',
  },
  {
    name: 'notes',
    old: 'words',
    path: async () => `/v1/providers/${await provider()}/end`,
    rest: end,
    value: async () => 'moves away',
  },
  {
    name: 'notes',
    old: 'words',
    path: async () => back('providers', await provider()),
    rest: leaving,
    value: async () => 'stays after all',
  },
  {
    name: 'notes',
    old: 'words',
    path: async () => back('clients', await client()),
    rest: leaving,
    value: async () => 'stays after all',
  },
];

describe('a field that had another name', () => {
  for (const { name, old, path, method = 'POST', rest, value, required, shown } of BODIES) {
    const what = `${name}, once ${old}, of ${JSON.stringify(rest).slice(0, 60)}`;

    test(`is taken under both names and answered under both: ${what}`, async () => {
      for (const sent of [name, old]) {
        const given = await value();
        const reply = await api.call(method, await path(), { body: { ...rest, [sent]: given } });
        expect({ sent, refused: reply.status < 300 ? null : reply.body }).toEqual({ sent, refused: null });
        if (shown !== false) expect(reply.body).toMatchObject({ [name]: given, [old]: given });
      }
    });

    test(`is refused under both names at once${required ? ', and under none' : ''}: ${what}`, async () => {
      const given = await value();
      const at = await path();
      const both = await api.call(method, at, { body: { ...rest, [name]: given, [old]: given } });
      expect([both.status, listBrokenRules(both)]).toEqual([400, [`${old} one_name`]]);
      if (!required) return;
      const none = await api.call(method, at, { body: rest });
      expect([none.status, listBrokenRules(none)]).toEqual([400, [`${name} required`]]);
    });
  }

  test('is said to be deprecated, and what replaced it stands beside it, everywhere in the description', async () => {
    const { body: document } = await api.get('/openapi.json', { key: '' });
    const found: string[] = [];
    const alone: string[] = [];
    const look = (at: string, node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [field, schema] of Object.entries((node as { properties?: object }).properties ?? {})) {
        if (!(schema as { deprecated?: boolean }).deprecated) continue;
        const { description } = schema as { description: string };
        const [, name] = /^Old name of `(\w+)`$/.exec(description) ?? [];
        found.push(field);
        if (!name || !(name in (node as { properties: object }).properties)) alone.push(`${at}.${field}`);
      }
      for (const [field, inside] of Object.entries(node)) look(`${at}.${field}`, inside);
    };
    look('', document);
    expect(alone).toEqual([]);
    expect(new Set(found)).toEqual(new Set(['coveredBy', 'to', 'result', 'note', 'words', 'emittedId', 'rung']));
    const { parameters } = document.paths['/v1/events'].get;
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'after', deprecated: true }));
  });
});

describe('the feed of events', () => {
  const tell = (clientId: string) =>
    api.deps.sql.begin((tx) => emitEvent(tx, { clientId, type: 'follow_up.due', subjectId: randomUUID(), data: {} }));

  test('is read page by page to its end, and on from the last event; `after` is its cursor’s old name', async () => {
    const clientId = await client();
    const key = await api.keyOf('auditor', [clientId]);
    const read = async (query: string) => (await api.get(`/v1/events?${query}`, { key })).body;
    for (let n = 0; n < 5; n += 1) await tell(clientId);
    const all = await read('limit=5');
    expect([all.items.length, all.nextCursor]).toEqual([5, null]);

    const seen: string[] = [];
    let cursor: string | null = '0';
    while (cursor !== null) {
      const page: Reply['body'] = await read(`limit=2&cursor=${cursor}`);
      seen.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(all.items.map(({ id }: { id: string }) => id));

    const last = all.items.at(-1).seq;
    await tell(clientId);
    for (const name of ['cursor', 'after']) expect((await read(`${name}=${last}`)).items).toHaveLength(1);
  });

  test('refuses a cursor that is none, and both names at once', async () => {
    expect(listBrokenRules(await api.get('/v1/events?cursor=soon'))).toEqual(['cursor cursor']);
    expect(listBrokenRules(await api.get('/v1/events?after=-1'))).toEqual(['after cursor']);
    expect(listBrokenRules(await api.get('/v1/events?cursor=1&after=1'))).toEqual(['after one_name']);
  });
});

test('the local mailbox is a list like the others: page by page, the latest first', async () => {
  const { sql } = api.deps;
  const subjects = ['one', 'two', 'three'];
  for (const subject of subjects)
    await sql`insert into local_mailbox ${sql({ recipient: 'a@example.org', subject, text: '-', html: '-' })}`;
  const first = (await api.get('/v1/local-mailbox?limit=2')).body;
  const second = (await api.get(`/v1/local-mailbox?limit=2&cursor=${first.nextCursor}`)).body;
  const shown = [...first.items, ...second.items].map(({ subject }: { subject: string }) => subject);
  expect([shown, second.nextCursor]).toEqual([subjects.toReversed(), null]);
  expect((await api.get('/v1/local-mailbox?cursor=none')).status).toBe(400);
});
