import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listRoutes } from '../../api/routes';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, readProblemType } from '../support/api';
import { inventNpi } from '../support/file';
import { readDevServerAddress } from '../support/servers';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ temporalAddress: readDevServerAddress() });
});
afterAll(() => api.stop());

describe('versions', () => {
  test('a resource says its version, and is changed only while it is the one that was read', async () => {
    const made = await api.post('/v1/clients', CLIENT);
    expect(made.headers.get('etag')).toBe('"1"');
    const path = `/v1/clients/${made.body.id}`;
    const change = (match: string) => api.patch(path, { name: 'Renamed' }, { headers: { 'If-Match': match } });
    expect((await change('"1"')).headers.get('etag')).toBe('"2"');
    for (const stale of ['"1"', 'W/"1"', '2', '"x"']) {
      const refused = await change(stale);
      expect([refused.status, readProblemType(refused)]).toEqual([412, 'stale_version']);
    }
    expect((await api.get(path)).body.version).toBe(2);
    expect((await change('"1", "2"')).body.version).toBe(3);
    expect((await change('*')).body.version).toBe(4);
  });

  test('a weak tag of the same version is the same version', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const change = (match: string) =>
      api.patch(`/v1/clients/${id}`, { name: 'New' }, { headers: { 'If-Match': match } });
    expect((await change('W/"1"')).status).toBe(200);
    expect((await change('"1", W/"2"')).status).toBe(200);
    expect((await change('W/"1"')).status).toBe(412);
  });

  test('a change of nothing makes no version', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    expect((await api.patch(`/v1/clients/${id}`, {})).body.version).toBe(1);
    const stale = await api.patch(`/v1/clients/${id}`, {}, { headers: { 'If-Match': '"9"' } });
    expect(stale.status).toBe(412);
  });

  test('of changes at the same time one is made and the others are refused', async () => {
    const { id } = await api.make('/v1/clients', CLIENT);
    const headers = { 'If-Match': '"1"' };
    const replies = await Promise.all(
      [1, 2, 3].map((n) => api.patch(`/v1/clients/${id}`, { name: `N${n}` }, { headers })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  test('a read is never answered from a cache', async () => {
    const made = await api.post('/v1/clients', CLIENT);
    const headers = { 'If-None-Match': made.headers.get('etag')! };
    const again = await api.get(`/v1/clients/${made.body.id}`, { headers });
    expect([again.status, again.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });
});

describe('what cannot be read', () => {
  test.each([
    ['no JSON', '{"name":', 'application/json', 400, 'malformed_request'],
    ['a form', 'name=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['another character set', '{}', 'application/json; charset=iso-8859-1', 415, 'unsupported_media_type'],
    ['a body that is too large', `"${'x'.repeat(1_100_000)}"`, 'application/json', 413, 'body_too_large'],
  ])('%s is refused as such', async (_, body, type, status, problem) => {
    const reply = await api.post('/v1/clients', body, { headers: { 'Content-Type': type } });
    expect([reply.status, readProblemType(reply)]).toEqual([status, problem]);
  });

  test.each(['null', '[]', '"text"', '5'])('the body %s is no object', async (body) => {
    const reply = await api.post('/v1/clients', body);
    expect([reply.status, reply.body.errors]).toEqual([
      400,
      [{ path: '', rule: 'type', message: 'must be an object' }],
    ]);
  });

  test('half a character, a NUL and a field that is made to confuse are refused, not stored', async () => {
    const body = '{"name":"a\\ud800","timeZone":"\\u0000","contactEmail":"a@example.org","__proto__":{},"<b>":1}';
    const { status, body: problem } = await api.post('/v1/clients', body);
    expect(status).toBe(400);
    expect(problem.errors.map(({ path, rule }: { path: string; rule: string }) => `${path} ${rule}`).sort()).toEqual([
      '? unknown_field',
      '__proto__ unknown_field',
      'name no_control_characters',
      'timeZone iana_time_zone',
    ]);
  });

  test('a path that there is not, and a method that there is not', async () => {
    expect(readProblemType(await api.get('/v1/nothing'))).toBe('not_found');
    expect(readProblemType(await api.get('/nothing'))).toBe('not_found');
    expect((await api.get('/v1/clients/%E0%A4%A')).status).toBeLessThan(500);
    const deleted = await api.call('DELETE', '/v1/clients');
    expect([deleted.status, readProblemType(deleted)]).toEqual([405, 'method_not_allowed']);
    expect(deleted.headers.get('allow')).toBe('POST, GET, HEAD');
  });
});

describe('when parts are away', () => {
  test('not ready without a worker that was seen just now; each part is named', async () => {
    const { sql } = api.deps;
    const seen = (ago: string) => sql`
      insert into worker_heartbeats (worker_id, started_at, seen_at) values ('w', now(), now() - ${ago}::interval)
      on conflict (worker_id) do update set seen_at = excluded.seen_at`;
    const none = await api.get('/readyz');
    expect([none.status, none.body]).toEqual([
      503,
      { status: 'not_ready', checks: { postgres: 'ok', temporal: 'ok', worker: 'down' }, stuck: 0, runId: null },
    ]);
    await seen('11 seconds');
    expect((await api.get('/readyz')).status).toBe(503);
    await seen('1 second');
    expect((await api.get('/readyz')).body.status).toBe('ready');
  });

  test('not ready where a worker polls, and work has long waited while it did none', async () => {
    const { sql } = api.deps;
    const { id: clientId } = await api.make('/v1/clients', CLIENT);
    const { id: providerId } = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
    const { id: practiceId } = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
    const { id: payerId } = await api.make('/v1/payers', { ...PAYER, name: `Payer ${clientId}` });
    await api.make('/v1/applications', { providerId, practiceId, payerId, state: 'CA' });
    const worker = async (taskDone: string | null) => {
      await sql`delete from worker_heartbeats`;
      await sql`
        insert into worker_heartbeats (worker_id, started_at, seen_at, task_done_at)
        values ('w', now() - interval '1 hour', now(), now() - ${taskDone}::interval)`;
      return (await api.get('/readyz')).body.checks.worker;
    };
    expect(await worker(null)).toBe('ok'); // nothing waits
    await sql`update applications set wakes_at = now() - interval '3 minutes'`;
    expect(await worker('10 seconds')).toBe('ok');
    expect(await worker('10 minutes')).toBe('down');
    expect(await worker(null)).toBe('down');
    // one run that is known to be in trouble is not the worker's
    await sql`
      insert into run_checks (application_id, found, next_check_at) select id, 'failing', now() from applications`;
    expect(await worker('10 minutes')).toBe('ok');
    await sql`delete from run_checks`;
    await sql`update applications set wakes_at = null`;
    // so with a watch: of a person, an endpoint, a list
    const watch = { watch: 'providerUpkeep', subject: randomUUID(), wakesAt: new Date(Date.now() - 180_000) };
    await sql`insert into watches ${sql(watch)}`;
    expect(await worker('10 seconds')).toBe('ok');
    expect(await worker('10 minutes')).toBe('down');
    await sql`update watches set checks = 1`;
    expect(await worker('10 minutes')).toBe('ok');
    await sql`insert into watches ${sql({ ...watch, watch: 'caqhStatus' })}`;
    expect(await worker('10 minutes')).toBe('down');
    // mail that a server has not taken for hours waits for no worker
    await sql`update watches set sending = true`;
    expect(await worker('10 minutes')).toBe('ok');
    await sql`delete from watches`;
  });

  test('without PostgreSQL and Temporal: alive, not ready, and honest about it', async () => {
    const alone = await TestApi.start();
    await alone.loseDatabase();
    expect((await alone.get('/healthz')).status).toBe(200);
    expect((await alone.get('/readyz')).body.checks).toEqual({ postgres: 'down', temporal: 'down', worker: 'down' });
    const reply = await alone.get('/v1/clients');
    expect([reply.status, readProblemType(reply), reply.headers.get('retry-after')]).toEqual([503, 'unavailable', '2']);
    await alone.stop();
  });
});

describe('the description', () => {
  test('names every route and itself, is valid OpenAPI 3.1 and shows who may', async () => {
    const { body: document } = await api.get('/openapi.json', { key: '' });
    const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(described.sort()).toEqual(
      [
        'get /docs',
        'get /openapi.json',
        'get /sign-in',
        'get /sign-in/callback',
        ...listRoutes(api.deps).map(({ method, path }) => `${method} ${path}`),
      ].sort(),
    );
    expect(document.paths['/v1/clients/{id}/providers'].post.description).toContain('Roles: admin, lead, specialist.');
    expect(document.components.schemas.Problem.properties).toHaveProperty('errors');

    const directory = await mkdtemp(join(tmpdir(), 'openapi-'));
    const file = join(directory, 'openapi.json');
    await writeFile(file, JSON.stringify(document));
    const validator = require.resolve('@seriousme/openapi-schema-validator/bin/validate-api-cli.js');
    await promisify(execFile)(process.execPath, [validator, file]);
    await rm(directory, { recursive: true });
  });

  test('the page that shows it asks nobody else', async () => {
    const page = await api.get('/docs', { key: '' });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const sources = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!);
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) expect((await api.get(source, { key: '' })).status).toBe(200);
    expect(page.body).not.toMatch(/<script>|https?:/);
  });
});

test('every request has an id of its own, whatever id the caller sends', async () => {
  const idOf = async (id: string) =>
    (await api.post('/v1/payers', PAYER, { headers: { 'X-Request-Id': id } })).headers.get('x-request-id');
  const ids = [await idOf('abc-123'), await idOf('abc-123'), await idOf('"><script>')];
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(ids).size).toBe(3);
});
