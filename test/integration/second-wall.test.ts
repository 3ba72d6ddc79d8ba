import { createApi } from '../../local/http';
import type * as Callers from '../../runtime/callers';
import { addDaysToToday, createFileMaker, writeExclusionList, type File } from '../support/filled-files';
import { ADMIN_KEY, TestApi } from '../support/api';
import { readRoutes } from '../support/routes';

// The second wall without the first: every request here has a key of every client, so that all conditions by which queries are scoped are
// true, while the database takes the caller for one of a single client.
let scope: string[] | null = null;
jest.mock('../../runtime/callers', () => {
  const real = jest.requireActual<typeof Callers>('../../runtime/callers');
  return {
    ...real,
    runForCaller: <T>(caller: Callers.Caller, work: () => T): T =>
      real.runForCaller(scope === null ? caller : { ...caller, clientIds: scope }, work),
  };
});

let api: TestApi;
let ours: File;
let theirs: File;
let ids: { ours: Awaited<ReturnType<typeof fill>>; theirs: Awaited<ReturnType<typeof fill>> };
let foreign: Set<string>;
const { routes, close } = readRoutes();

const fill = (file: File) => createFileMaker(createApi(api.url, ADMIN_KEY)).fillFile(file);

/** The ids of all rows that are one client's, and of what only they rest on. */
async function listForeignIds(clientId: string): Promise<string[]> {
  const { sql } = api.deps;
  const tables = await sql<{ table: string }[]>`
    select c.table_name as table from information_schema.columns c
    join information_schema.columns i using (table_schema, table_name)
    where c.table_schema = 'public' and c.column_name = 'client_id' and i.column_name = 'id' and i.data_type = 'uuid'`;
  const found = await Promise.all(
    tables.map(({ table }) => sql<{ id: string }[]>`select id from ${sql(table)} where client_id = ${clientId}`),
  );
  return found.flat().map(({ id }) => id);
}

beforeAll(async () => {
  api = await TestApi.start();
  const maker = createFileMaker(createApi(api.url, ADMIN_KEY));
  [ours, theirs] = [await maker.makeFile(), await maker.makeFile()];
  const path = `/v1/exclusions/imports?month=${addDaysToToday(0).slice(0, 7)}`;
  const headers = { 'Content-Type': 'text/csv' };
  await api.call('POST', path, { body: writeExclusionList([ours, theirs]), headers });
  ids = { ours: await fill(ours), theirs: await fill(theirs) };
  foreign = new Set(await listForeignIds(theirs.clientId));
  scope = [ours.clientId];
});
afterAll(async () => {
  await api.stop();
  await close();
});

/** The ids of one side that a path with parameters may name, by the room that it is in. */
function fillPath(path: string, side: typeof ids.ours): string[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const [, room] = /^\/v1\/([\w-]+)/.exec(path) ?? [];
  const first = (side.rooms as Record<string, readonly string[]>)[room!] ?? [];
  return first.map((id) =>
    names.reduce(
      (filled, name, at) =>
        filled.replace(
          `{${name}}`,
          at === 0 ? id : ((side.fields as Record<string, readonly string[]>)[name]?.[0] ?? id),
        ),
      path,
    ),
  );
}

const SHARED_ROOMS = /^\/v1\/(payers|users|operations|api-keys)\b/;
const reads = routes.filter(({ method, access }) => method === 'get' && access !== 'public');

/** Lists the ids and names of the other client that an answer gives away. */
const listLeaks = (text: string): string[] => [
  ...[...foreign].filter((id) => text.includes(id)),
  ...(text.includes(theirs.name) ? [theirs.name] : []),
];

test('the other client has something behind every room, and is shown it', async () => {
  expect(foreign.size).toBeGreaterThan(40);
  scope = null;
  const shown: string[] = [];
  for (const { path } of reads.filter((route) => !route.path.includes('{'))) {
    const { body } = await api.get(path);
    if (listLeaks(JSON.stringify(body)).length > 0) shown.push(path);
  }
  scope = [ours.clientId];
  expect(shown.length).toBeGreaterThan(8);
});

test('no list shows a row of another client, though no query is scoped', async () => {
  const leaks: unknown[] = [];
  let answered = 0;
  for (const { path } of reads.filter((route) => !route.path.includes('{')))
    for (const query of ['', `?clientId=${theirs.clientId}`, `?limit=200`]) {
      const { status, body } = await api.get(path + query);
      if (status === 200) answered += 1;
      const found = listLeaks(JSON.stringify(body).replaceAll(`clientId=${theirs.clientId}`, ''));
      if (found.length > 0 || status >= 500) leaks.push([path + query, status, found.slice(0, 3)]);
    }
  expect(leaks).toEqual([]);
  expect(answered).toBeGreaterThan(30);
});

test('no route by an id of another client answers, whatever its method', async () => {
  const leaks: unknown[] = [];
  for (const { method, path, access } of routes) {
    if (access === 'public' || !path.includes('{') || SHARED_ROOMS.test(path)) continue;
    for (const filled of fillPath(path, ids.theirs)) {
      if (!foreign.has(filled.split('/')[3]!)) continue;
      const { status, body } = await api.call(method.toUpperCase(), filled, method === 'get' ? {} : { body: {} });
      if (status !== 404 || listLeaks(JSON.stringify(body)).length > 0) leaks.push([method, filled, status, body]);
    }
  }
  expect(leaks).toEqual([]);
});

test('a route by an id of one’s own shows nothing of another client', async () => {
  const leaks: unknown[] = [];
  let answered = 0;
  for (const { path } of reads.filter((route) => route.path.includes('{')))
    for (const filled of fillPath(path, ids.ours)) {
      const { status, body } = await api.get(filled);
      if (status === 200) answered += 1;
      const found = listLeaks(typeof body === 'string' ? body : JSON.stringify(body));
      // no workflow runs here that could answer
      if (found.length > 0 || (status >= 500 && status !== 503)) leaks.push([filled, status, found.slice(0, 3)]);
    }
  expect(leaks).toEqual([]);
  expect(answered).toBeGreaterThan(40);
});
