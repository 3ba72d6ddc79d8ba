import { randomUUID } from 'node:crypto';
import type { Delivery } from '../../dispatch/delivery';
import type { Dispatch } from '../../dispatch/dispatch';
import { MOST_RELAY_TRIES } from '../../domain/kernel/relay-tries';
import { acknowledgeCommand, keepCommand, handToRelay, settleCommand } from '../../record/applications/commands';
import { announceFact } from '../../record/kernel/subscribers';
import { claimRows, deleteDeliveredRows, postponeRow, renewLease } from '../../record/kernel/outbox';
import { findStuck, listStuck, retryStuck } from '../../record/operations/stuck';
import { startRelay, type Relay } from '../../worker/relay';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi } from '../support/api';
import { eventually } from '../support/eventually';
import { inventNpi } from '../support/file';
import { ADMIN } from '../support/principals';

const ACTOR = { type: 'system', id: 'test', name: 'Test' } as const;
const STATES = ['CA', 'NY', 'TX'];

let api: TestApi;
let clientId: string;
let practiceId: string;
let providerId: string;
const relays: Relay[] = [];
beforeAll(async () => {
  api = await TestApi.start();
  clientId = (await api.make('/v1/clients', CLIENT)).id;
});
beforeEach(async () => {
  practiceId = (await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() })).id;
  providerId = (await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() })).id;
  await api.deps.sql`delete from outbox`;
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await api.deps.sql`delete from outbox`;
  await api.deps.sql`update commands set settled_at = now() where settled_at is null`;
});
afterAll(() => api.stop());

/** A relay that reaches, instead of Temporal, what is given. */
function relayTo(given: Partial<Dispatch>, more: { leaseSeconds?: number } = {}): Relay {
  const { sql, dispatch, logger } = api.deps;
  const reachable = { isReachable: () => Promise.resolve(true) };
  const relay = startRelay({ sql, logger, dispatch: { ...dispatch, ...reachable, ...given }, ...more });
  relays.push(relay);
  return relay;
}

/** Lists the stuck items. */
const stuck = async () => (await listStuck(api.deps.sql, ADMIN, { limit: 10 })).items;

/** Open applications of the practice, one a state; nothing waits in the outbox for them. */
async function applications(count: number): Promise<string[]> {
  const { id: payerId } = await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });
  const made: string[] = [];
  for (const state of STATES.slice(0, count))
    made.push((await api.post('/v1/applications', { providerId, practiceId, payerId, state })).body.id);
  await api.deps.sql`delete from outbox`;
  return made;
}

/** Commands of an application that the relay is to deliver, in this order. */
async function waiting(applicationId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  for (const id of ids) {
    const body = { text: 'x', visibility: 'internal' } as const;
    await keepCommand(api.deps.sql, { id, clientId, applicationId, action: 'notes', body }, ACTOR);
    await handToRelay(api.deps.sql, id);
  }
  return ids;
}

/** Delivers commands by `outcome`, and remembers which. */
function deliverer(outcome: (id: string) => Promise<Delivery> | Delivery) {
  const delivered: string[] = [];
  return {
    delivered,
    deliverCommand: async (id: string): Promise<Delivery> => {
      delivered.push(id);
      const delivery = await outcome(id);
      if (delivery.status === 'recorded') {
        await settleCommand(api.deps.sql, id, null);
        await acknowledgeCommand(api.deps.sql, id);
      }
      return delivery;
    },
  };
}
const RECORDED: Delivery = { status: 'recorded' };
const LATE: Delivery = { status: 'on_its_way' };

/** Records which applications are notified of a changed file, each with `outcome`. */
function recordNotices(outcome: (id: string) => Promise<void> | void) {
  const notified: string[] = [];
  return {
    notified,
    notifyFileChanged: async (id: string): Promise<void> => {
      notified.push(id);
      await outcome(id);
    },
  };
}
const once = (failing: string) => {
  let failed = false;
  return (id: string): void => {
    if (id !== failing || failed) return;
    failed = true;
    throw new Error('gone');
  };
};
/** Something that goes on until it is let go. */
function held() {
  let release = () => undefined as void;
  const over = new Promise<void>((resolve) => (release = resolve));
  return { over, release: () => release() };
}

const commandRow = async (id: string) => (await api.deps.sql`select * from commands where id = ${id}`)[0]!;
const nothingLeft = async () => (await api.deps.sql`select from outbox where dead_at is null`).length === 0;

describe('commands', () => {
  test('fifty commands that one application does not take keep none of another application waiting', async () => {
    const [stuck, other] = await applications(2);
    const stuckIds = await waiting(stuck!, 50);
    const otherIds = await waiting(other!, 5);
    const { over, release } = held();
    const { delivered, deliverCommand } = deliverer((id) => (otherIds.includes(id) ? RECORDED : over.then(() => LATE)));
    relayTo({ deliverCommand });
    await eventually(() => otherIds.every((id) => delivered.includes(id)));
    expect(delivered.filter((id) => stuckIds.includes(id))).toEqual([stuckIds[0]]);
    release();
  });

  test('those of one application are delivered one at a time, in the order in which they were received', async () => {
    const [application] = await applications(1);
    const ids = await waiting(application!, 20);
    let atOnce = 0;
    let most = 0;
    const { delivered, deliverCommand } = deliverer(async () => {
      most = Math.max(most, (atOnce += 1));
      await api.deps.sql`select 1`;
      atOnce -= 1;
      return RECORDED;
    });
    relayTo({ deliverCommand });
    relayTo({ deliverCommand });
    await eventually(() => delivered.length === ids.length);
    expect(delivered).toEqual(ids);
    expect(most).toBe(1);
  });

  test('one that its application does not take in time is tried again before those behind it', async () => {
    const [application] = await applications(1);
    const ids = await waiting(application!, 3);
    let late = 1;
    const { delivered, deliverCommand } = deliverer(() => (late-- > 0 ? LATE : RECORDED));
    relayTo({ deliverCommand });
    await eventually(() => delivered.length === 4);
    expect(delivered).toEqual([ids[0], ...ids]);
  });

  test('one that fails by itself lets those behind it pass', async () => {
    const [application] = await applications(1);
    const ids = await waiting(application!, 3);
    const { delivered, deliverCommand } = deliverer((id) => {
      if (id === ids[0]) throw new TypeError('a defect');
      return RECORDED;
    });
    relayTo({ deliverCommand });
    await eventually(() => delivered.includes(ids[2]!));
    expect(await commandRow(ids[0]!)).toMatchObject({ attempts: 1, lastError: 'TypeError', deadAt: null });
  });

  test('one that is never taken ends dead, lets those behind it pass, and is delivered once a person revives it', async () => {
    const [application] = await applications(1);
    const [first, second] = await waiting(application!, 2);
    const { sql } = api.deps;
    await sql`update commands set attempts = ${MOST_RELAY_TRIES - 1} where id = ${first!}`;
    let well = false;
    const { delivered, deliverCommand } = deliverer((id) => (id === second || well ? RECORDED : LATE));
    relayTo({ deliverCommand });
    await eventually(() => delivered.includes(second!));
    expect(delivered).toEqual([first, second]);
    const dead = {
      kind: 'command',
      id: first,
      clientId,
      what: 'notes',
      applicationId: application,
      cause: 'no_answer',
    };
    expect(await stuck()).toMatchObject([dead]);
    expect((await commandRow(first!)).attempts).toBe(MOST_RELAY_TRIES);

    well = true;
    expect(await retryStuck(sql, ADMIN, (await stuck())[0]!)).toBe(true);
    await eventually(async () => (await commandRow(first!)).settledAt !== null);
    expect(await stuck()).toEqual([]);
    expect(await findStuck(sql, ADMIN, first!)).toBeNull();
  });

  test('a try that finds Temporal away counts for nothing', async () => {
    const [application] = await applications(1);
    const [id] = await waiting(application!, 1);
    await api.deps.sql`update commands set attempts = ${MOST_RELAY_TRIES - 1} where id = ${id!}`;
    const { deliverCommand } = deliverer(() => LATE);
    relayTo({ deliverCommand, isReachable: () => Promise.resolve(false) });
    await eventually(async () => (await commandRow(id!)).lastError !== null);
    expect(await commandRow(id!)).toMatchObject({
      attempts: MOST_RELAY_TRIES - 1,
      lastError: 'no_answer',
      deadAt: null,
    });
  });

  test('what is in the hands of the API that took it is not delivered beside it', async () => {
    const [mine, other] = await applications(2);
    const command = { clientId, action: 'notes', body: { text: 'x', visibility: 'internal' } } as const;
    await keepCommand(api.deps.sql, { ...command, id: randomUUID(), applicationId: mine! }, ACTOR);
    const ids = await waiting(other!, 3);
    const { delivered, deliverCommand } = deliverer(() => RECORDED);
    relayTo({ deliverCommand });
    await eventually(() => delivered.length === 3);
    expect(delivered).toEqual(ids);
  });
});

describe('the outbox', () => {
  const changePractice = () => announceFact(api.deps.sql, 'practice file changed', practiceId);

  test('a recipient that takes long keeps none of the others waiting', async () => {
    const [slow, ...others] = await applications(3);
    const { over, release } = held();
    const { notified, notifyFileChanged } = recordNotices((id) => (id === slow ? over : undefined));
    relayTo({ notifyFileChanged });
    await changePractice();
    await eventually(() => others.every((id) => notified.includes(id)));
    const left = async () =>
      (await api.deps.sql<{ subject: string }[]>`select subject from outbox`).map((r) => r.subject);
    await eventually(async () => (await left()).length === 1);
    expect(await left()).toEqual([slow]);
    release();
    await eventually(nothingLeft);
  });

  test('a recipient that fails is signalled again, and the others are not', async () => {
    const ids = await applications(3);
    const { notified, notifyFileChanged } = recordNotices(once(ids[1]!));
    relayTo({ notifyFileChanged });
    await changePractice();
    await eventually(async () => notified.length > 3 && (await nothingLeft()));
    expect([...notified].sort()).toEqual([...ids, ids[1]!].sort());
  });

  test('a lease is renewed only while its try is under way: a row that has failed keeps the pause that it was given', async () => {
    const { sql } = api.deps;
    const [one, other] = await applications(2);
    for (const id of [one!, other!]) await announceFact(sql, 'application file changed', id);
    const claimed = await claimRows(sql, 50, 5);
    const failed = claimed.find(({ subject }) => subject === one)!;
    await postponeRow(sql, failed.id, { tries: 1, inSeconds: 600, dead: false }, 'TypeError');
    const ids = claimed.map(({ id }) => id);
    await renewLease(sql, ids, 60);
    const rows = await sql<{ subject: string; seconds: number }[]>`
      select subject, round(extract(epoch from next_attempt_at - now()) / 60)::int * 60 as seconds from outbox`;
    expect(Object.fromEntries(rows.map(({ subject, seconds }) => [subject, seconds]))).toEqual({
      [one!]: 600,
      [other!]: 60,
    });
  });

  test('what takes longer than its lease stays with the relay that is at it', async () => {
    const [application] = await applications(1);
    const { over, release } = held();
    const { notified, notifyFileChanged } = recordNotices(() => over);
    relayTo({ notifyFileChanged }, { leaseSeconds: 1 });
    relayTo({ notifyFileChanged }, { leaseSeconds: 1 });
    await announceFact(api.deps.sql, 'application file changed', application!);
    await eventually(() => notified.length > 0);
    // long after the first lease has run out
    await eventually(
      async () => (await api.deps.sql`select from outbox where created_at < now() - interval '3 seconds'`).length === 1,
    );
    expect(notified).toEqual([application]);
    release();
    await eventually(nothingLeft);
  });

  test('a row that fails too often ends dead, is listed, and is delivered once a person revives it', async () => {
    const [application] = await applications(1);
    const { sql } = api.deps;
    let well = false;
    const { notifyFileChanged } = recordNotices(() => {
      if (!well) throw new TypeError('a defect');
    });
    await announceFact(sql, 'application file changed', application!);
    await sql`update outbox set attempts = ${MOST_RELAY_TRIES - 1}`;
    relayTo({ notifyFileChanged });
    const dead = await eventually(async () => (await stuck())[0]);
    expect(dead).toMatchObject({
      kind: 'outbox',
      clientId,
      what: 'file_changed',
      applicationId: application,
      cause: 'TypeError',
    });
    expect(await sql`select attempts from outbox`).toEqual([{ attempts: MOST_RELAY_TRIES }]);
    well = true;
    expect(await retryStuck(sql, ADMIN, dead)).toBe(true);
    await eventually(async () => (await sql`select from outbox`).length === 0);
  });

  test('a later row that says the same makes up for a dead one', async () => {
    const [application] = await applications(1);
    const { sql } = api.deps;
    await announceFact(sql, 'application file changed', application!);
    await sql`update outbox set dead_at = now()`;
    await announceFact(sql, 'application file changed', application!);
    const { notified, notifyFileChanged } = recordNotices(() => undefined);
    relayTo({ notifyFileChanged });
    await eventually(async () => (await sql`select from outbox`).length === 0);
    expect(notified).toEqual([application]);
  });

  test.each([
    ['finds Temporal away', new Error('no connection'), false, 'Error'],
    ['waits too long for a lock that others hold', Object.assign(new Error(), { code: '55P03' }), true, 'Error 55P03'],
    [
      'loses its connection',
      Object.assign(new Error(), { code: 'CONNECTION_CLOSED' }),
      true,
      'Error CONNECTION_CLOSED',
    ],
  ])('a try that %s counts for nothing', async (_, error, reachable, lastError) => {
    const [application] = await applications(1);
    const { sql } = api.deps;
    await announceFact(sql, 'application file changed', application!);
    const { notifyFileChanged } = recordNotices(() => {
      throw error;
    });
    relayTo({ notifyFileChanged, isReachable: () => Promise.resolve(reachable) });
    const [row] = await eventually(async () => {
      const rows = await sql`select attempts, last_error, dead_at from outbox where last_error <> 'process_ended'`;
      return rows.length > 0 ? rows : null;
    });
    expect(row).toEqual({ attempts: 0, lastError, deadAt: null });
  });

  test('a row that ends the process of its relay ends dead, and what was in hand beside it does not', async () => {
    const { sql } = api.deps;
    const [poison, ...others] = await applications(4);
    for (const id of [poison!, ...others]) await announceFact(sql, 'application file changed', id);
    const delivered: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      // a lease that is over at once, as after the end of the process
      const rows = await claimRows(sql, 50, 0);
      if (rows.some(({ subject }) => subject === poison)) continue;
      for (const row of rows) await deleteDeliveredRows(sql, row, [row.id]);
      delivered.push(...rows.map(({ subject }) => subject));
    }
    expect(delivered.sort()).toEqual([...others].sort());
    expect(await stuck()).toMatchObject([{ kind: 'outbox', applicationId: poison, cause: 'process_ended' }]);
    await sql`delete from outbox`;
  });

  test('a row that is in hand here is neither taken again nor ended, however late its lease was renewed', async () => {
    const { sql } = api.deps;
    const [slow] = await applications(1);
    await announceFact(sql, 'application file changed', slow!);
    const [row] = await claimRows(sql, 50, 0);
    for (let n = 0; n < 30; n += 1) expect(await claimRows(sql, 50, 0, [row!.id])).toEqual([]);
    expect(await sql`select attempts, dead_at from outbox`).toEqual([{ attempts: 1, deadAt: null }]);
    await sql`delete from outbox`;
  });

  test('of many changes of a file that still wait, an application is signalled once', async () => {
    const ids = await applications(3);
    const { sql } = api.deps;
    for (const id of [...ids, ...ids]) await announceFact(sql, 'application file changed', id, { afterSeconds: 1 });
    await changePractice();
    const { notified, notifyFileChanged } = recordNotices(() => undefined);
    relayTo({ notifyFileChanged });
    await eventually(nothingLeft);
    expect([...notified].sort()).toEqual([...ids].sort());
  });
});
