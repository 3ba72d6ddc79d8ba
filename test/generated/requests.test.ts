import { dirname } from 'node:path';
import type { Answer, Api } from '../../local/http';
import { addDaysToToday, writeExclusionList, createFileMaker } from '../support/filled-files';
import type { RealIds } from '../support/odd-requests';
import { createPlace, StartedSystem } from '../support/started-system';
import { runSchemathesis } from './schemathesis';
import { seedDocument } from './seeded-document';

const SEED = 20261129;
/** Clients whose ids are used: an early end does not spare the rest. */
const FILES = 3;
const PER_OPERATION = 15;
/** Answered by what is at the door: the form of the request, the key, the address. */
const AT_THE_DOOR = [400, 401, 403, 404, 405, 413, 415, 429];

let place: Awaited<ReturnType<typeof createPlace>>;
let system: StartedSystem;
let api: Api;
let key: string;
beforeAll(async () => {
  place = await createPlace();
  system = await new StartedSystem(place.directory, place.port).ready();
  api = system.api();
  key = (await api.post('/v1/api-keys', { name: 'generated', role: 'admin' })).key;
});
afterAll(() => place.remove());

const url = () => `http://127.0.0.1:${place.port}`;

async function makeIds(): Promise<RealIds> {
  const { makeFile, fillFile } = createFileMaker(api);
  const files = await Promise.all(Array.from({ length: FILES }, () => makeFile()));
  const imported = await fetch(`${url()}/v1/exclusions/imports?month=${addDaysToToday(0).slice(0, 7)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
    body: writeExclusionList(files),
  });
  expect(imported.status).toBe(200);
  const filled: RealIds[] = [];
  for (const file of files) filled.push(await fillFile(file));
  const together = (part: 'rooms' | 'fields') =>
    Object.fromEntries(Object.keys(filled[0]![part]).map((name) => [name, filled.flatMap((ids) => ids[part][name]!)]));
  return { rooms: together('rooms'), fields: together('fields') };
}

/** A cursor of each list that has a second page. */
async function readCursors(document: Answer, ids: RealIds): Promise<Record<string, string>> {
  const cursors: Record<string, string> = {};
  for (const [path, { get }] of Object.entries<Answer>(document.paths)) {
    const names = (get?.parameters ?? []).map(({ name }: Answer) => name);
    if (!names.includes('cursor')) continue;
    const query = new URLSearchParams({ limit: '1', ...(path === '/v1/inbox' && { userId: ids.rooms.users![0]! }) });
    const { nextCursor } = await api.get(`${path.replace('{id}', ids.rooms[path.split('/')[2]!]?.[0] ?? '')}?${query}`);
    if (nextCursor) cursors[path] = nextCursor;
  }
  return cursors;
}

test('no generated request is answered 5xx, with a status that is not described, or in another form than described', async () => {
  const document = await api.get('/openapi.json');
  const ids = await makeIds();
  const cursors = await readCursors(document, ids);
  expect(Object.keys(cursors).length).toBeGreaterThan(10);
  const { code, failures, answers } = await runSchemathesis({
    document: seedDocument(document, { ids, cursors }),
    url: url(),
    key,
    seed: SEED,
    perOperation: PER_OPERATION,
    folder: dirname(place.directory),
  });
  const statuses = answers.map(({ status }) => status);
  const share = (of: (status: number) => boolean) => statuses.filter(of).length / statuses.length;
  process.stdout.write(`${statuses.length} requests; ${counted(statuses)}\n`);
  expect(code === 0 ? '' : failures).toBe('');
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  // most of them get past the door, and every operation is asked
  expect(share((status) => !AT_THE_DOOR.includes(status))).toBeGreaterThan(0.5);
  const asked = new Set(answers.map(({ operation }) => operation));
  expect(operationsOf(document).filter((operation) => !asked.has(operation))).toEqual([]);
  expect(await system.readiness()).toMatchObject({ status: 200 });
  expect((await api.get('/v1/operations/stuck')).items).toEqual([]);
});

const operationsOf = (document: Answer): string[] =>
  Object.entries<Answer>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );

const counted = (statuses: number[]): string =>
  [...new Set(statuses)]
    .sort()
    .map((status) => `${status}: ${statuses.filter((one) => one === status).length}`)
    .join(', ');
