import { randomUUID } from 'node:crypto';
import { CLIENT, TestApi, type Reply } from '../support/api';
import { eventually } from '../support/eventually';
import { daysAhead, TODAY } from '../support/system';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ connections: 10 });
});
afterAll(() => api.stop());

interface Key {
  id: string;
  key: string;
}
const client = async (): Promise<string> => (await api.make('/v1/clients', CLIENT)).id;
const mintKey = (body: object, key?: string): Promise<Key> =>
  api.make('/v1/api-keys', { name: 'minted', role: 'admin', ...body }, key ? { key } : {});
const addUser = async (): Promise<string> =>
  (await api.make('/v1/users', { name: 'Dana', email: `${randomUUID()}@example.org`, role: 'specialist' })).id;
const revoke = (id: string, { key, query = '' }: { key?: string; query?: string } = {}): Promise<Reply> =>
  api.call('DELETE', `/v1/api-keys/${id}${query}`, key ? { key } : {});
const opens = async ({ key }: Key): Promise<boolean> => (await api.get('/v1/payers', { key })).status === 200;
const listMade = async (id: string, key?: string): Promise<{ what: string; id: string; madeBy: string }[]> =>
  (await api.get(`/v1/api-keys/${id}/made`, key ? { key } : {})).body.items;

/** Has a key make one of everything that works on by itself. */
async function makeAll({ key }: Key) {
  const [user, substitute] = [await addUser(), await addUser()];
  const hook = { url: `https://hooks.example.org/${randomUUID()}`, types: ['follow_up.due'] };
  const endpoint = await api.make('/v1/webhook-endpoints', hook, { key });
  const { url: feed } = (await api.post(`/v1/users/${user}/calendar-feed`, undefined, { key })).body;
  const days = { fromOn: TODAY, untilOn: daysAhead(9) };
  const cover = await api.make(`/v1/users/${user}/covers`, { substitute, ...days }, { key });
  const goesOn = async () => ({
    endpoint: (await api.get('/v1/webhook-endpoints?limit=200')).body.items.some(({ id }: Key) => id === endpoint.id),
    feed: (await api.get(feed, { key: '' })).status === 200,
    cover: (await api.get(`/v1/users/${user}/covers`)).body.items.some(({ id }: Key) => id === cover.id),
  });
  return { user, endpoint, cover, goesOn };
}
const ALL = { endpoint: true, feed: true, cover: true };
const NONE = { endpoint: false, feed: false, cover: false };

describe('a key that is revoked', () => {
  test('takes along what it made, and what the keys that it made did', async () => {
    const stolen = await mintKey({});
    const child = await mintKey({}, stolen.key);
    const grandchild = await mintKey({ role: 'client', clientIds: [await client()] }, child.key);
    const [ofStolen, ofChild] = [await makeAll(stolen), await makeAll(child)];
    const other = await mintKey({});
    const ofOther = await makeAll(other);

    const made = await listMade(stolen.id);
    expect(made).toHaveLength(8);
    expect(made).toEqual(
      expect.arrayContaining([
        { what: 'api_key', id: child.id, madeBy: stolen.id },
        { what: 'api_key', id: grandchild.id, madeBy: child.id },
        { what: 'webhook_endpoint', id: ofStolen.endpoint.id, madeBy: stolen.id },
        { what: 'calendar_feed', id: ofChild.user, madeBy: child.id },
        { what: 'cover', id: ofChild.cover.id, madeBy: child.id },
      ]),
    );

    expect((await revoke(stolen.id)).status).toBe(204);
    expect(await Promise.all([stolen, child, grandchild].map(opens))).toEqual([false, false, false]);
    expect([await ofStolen.goesOn(), await ofChild.goesOn()]).toEqual([NONE, NONE]);
    expect([await listMade(stolen.id), await opens(other), await ofOther.goesOn()]).toEqual([[], true, ALL]);
  });

  test('leaves what it made where it is only replaced, until it is revoked without that', async () => {
    const old = await mintKey({});
    const child = await mintKey({}, old.key);
    const all = await makeAll(old);
    expect((await revoke(old.id, { query: '?made=kept' })).status).toBe(204);
    expect([await opens(old), await opens(child), await all.goesOn()]).toEqual([false, true, ALL]);
    expect(await listMade(old.id)).toHaveLength(4);
    expect((await revoke(old.id)).status).toBe(204);
    expect([await opens(child), await all.goesOn()]).toEqual([false, NONE]);
    expect((await revoke(old.id, { query: '?made=gone' })).status).toBe(400);
  });

  test('ends nothing that reaches further than the user who revokes it', async () => {
    const [a, b] = [await client(), await client()];
    const adminOfA = await mintKey({ clientIds: [a] });
    const { id: userId } = await api.make('/v1/users', {
      name: 'Robin',
      email: `${randomUUID()}@example.org`,
      role: 'admin',
      clientIds: [a, b],
    });
    const stolen = await mintKey({ userId });
    const [ofA, ofBoth] = [
      await mintKey({ clientIds: [a] }, stolen.key),
      await mintKey({ clientIds: [a, b] }, stolen.key),
    ];
    await api.patch(`/v1/users/${userId}`, { clientIds: [a] });
    expect((await listMade(stolen.id, adminOfA.key)).map(({ id }) => id)).toEqual([ofA.id]);
    expect((await revoke(stolen.id, { key: adminOfA.key })).status).toBe(204);
    expect(await Promise.all([stolen, ofA, ofBoth].map(opens))).toEqual([false, false, true]);
    expect((await listMade(stolen.id)).map(({ id }) => id)).toEqual([ofBoth.id]);
  });

  test('by the end of its user leaves what it made for programs, and lists it', async () => {
    const { id: userId } = await api.make('/v1/users', {
      name: 'Dana',
      email: `${randomUUID()}@example.org`,
      role: 'admin',
    });
    const [one, other] = [await mintKey({ userId }), await mintKey({ userId })];
    const children = [await mintKey({}, one.key), await mintKey({}, other.key)];
    const list = async () => (await api.get(`/v1/users/${userId}/made`)).body.items.map(({ id }: Key) => id);
    expect((await list()).toSorted()).toEqual(children.map(({ id }) => id).toSorted());
    expect((await api.post(`/v1/users/${userId}/end`, { workTo: null, reason: 'left' })).status).toBe(200);
    expect(await Promise.all([one, other, ...children].map(opens))).toEqual([false, false, true, true]);
    expect(await list()).toHaveLength(2);
    await revoke(one.id);
    expect(await list()).toEqual([children[1]!.id]);
  });

  test('makes nothing any more by a request that is under way', async () => {
    const { sql } = api.deps;
    const stolen = await mintKey({});
    const user = await addUser();
    const requests: [string, object | undefined][] = [
      ['/v1/api-keys', { name: 'late', role: 'admin' }],
      ['/v1/webhook-endpoints', { url: 'https://hooks.example.org/in', types: ['follow_up.due'] }],
      [`/v1/users/${user}/calendar-feed`, undefined],
      [`/v1/users/${user}/covers`, { substitute: await addUser(), fromOn: TODAY, untilOn: daysAhead(1) }],
    ];
    const replies: Promise<Reply>[] = [];
    await sql.begin(async (tx) => {
      await tx`update api_keys set revoked_at = now() where id = ${stolen.id}`;
      replies.push(...requests.map(([path, body]) => api.post(path, body, { key: stolen.key })));
      await eventually(async () => {
        const waiting = await sql`
          select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
        return waiting.length === requests.length;
      });
    });
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(await listMade(stolen.id)).toEqual([]);
  });
});
