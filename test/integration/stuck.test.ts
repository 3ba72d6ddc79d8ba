import { randomUUID } from 'node:crypto';
import type { Agenda } from '../../domain/applications/events';
import type * as Schedule from '../../domain/applications/schedule';
import { MOST_STEP_TRIES } from '../../record/kernel/step-tries';
import { createWaker } from '../../record/operations/watches';
import { createRecorder, recordFileSignal } from '../../record/applications/recorder';
import { keepCommand } from '../../record/applications/commands';
import type { WorkflowStepRequest } from '../../record/applications/recording-step';
import { openApplication } from '../../record/applications/opening';
import { createDatabase, isStarved, type Sql } from '../../runtime/database';
import { findStuck, listStuck, retryStuck } from '../../record/operations/stuck';
import { ADMIN } from '../support/principals';
import { createBook } from '../support/file';
import { createTestDatabase } from '../support/servers';

const ACTOR = { type: 'system', id: 'test', name: 'Test' } as const;

/** Timers that a fault in the rules arms and nothing handles; today's rules have none. */
let mockForgotten: Agenda['timers'] = {};
jest.mock('../../domain/applications/schedule', () => {
  const actual = jest.requireActual<typeof Schedule>('../../domain/applications/schedule');
  const computeAgenda: typeof Schedule.computeAgenda = (...input) => {
    const agenda = actual.computeAgenda(...input);
    return { ...agenda, timers: { ...agenda.timers, ...mockForgotten } };
  };
  return { ...actual, computeAgenda };
});
afterEach(() => {
  mockForgotten = {};
});

let sql: Sql;
let end: () => Promise<void>;
beforeAll(async () => {
  const database = await createTestDatabase();
  sql = createDatabase(database.url, { max: 4 });
  end = async () => {
    await sql.end();
    await database.drop();
  };
});
afterAll(() => end());

/** An application whose steps fail by themselves, until it is mended. */
async function poisoned() {
  const { clientId, providerId, practiceId, payerId } = await createBook(sql, {});
  const key = {
    providerId,
    practiceId,
    payerId,
    state: 'CO',
    locationId: null,
    lineOfBusiness: 'commercial' as const,
    kind: 'new_individual' as const,
  };
  const id = randomUUID();
  await openApplication(sql, { id, clientId, key, body: key, at: new Date().toISOString() }, ACTOR);
  const [row] = await sql<{ ms: object }[]>`select snapshot#>'{waiting,ms}' as ms from applications where id = ${id}`;
  await sql`update applications set snapshot = snapshot #- '{waiting,ms}' where id = ${id}`;
  const mend = async () =>
    sql`
      update applications set snapshot = jsonb_set(snapshot, '{waiting,ms}', ${JSON.stringify(row!.ms)}::text::jsonb)
      where id = ${id}`;
  const note = async (): Promise<WorkflowStepRequest> => {
    const commandId = randomUUID();
    const body = { text: 'x', visibility: 'internal' } as const;
    await keepCommand(sql, { id: commandId, clientId, applicationId: id, action: 'notes', body }, ACTOR);
    return request({ type: 'command', commandId });
  };
  const request = (intent: WorkflowStepRequest['intent']): WorkflowStepRequest => ({
    applicationId: id,
    known: null,
    at: new Date().toISOString(),
    intent,
  });
  /** Lets a licence run out, and asks for its workflow's step. */
  const file = async (): Promise<WorkflowStepRequest> => {
    await sql`update licences set expires_on = '2020-01-01' where provider_id = ${providerId}`;
    await recordFileSignal(sql, id);
    return request({ type: 'file' });
  };
  return { id, clientId, mend, note, file, request };
}

const later = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
/** A process that began after all that is on record, as after a crash. */
const laterProcess = () => createRecorder(sql, ago(-60_000));
/** A process that has run for long. */
const oldProcess = () => createRecorder(sql, ago(60_000));

/**
 * Records what a recorder does on its connections, one after the other: a transaction of its own, or a statement alone.
 */
function watched(): { watching: Sql; seen: string[] } {
  const seen: string[] = [];
  const watching = new Proxy(sql, {
    get(target, name, receiver) {
      if (name === 'begin') seen.push('step');
      return Reflect.get(target, name, receiver) as unknown;
    },
    apply(target, self, args: [readonly string[]]) {
      seen.push(args[0][0]!.trim().split(' ')[0]!);
      return Reflect.apply(target, self, args) as unknown;
    },
  });
  return { watching, seen };
}

test('a step that fails by itself is tried so often and no more, then answered and listed, for its client alone', async () => {
  const { clientId, note } = await poisoned();
  const record = createRecorder(sql);
  const request = await note();
  for (let n = 1; n < MOST_STEP_TRIES; n += 1) await expect(record(request)).rejects.toThrow(TypeError);
  expect(await record(request)).toMatchObject({ refusal: { type: 'set_aside', cause: 'TypeError' } });
  const own = await listStuck(sql, { ...ADMIN, clientIds: [clientId] }, { limit: 10 });
  expect(own.items).toMatchObject([{ kind: 'step', what: 'notes', clientId, cause: 'TypeError', againAt: null }]);
  expect((await listStuck(sql, { ...ADMIN, clientIds: [randomUUID()] }, { limit: 10 })).items).toEqual([]);
});

test('a try that ends its process is counted: the next process goes on counting, and sets it aside', async () => {
  const { note } = await poisoned();
  const request = await note();
  let tries = 0;
  for (; tries < 20; tries += 1) {
    const outcome = await laterProcess()(request).catch(() => null);
    if (outcome?.refusal?.type === 'set_aside') break;
  }
  expect(tries).toBe(MOST_STEP_TRIES - 2);
});

test('a changed file whose step ends its process is counted, is set aside, and holds up nothing else', async () => {
  const { id, clientId, note, file, mend, request } = await poisoned();
  const changed = await file();
  let tries = 0;
  for (; tries < 20; tries += 1) if (await laterProcess()(changed).catch(() => null)) break;
  expect(tries).toBe(MOST_STEP_TRIES - 2);
  const { items } = await listStuck(sql, { ...ADMIN, clientIds: [clientId] }, { limit: 10 });
  expect(items).toMatchObject([{ kind: 'step', what: 'file', applicationId: id, cause: 'TypeError' }]);

  // the file is left out until its hour: what else arrives is taken
  await mend();
  await laterProcess()(await note());
  const kinds = async () =>
    (await sql<{ kind: string }[]>`select kind from events where application_id = ${id} order by seq`).map(
      ({ kind }) => kind,
    );
  expect((await kinds()).slice(-1)).toEqual(['note']);
  const [row] = await sql<{ againAt: string }[]>`select again_at from set_aside where application_id = ${id}`;
  await oldProcess()({ ...request({ type: 'due' }), at: row!.againAt });
  expect(await kinds()).toContain('file');
  expect((await listStuck(sql, { ...ADMIN, clientIds: [clientId] }, { limit: 10 })).items).toEqual([]);
});

test('a file that fails again after its hour waits for another, and its workflow knows when', async () => {
  const { id, file, request } = await poisoned();
  const record = oldProcess();
  const changed = await file();
  for (let n = 1; n < MOST_STEP_TRIES; n += 1) await record(changed).catch(() => undefined);
  const first = (await record(changed)).progress.next!;
  expect(first.timer).toBe('set_aside');
  const known = { version: 1, stage: 'awaiting_attestation', attempt: 1, next: first } as const;
  const due: WorkflowStepRequest = { ...request({ type: 'due' }), at: first.at, known };
  await expect(record(due)).rejects.toThrow(TypeError);
  const { next } = (await record(due)).progress;
  expect(next).toEqual({ timer: 'set_aside', at: new Date(Date.parse(first.at) + 3_600_000).toISOString() });
  const rows = await sql`select what, again_at from set_aside where application_id = ${id}`;
  expect(rows).toEqual([{ what: 'file', againAt: next!.at }]);
});

test('a change signalled again while tries of an earlier one have not ended does not begin the count again', async () => {
  const { file } = await poisoned();
  const changed = await file();
  await laterProcess()(changed).catch(() => null);
  let tries = 1;
  for (; tries < 20; tries += 1) {
    await file();
    if (await oldProcess()(changed).catch(() => null)) break;
  }
  expect(tries).toBe(MOST_STEP_TRIES - 2);
});

test('the first try of a changed file writes nothing beyond its step, and one after a new start is counted before it', async () => {
  const { file, mend } = await poisoned();
  await mend();
  const changed = await file();
  const { watching, seen } = watched();
  await createRecorder(watching, ago(60_000))(changed);
  expect(seen.splice(0)).toEqual(['select', 'step']);
  await createRecorder(watching, ago(-60_000))(changed);
  expect(seen).toEqual(['select', 'update', 'step']);
});

test('a lost connection or server is no failure of the step: it is tried for as long as it takes', async () => {
  const { note, mend } = await poisoned();
  await mend();
  const request = await note();
  let away = 30;
  const failing = new Proxy(sql, {
    get(target, name, receiver) {
      if (name === 'begin' && away-- > 0)
        return () => Promise.reject(Object.assign(new Error('away'), { code: 'CONNECTION_CLOSED' }));
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  const record = createRecorder(failing);
  for (let n = 0; n < 30; n += 1) await expect(record(request)).rejects.toThrow('away');
  expect(await record(request)).not.toHaveProperty('refusal');
});

/** Has the entries of an application fail as PostgreSQL ends a statement that takes too long. */
async function endless(applicationId: string): Promise<() => Promise<unknown>> {
  const name = `endless_${applicationId.replaceAll('-', '')}`;
  await sql.unsafe(`
    create function ${name}() returns trigger language plpgsql as $$ begin
      raise exception 'canceling statement due to statement timeout' using errcode = '57014';
    end $$;
    create trigger ${name} before insert on events for each row
      when (new.application_id = '${applicationId}') execute function ${name}()`);
  return () => sql.unsafe(`drop trigger ${name} on events`);
}

test('a step that has no end is set aside after its tries, on a machine that is well', async () => {
  const { id, mend, note } = await poisoned();
  await mend();
  await endless(id);
  const record = createRecorder(sql);
  const request = await note();
  for (let n = 1; n < MOST_STEP_TRIES; n += 1) await expect(record(request)).rejects.toMatchObject({ code: '57014' });
  expect(await record(request)).toMatchObject({ refusal: { type: 'set_aside', cause: '57014' } });
});

test('a step that runs over its time on a machine that has none for any step is tried until it is recorded', async () => {
  const { id, mend, note } = await poisoned();
  await mend();
  const isOver = await endless(id);
  // a step of nothing takes longer than it may
  const record = createRecorder(sql, undefined, () => isStarved(sql, { statements: 1, withinMs: 0 }));
  const request = await note();
  for (let n = 0; n < 3 * MOST_STEP_TRIES; n += 1)
    await expect(record(request)).rejects.toMatchObject({ code: '57014' });
  await isOver();
  expect(await record(request)).not.toHaveProperty('refusal');
  const [command] =
    await sql`select status, step_tries from commands where application_id = ${id} and action = 'notes'`;
  expect(command).toEqual({ status: 'applied', stepTries: 1 });
});

test('a timer that is due and comes to nothing is set aside, and the answer wakes its workflow later than it asked', async () => {
  const { id, mend, request } = await poisoned();
  await mend();
  const record = oldProcess();
  await record(request({ type: 'due' }));
  mockForgotten = { 'followUp:contracting': ago(60_000) };
  const first = request({ type: 'due' });
  const againAt = later(first.at, 3_600_000);
  for (const asked of [first, request({ type: 'due' }), request({ type: 'due' })]) {
    const { next } = (await record(asked)).progress;
    expect(next).toEqual({ timer: 'set_aside', at: againAt });
    const aside = await sql`select what, timer, cause, again_at from set_aside where application_id = ${id}`;
    expect(aside).toEqual([{ what: 'due', timer: 'followUp:contracting', cause: 'came_to_nothing', againAt }]);
  }
  const again = await record({ ...request({ type: 'due' }), at: againAt });
  expect(again.progress.next).toEqual({ timer: 'set_aside', at: later(againAt, 3_600_000) });
  const aside = await sql`select since, again_at from set_aside where application_id = ${id}`;
  expect(aside).toEqual([{ since: first.at, againAt: later(againAt, 3_600_000) }]);
});

test('a timer that came to nothing and is armed anew wakes its workflow at its new instant', async () => {
  const { id, mend, request } = await poisoned();
  await mend();
  const record = oldProcess();
  await record(request({ type: 'due' }));
  mockForgotten = { 'followUp:contracting': ago(60_000) };
  const asked = request({ type: 'due' });
  await record(asked);
  const anew = later(asked.at, 2 * 3_600_000);
  mockForgotten = { 'followUp:contracting': anew };
  const { next } = (await record({ ...request({ type: 'due' }), at: later(asked.at, 3_600_000) })).progress;
  expect(next).toEqual({ timer: 'followUp:contracting', at: anew });
  expect(await sql`select from set_aside where application_id = ${id}`).toEqual([]);
});

describe('a file timer that came due while no worker ran', () => {
  /** As if a date in the file had come a minute ago; with a licence that has run out since. */
  async function missedTimer() {
    const { id, file, mend, note, request } = await poisoned();
    await mend();
    await oldProcess()(request({ type: 'due' }));
    await file();
    const at = ago(60_000);
    await sql`
      update applications set snapshot = jsonb_set(snapshot, '{agenda,timers,file}', ${JSON.stringify(at)}::text::jsonb)
      where id = ${id}`;
    const known = { version: 1, stage: 'awaiting_attestation', attempt: 1, next: { at, timer: 'file' } } as const;
    const due = (): WorkflowStepRequest => ({ ...request({ type: 'due' }), known });
    const entries = async () => (await sql`select from events where application_id = ${id} and kind = 'file'`).length;
    return { id, due, entries, mend, note };
  }

  test('is handled by the next process with the file that it is about, once, and does not come back', async () => {
    const { id, due, entries } = await missedTimer();
    const asked = due();
    const { next } = (await laterProcess()(asked)).progress;
    expect(await entries()).toBe(1);
    expect(next === null || next.at > asked.at).toBe(true);
    expect(await sql`select from set_aside where application_id = ${id}`).toEqual([]);
  });

  test('and comes to nothing there is set aside, so that its workflow does not ask again at once', async () => {
    const { id, due } = await missedTimer();
    mockForgotten = { file: ago(60_000) };
    await laterProcess()(due());
    const asked = due();
    const { next } = (await laterProcess()(asked)).progress;
    expect(next === null || next.at > asked.at).toBe(true);
    const aside = await sql`select what, timer, cause from set_aside where application_id = ${id}`;
    expect(aside).toEqual([{ what: 'due', timer: 'file', cause: 'came_to_nothing' }]);
  });

  test('and whose file fails is set aside as the file, for an hour, and a note is taken meanwhile', async () => {
    const { id, due, entries, mend, note } = await missedTimer();
    await sql`update applications set snapshot = snapshot #- '{waiting,ms}' where id = ${id}`;
    let tries = 0;
    let asked = due();
    let next;
    for (; tries < 20 && !next; tries += 1) {
      asked = due();
      next = (await laterProcess()(asked).catch(() => null))?.progress.next;
    }
    expect(tries).toBe(MOST_STEP_TRIES - 1);
    const aside = await sql`select what, timer, cause from set_aside where application_id = ${id}`;
    expect(aside).toEqual([{ what: 'file', timer: null, cause: 'TypeError' }]);
    expect(next!.at > asked.at).toBe(true);
    await mend();
    const { progress, refusal } = await laterProcess()(await note());
    expect([refusal, progress.next, await entries()]).toEqual([undefined, next, 0]);
  });
});

test('a person has it tried again, and once it is mended it is recorded, once', async () => {
  const { id, note, mend } = await poisoned();
  const record = createRecorder(sql);
  const request = await note();
  for (let n = 1; n < MOST_STEP_TRIES; n += 1) await record(request).catch(() => undefined);
  await record(request);
  await mend();
  const [stuck] = (await listStuck(sql, ADMIN, { limit: 200 })).items.filter((item) => item.applicationId === id);
  await retryStuck(sql, ADMIN, stuck!);
  expect(await findStuck(sql, ADMIN, stuck!.id)).toBeNull();
  expect(await record(request)).not.toHaveProperty('refusal');
  const notes = await sql`select from events where application_id = ${id} and kind = 'note'`;
  expect(notes).toHaveLength(1);
});

describe('a watch whose step fails by itself', () => {
  const request = (at: string) => ({ watch: 'outreach' as const, subject: randomUUID(), at });
  const NOON = '2026-11-28T12:00:00.000Z';
  const LATER = '2026-11-28T13:00:00.000Z';

  beforeEach(() => sql`alter table mail_batches rename to mail_batches_away`);
  afterEach(() => sql`alter table if exists mail_batches_away rename to mail_batches`);

  test('rests for an hour, is listed, and goes on by itself once it is mended', async () => {
    const asked = request(NOON);
    const wake = createWaker(sql, () => false);
    for (let n = 1; n < MOST_STEP_TRIES; n += 1) await expect(wake(asked)).rejects.toThrow('mail_batches');
    expect(await wake(asked)).toEqual({ next: LATER });
    expect((await listStuck(sql, ADMIN, { limit: 10 })).items).toContainEqual(
      expect.objectContaining({ kind: 'step', what: 'outreach', clientId: null, cause: '42P01', againAt: LATER }),
    );
    // notified of a change meanwhile, it asks nothing
    expect(await wake({ ...asked, at: '2026-11-28T12:30:00.000Z' })).toEqual({ next: LATER });
    await sql`alter table mail_batches_away rename to mail_batches`;
    expect(await wake({ ...asked, at: LATER })).toEqual({ next: null });
    expect(await sql`select from set_aside where subject = ${asked.subject}`).toEqual([]);
  });

  test('is tried again at once where a person says so', async () => {
    const asked = request(new Date().toISOString());
    const wake = createWaker(sql, () => false);
    for (let n = 1; n <= MOST_STEP_TRIES; n += 1) await wake(asked).catch(() => undefined);
    await sql`alter table mail_batches_away rename to mail_batches`;
    const { items } = await listStuck(sql, ADMIN, { limit: 100 });
    await retryStuck(
      sql,
      ADMIN,
      items.find(({ what }) => what === 'outreach')!,
    );
    expect(await sql`select topic from outbox where subject = ${asked.subject}`).toEqual([{ topic: 'outreach' }]);
    expect(await wake({ ...asked, at: new Date(Date.now() + 1000).toISOString() })).toEqual({ next: null });
  });

  test('and ends its process each time, is set aside by the next ones', async () => {
    const asked = request(NOON);
    let tries = 0;
    for (; tries < 20; tries += 1) {
      // each time a process that has just begun, as after a crash
      const wake = createWaker(sql, () => true);
      if (await wake(asked).catch(() => null)) break;
    }
    expect(tries).toBe(MOST_STEP_TRIES - 2);
  });
});
