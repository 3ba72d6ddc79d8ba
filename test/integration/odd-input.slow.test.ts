import { setTimeout as delay } from 'node:timers/promises';
import { createApi, type Answer, type Api } from '../../local/http';
import { eventually } from '../support/eventually';
import { addDaysToToday, writeExclusionList, createFileMaker, type File } from '../support/filled-files';
import { makeOddRequests, type OddRequest, type RealIds } from '../support/odd-requests';
import { createPlace, StartedSystem } from '../support/started-system';

const REQUESTS = 2_400;
/** So many requests go to one client's file, then to another's: an early end does not spare the rest. */
const PER_FILE = 300;
const SEED = 20261128;
const AT_ONCE = 6;
/**
 * The least share of generated requests, and of those that write, that is taken: with less, they end at the door and
 * show nothing.
 */
const TAKEN = 0.05;
/** Between two actions of the bystander, in milliseconds. */
const BREATH = 100;

let place: Awaited<ReturnType<typeof createPlace>>;
let system: StartedSystem;
let api: Api;
beforeAll(async () => {
  place = await createPlace();
  system = await new StartedSystem(place.directory, place.port).ready();
  api = system.api();
});
afterAll(() => place.remove());

/** Sends a request as it is; returns its status. */
async function send({ method, path, body, type }: OddRequest, key: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${place.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Starts a bystander who works on one application, one action after the other, until stopped. */
function startBystander(application: string, key: string) {
  const theirs = createApi(`http://127.0.0.1:${place.port}`, key);
  const done: { kind: string; words: string }[] = [];
  let late = 0;
  let stopped = false;
  const act = async (action: string, words: string, body: object) => {
    const answer = await theirs.post(`${application}/${action}`, body);
    done.push({ kind: action.replace(/s$/, ''), words });
    if (answer.status === 'on_its_way') late += 1;
  };
  const working = (async () => {
    for (let n = 0; !stopped; n += 1) {
      const words = `bystander/${n}`;
      await act('notes', words, { text: words, visibility: 'internal' });
      if (n % 4 === 1) await act('contacts', words, { channel: 'phone', outcome: 'no_answer', notes: words });
      if (n % 4 === 2) await act('pause', words, { reason: words });
      if (n % 4 === 3) await act('resume', words, { reason: words });
      await delay(BREATH);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await working;
      return { done, late };
    },
  };
}

async function wholeTimeline(application: string): Promise<Answer[]> {
  const entries: Answer[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Answer = await api.get(`${application}/timeline?limit=200${cursor && `&cursor=${cursor}`}`);
    entries.push(...page.items);
    cursor = page.nextCursor;
  }
  return entries;
}

test('whatever is sent, nothing answers 5xx, nothing ends or stands still, and a bystander’s actions are all recorded', async () => {
  const keyOf = async (name: string) => (await api.post('/v1/api-keys', { name, role: 'admin' })).key as string;
  const [key, bystandersKey] = [await keyOf('odd'), await keyOf('bystander')];
  const { makeFile, openApplication, fillFile } = createFileMaker(api);
  const application = `/v1/applications/${await openApplication(await makeFile())}`;
  const document: Answer = await api.get('/openapi.json');
  const pids = () => (['api', 'worker', 'temporal', 'postgres'] as const).map((name) => system.pidOf(name));
  const before = pids();

  const files: File[] = [];
  for (let n = 0; n < REQUESTS / PER_FILE; n += 1) files.push(await makeFile());
  const path = `/v1/exclusions/imports?month=${addDaysToToday(0).slice(0, 7)}`;
  expect(await send({ method: 'POST', path, body: writeExclusionList(files), type: 'text/csv' }, key)).toBe(200);
  const filled: RealIds[] = [];
  for (const file of files) filled.push(await fillFile(file));
  const requests = filled.flatMap((ids, n) => makeOddRequests(document, ids, PER_FILE, SEED + n));
  const answered: { write: boolean; status: number }[] = [];
  const failed: string[] = [];
  const bystander = startBystander(application, bystandersKey);
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < requests.length) {
        const request = requests[next++]!;
        const status = await send(request, key);
        answered.push({ write: request.method !== 'GET', status });
        if (status >= 500)
          failed.push(`${status} ${request.method} ${request.path} ${request.body ?? ''}`.slice(0, 1_000));
      }
    }),
  );
  const { done, late } = await bystander.stop();

  expect(failed).toEqual([]);
  expect(pids()).toEqual(before);
  // requests that were answered as on their way or recorded poison nothing: each of the odd applications takes another
  // action
  expect((await api.get('/v1/operations/stuck')).items).toEqual([]);
  for (const id of filled.flatMap(({ rooms }) => rooms.applications!)) {
    const answer = await api.post(`/v1/applications/${id}/notes`, { text: 'after', visibility: 'internal' });
    expect(answer.status).not.toBe('on_its_way');
  }
  expect(await system.readiness()).toMatchObject({ status: 200 });
  // the bystander was held up now and then at most, and all that they did is there, once and in order
  expect(done.length).toBeGreaterThan(20);
  expect(late).toBeLessThan(done.length / 4);
  const theirs = async () =>
    (await wholeTimeline(application))
      .filter((entry) => entry.actor.name === 'bystander' && entry.causeId === undefined)
      .map(({ kind, text, notes, reason }) => ({ kind, words: text ?? notes ?? reason }));
  await eventually(async () => (await theirs()).length >= done.length);
  expect(await theirs()).toEqual(done);
  // not all of them are stopped at the door, and not all are sensible
  const share = (from: number, of = answered) =>
    of.filter(({ status }) => Math.floor(status / 100) === from).length / of.length;
  expect(share(2)).toBeGreaterThan(TAKEN);
  expect(
    share(
      2,
      answered.filter(({ write }) => write),
    ),
  ).toBeGreaterThan(TAKEN);
  expect(share(4)).toBeGreaterThan(0.25);
});
