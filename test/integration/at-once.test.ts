import { randomUUID } from 'node:crypto';
import { emitEvent } from '../../record/outreach/event-feed';
import { endEndpoints } from '../../record/outreach/webhooks';
import { beginStep, type Db } from '../../runtime/database';
import type { TestApi } from '../support/api';
import { eventually } from '../support/eventually';
import { daysAhead, System } from '../support/system';

let system: System;
let api: TestApi;
beforeAll(async () => {
  system = await System.start();
  ({ api } = system);
});
afterAll(() => system.stop());

const ROUNDS = 12;
const AT_ONCE = 8;

/** The statuses of requests that are sent together, round after round. */
async function statusesOf(send: (n: number) => Promise<{ status: number }>): Promise<Set<number>> {
  const seen = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { status } of await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => send(round * AT_ONCE + i))))
      seen.add(status);
  return seen;
}

const waitForLock = () =>
  eventually(
    async () =>
      (await api.deps.sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
        .length > 0,
  );

test('callers who replace what is known of platforms at once all succeed, and the last one’s is what stays', async () => {
  const item = (platform: string) => ({
    platform,
    question: 'control_terms',
    source: 'their terms',
    asOf: daysAhead(-30),
    answer: 'no',
  });
  const put = (n: number) => api.put('/v1/platform-knowledge', { items: [item(n % 2 ? 'Alma' : 'Grow')] });
  expect(await statusesOf(put)).toEqual(new Set([200]));
  expect((await api.get('/v1/platform-knowledge')).body.items).toHaveLength(1);
});

test('two users who are made each other’s substitute at once stand in nobody’s way', async () => {
  const user = async () =>
    (await api.make('/v1/users', { name: 'Dana', email: `${randomUUID()}@operator.example`, role: 'specialist' })).id;
  const pairs = await Promise.all(Array.from({ length: ROUNDS }, async () => [await user(), await user()]));
  const dates = { fromOn: daysAhead(1), untilOn: daysAhead(5) };
  const seen = await statusesOf((n) => {
    const [one, other] = pairs[Math.floor(n / AT_ONCE)]!;
    const [owner, substitute] = n % 2 ? [one, other] : [other, one];
    return api.post(`/v1/users/${owner}/covers`, { substitute, ...dates });
  });
  // among those for the same days the first is taken
  expect(seen).toEqual(new Set([201, 409]));
});

test('an inquiry that gets another recipient while others close it answers everybody', async () => {
  const { providerId, clientId, payerId } = await system.file();
  const body = { providerId, platform: 'Alma', payerIds: [payerId] };
  const path = `/v1/platform-relationships/${(await api.make('/v1/platform-relationships', body)).id}/inquiry`;
  const recipients = [
    { type: 'client', id: clientId },
    { type: 'provider', id: providerId },
  ];
  const seen = await statusesOf((n) =>
    n % 2
      ? api.post(path, { recipient: recipients[n % 4 === 1 ? 0 : 1] })
      : api.post(`${path}/closing`, { reason: 'they have left' }),
  );
  expect([...seen].filter((status) => status >= 300)).toEqual([]);
});

test('payers that are merged in a ring at once answer 200 or 409, and none stands for itself', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const ring = await Promise.all([1, 2, 3].map(() => system.payer()));
    const replies = await Promise.all(
      ring.map((id, n) => api.post(`/v1/payers/${id}/merge`, { into: ring[(n + 1) % 3], reason: 'the same' })),
    );
    for (const { status } of replies) expect([200, 409]).toContain(status);
    const standIns = await Promise.all(ring.map(async (id) => (await api.get(`/v1/payers/${id}`)).body.mergedInto));
    expect(standIns.filter((one) => one === null)).toHaveLength(1);
  }
});

test('a provider who is renamed back while another user renames them has changed their name', async () => {
  const { sql } = api.deps;
  const { providerId } = await system.file();
  const path = `/v1/providers/${providerId}`;
  const { lastName } = (await api.get(path)).body;
  const { sent } = await sql.begin(async (tx) => {
    await tx`update providers set last_name = 'Elsewhere' where id = ${providerId}`;
    const sent = api.patch(path, { lastName });
    await waitForLock();
    return { sent };
  });
  expect((await sent).status).toBe(200);
  const { items } = (await api.get(`${path}/changes`)).body;
  expect(items).toMatchObject([{ field: 'name' }]);
});

describe('a request that meets the end of a webhook endpoint', () => {
  const TYPE = 'application.stage_changed';

  /** An endpoint with what was emitted for it. */
  async function endpoint() {
    const { sql } = api.deps;
    const { clientId } = await system.file();
    const url = 'https://hooks.example.com/in';
    const { id } = await api.make('/v1/webhook-endpoints', { url, types: [TYPE], clientIds: [clientId] });
    const send = (tx: Db) => emitEvent(tx, { clientId, type: TYPE, subjectId: randomUUID(), data: {} });
    const statuses = async () =>
      (await sql<{ status: string }[]>`select status from webhook_deliveries where endpoint_id = ${id}`).map(
        ({ status }) => status,
      );
    return { id: id as string, send, statuses };
  }

  /** Asks for something while a transaction that ends the endpoint is under way; returns what it came to. */
  const whileItEnds = async <T>(id: string, ask: () => Promise<T>): Promise<T> => {
    const { asked } = await api.deps.sql.begin(async (tx) => {
      await endEndpoints(tx, tx`select ${id}::uuid`);
      const asked = ask();
      await waitForLock();
      return { asked };
    });
    return asked;
  };

  test.each(['of the endpoint', 'of one delivery'])('sends no dead delivery again: a replay %s', async (which) => {
    const { sql } = api.deps;
    const { id, send, statuses } = await endpoint();
    await sql.begin(send);
    await sql`update webhook_deliveries set status = 'dead' where endpoint_id = ${id}`;
    const [delivery] = await sql<{ id: string }[]>`select id from webhook_deliveries where endpoint_id = ${id}`;
    const path =
      which === 'of the endpoint'
        ? `/v1/webhook-endpoints/${id}/replay`
        : `/v1/webhook-deliveries/${delivery!.id}/replay`;
    const { status, body } = await whileItEnds(id, () => api.post(path, undefined));
    expect([status, body]).toMatchObject([200, which === 'of the endpoint' ? { replayed: 0 } : { status: 'dead' }]);
    expect(await statuses()).toEqual(['dead']);
  });

  test('queues nothing for it', async () => {
    const { id, send, statuses } = await endpoint();
    await whileItEnds(id, () => api.deps.sql.begin(send));
    expect(await statuses()).toEqual([]);
  });

  test('and was there first is waited for by the end, which leaves nothing queued', async () => {
    const { sql } = api.deps;
    const { id, send, statuses } = await endpoint();
    const { ended } = await sql.begin(async (tx) => {
      await send(tx);
      const ended = api.call('DELETE', `/v1/webhook-endpoints/${id}`);
      await waitForLock();
      return { ended };
    });
    expect((await ended).status).toBe(204);
    expect(await statuses()).toEqual(['dead']);
  });

  test('waits for nobody else: what is emitted at once for one endpoint, called or replayed meanwhile, is queued', async () => {
    const { sql } = api.deps;
    const { id, send, statuses } = await endpoint();
    await sql.begin(async (tx) => {
      await tx`update webhook_endpoints set failures = failures + 1 where id = ${id}`;
      await send(tx);
      await sql.begin(send);
    });
    expect(await statuses()).toEqual(['queued', 'queued']);
  });
});

describe('two transactions that wait for each other', () => {
  /** Locks two payers one after the other, the second once the other transaction has its first. */
  async function cross(begin: (work: Parameters<typeof beginStep>[1]) => Promise<unknown>) {
    const [one, other] = [await system.payer(), await system.payer()];
    const tries: string[] = [];
    let [waiting, go] = [2, () => {}];
    const both = new Promise<void>((done) => (go = done));
    const work = (name: string, ids: string[]) =>
      begin(async (tx) => {
        tries.push(name);
        await tx`update payers set name = name || ${name} where id = ${ids[0]!}`;
        if (--waiting === 0) go();
        await both;
        await tx`update payers set name = name || ${name} where id = ${ids[1]!}`;
      });
    await Promise.all([work('<', [one, other]), work('>', [other, one])]);
    const rows = await api.deps.sql<
      { name: string }[]
    >`select name from payers where id in ${api.deps.sql([one, other])}`;
    return { tries, names: rows.map(({ name }) => name.replaceAll(/[^<>]/g, '').split('').toSorted().join('')) };
  }

  test.each([
    ['a change', (work: Parameters<typeof beginStep>[1]) => api.deps.sql.begin(work)],
    ['a step', (work: Parameters<typeof beginStep>[1]) => beginStep(api.deps.sql, work)],
  ])('%s that PostgreSQL undid is done again, once', async (_, begin) => {
    const { tries, names } = await cross(begin);
    expect(tries).toHaveLength(3);
    expect(names).toEqual(['<>', '<>']);
  });
});
