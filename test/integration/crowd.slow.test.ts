import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildUrl } from '../../local/postgres';
import { createDatabase, type Sql } from '../../runtime/database';
import { CLIENT, PAYER, PRACTICE, PROVIDER } from '../support/api';
import { eventually } from '../support/eventually';
import { inventNpi } from '../support/file';
import { createPlace, StartedSystem } from '../support/started-system';
import type { Answer, Api } from '../../local/http';

const CALLERS = 12;
const ACTIONS = 2_500;
/** One action in so many is a contact, which moves the timer; the others are notes. */
const CONTACT_EVERY = 10;
/** The bystander acts once in so many actions of the crowd's. */
const BETWEEN = 25;
/** So many of the crowd's may be on their way at once: what waits does not grow with what has been asked for. */
const MOST_WAITING = 8 * CALLERS;

let place: Awaited<ReturnType<typeof createPlace>>;
let api: Api;
let sql: Sql;
beforeAll(async () => {
  place = await createPlace();
  api = (await new StartedSystem(place.directory, place.port).ready()).api();
  const read = (file: string) => readFileSync(join(place.directory, file), 'utf8').trim();
  const { postgres } = JSON.parse(read('ports.json')) as { postgres: number };
  sql = createDatabase(buildUrl(postgres, read('postgres-password')), { max: 2 });
});
afterAll(async () => {
  await sql.end();
  place.remove();
});

async function open(): Promise<string> {
  const { id: clientId } = await api.post('/v1/clients', CLIENT);
  const practice = await api.post(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  const provider = await api.post(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  const payer = await api.post('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });
  const scope = {
    providerId: provider.id,
    practiceId: practice.id,
    payerId: payer.id,
    state: 'CA',
    adopt: { stage: 'in_review' },
  };
  return `/v1/applications/${(await api.post('/v1/applications', scope)).id}`;
}

/** Takes an action; whether the answer says that it is recorded, and not that it is on its way. */
async function act(path: string, text: string, kind: 'note' | 'contact' = 'note'): Promise<boolean> {
  const answer =
    kind === 'note'
      ? await api.post(`${path}/notes`, { text, visibility: 'internal' })
      : await api.post(`${path}/contacts`, { channel: 'portal', outcome: 'in_review', notes: text });
  return answer.status !== 'on_its_way';
}

/** The texts of all actions on an application, in the order in which they were recorded. */
async function texts(path: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Answer = await api.get(`${path}/timeline?limit=200${cursor && `&cursor=${cursor}`}`);
    for (const { kind, text, notes } of page.items)
      if (kind === 'note' || kind === 'contact') found.push(text ?? notes);
    cursor = page.nextCursor;
  }
  return found;
}

const idOf = (path: string): string => path.split('/').at(-1)!;

/** How many commands of an application are not known to have come to their outcome. */
async function waiting(path: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*) from commands where application_id = ${idOf(path)} and settled_at is null`;
  return row!.count;
}

test('twelve clients with 2,500 actions on one application: each is recorded once and in order, they drain as they come, and nothing of the bystander’s waits behind them', async () => {
  const [crowded, quiet] = [await open(), await open()];
  const asked = Array.from({ length: CALLERS }, () => [] as string[]);
  let left = ACTIONS;
  const crowd = Promise.all(
    asked.map(async (mine, caller) => {
      while (left > 0) {
        left -= 1;
        const text = `${caller}/${mine.length}`;
        mine.push(text);
        await act(crowded, text, left % CONTACT_EVERY === 0 ? 'contact' : 'note');
      }
    }),
  );

  const bystander: string[] = [];
  const waited: string[] = [];
  const backlog: number[] = [];
  for (let next = ACTIONS - BETWEEN; next > 0; next -= BETWEEN) {
    await eventually(() => left <= next, { within: 120_000 });
    const text = `bystander/${bystander.length}`;
    bystander.push(text);
    if (!(await act(quiet, text))) waited.push(text);
    backlog.push(await waiting(crowded));
  }
  await crowd;
  expect(waited).toEqual([]);
  expect(await texts(quiet)).toEqual(bystander);
  expect(Math.max(...backlog)).toBeLessThanOrEqual(MOST_WAITING);
  expect(Math.max(...backlog)).toBeGreaterThan(0);

  await eventually(async () => (await waiting(crowded)) === 0, { within: 120_000, every: 500 });
  const recorded = await texts(crowded);
  expect(recorded).toHaveLength(ACTIONS);
  for (const [caller, mine] of asked.entries())
    expect(recorded.filter((text) => text.startsWith(`${caller}/`))).toEqual(mine);
  // nothing is left of it: no command, no word in the outbox, nothing that a person has to look at
  await eventually(async () => (await sql`select from outbox where subject = ${idOf(crowded)}`).length === 0);
  expect((await api.get('/v1/operations/stuck')).items).toEqual([]);
  expect(await api.get(`${crowded}/workflow`)).toMatchObject({ alive: true, inStep: true });
});
