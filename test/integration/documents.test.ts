import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { hashFile, inventPdf } from '../../local/invented';
import { purgeDueData } from '../../record/offboarding/retention';
import { listRemovableFiles } from '../../record/registry/document-files';
import { StoreUnavailable, type FileStore } from '../../runtime/storage/store';
import { removeFiles } from '../../worker/housekeeping';
import { ADMIN_KEY, CLIENT, readProblemType, TestApi, type Reply, type Sent } from '../support/api';
import { eventually } from '../support/eventually';

let api: TestApi;
let clientId: string;
let store: FileStore;
beforeAll(async () => {
  api = await TestApi.start();
  store = api.deps.files!.store;
});
beforeEach(async () => {
  clientId = (await api.make('/v1/clients', CLIENT)).id;
});
afterEach(() => Object.assign(api.deps.files!, { store, scanner: null }));
afterAll(() => api.stop());

const folder = () => join(store.spool, '..');
const listKept = () => readdirSync(folder()).filter((name) => name !== 'incoming');
const listIncoming = () => readdirSync(store.spool);

const mostBytes = () => api.deps.files!.maxBytes;

let count = 0;
/** A file that no other test has. */
const createPdf = (): Buffer => inventPdf([`paper ${++count}`]);
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(50)]);
const JPEG = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), randomBytes(50)]);
const TIFF = Buffer.concat([Buffer.from('49492a00', 'hex'), randomBytes(50)]);

async function register(file: Uint8Array, more: object = {}): Promise<string> {
  const document = { kind: 'letter', name: 'Letter', sha256: hashFile(file), ...more };
  return (await api.make(`/v1/clients/${clientId}/documents`, document)).id;
}

async function storeFile(file: Uint8Array, more: object = {}): Promise<string> {
  const id = await register(file, more);
  expect((await api.putFile(id, file)).status).toBe(200);
  return id;
}

const readDocument = async (id: string) => (await api.get(`/v1/clients/${clientId}/documents/${id}`)).body;

async function download(path: string, key: string | null = ADMIN_KEY) {
  const response = await fetch(api.url + path, key ? { headers: { Authorization: `Bearer ${key}` } } : {});
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}
const readContent = (id: string, key?: string) => download(`/v1/documents/${id}/content`, key);

const auditOf = async (id: string) =>
  (await api.get(`/v1/audit-log?clientId=${clientId}&subject=${id}&limit=200`)).body.items as Reply['body'][];

/** Nothing of an upload is left: no file, none on its way, and no row. */
async function expectNothingKept(before: string[], id: string): Promise<void> {
  expect(listKept()).toEqual(before);
  expect(listIncoming()).toEqual([]);
  expect(await api.deps.sql`select id from document_files where document_id = ${id}`).toHaveLength(0);
  expect((await readDocument(id)).content).toBeNull();
}

describe('a file that is stored', () => {
  test('is read as it was, and lies sealed', async () => {
    for (const [file, type] of [
      [createPdf(), 'application/pdf'],
      [PNG, 'image/png'],
      [JPEG, 'image/jpeg'],
      [TIFF, 'image/tiff'],
      [Buffer.concat([createPdf(), randomBytes(400_000)]), 'application/pdf'],
    ] as const) {
      const id = await register(file, { containsPhi: true });
      expect(await readDocument(id)).toMatchObject({ content: null, containsPhi: true, contentPurgedAt: null });
      const before = listKept();
      const { status, body } = await api.putFile(id, file);
      expect([status, body]).toEqual([200, await readDocument(id)]);
      expect(body.content).toEqual({ storedAt: expect.any(String), size: file.length, type });
      const [kept] = listKept().filter((name) => !before.includes(name));
      expect(readFileSync(join(folder(), kept!)).includes(file.subarray(0, 20))).toBe(false);
      const answer = await readContent(id);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
      expect(answer.bytes.equals(file)).toBe(true);
    }
    const [row] = await api.deps.sql<{ keySealed: string }[]>`
      select key_sealed from document_files where key_sealed is not null limit 1`;
    expect(row!.keySealed).toMatch(/^test\./);
  });

  test('is offered to be saved, under a name that leads nowhere, and runs nothing', async () => {
    for (const [name, saved] of [
      ['Welcome letter.pdf', 'Welcome letter.pdf'],
      ['../../etc/passwd', '_.._etc_passwd.pdf'],
      ['run.exe', 'run.exe.pdf'],
      ['..', 'document.pdf'],
      ['a"; filename="b.html', 'a__ filename__b.html.pdf'],
    ] as const) {
      const { headers } = await readContent(await storeFile(createPdf(), { name }));
      const disposition = headers.get('content-disposition');
      expect([name, disposition?.replaceAll('"', '')]).toEqual([name, `attachment; filename=${saved}`]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain('sandbox');
      expect(headers.get('cache-control')).toBe('no-store');
    }
    const { headers } = await readContent(await storeFile(createPdf(), { name: 'Zulassung für Zoë – “neu”' }));
    expect(headers.get('content-disposition')).toContain("filename*=UTF-8''Zulassung%20f%C3%BCr%20Zo%C3%AB");
  });

  test('is stored once: the same file again changes nothing, another is refused', async () => {
    const file = createPdf();
    const id = await storeFile(file);
    const before = [await readDocument(id), listKept()];
    expect((await api.putFile(id, file)).status).toBe(200);
    for (const other of [createPdf(), Buffer.from('<html>'), Buffer.alloc(0)]) {
      const reply = await api.putFile(id, other);
      expect([reply.status, readProblemType(reply)]).toEqual([409, 'other_file']);
    }
    expect([await readDocument(id), listKept()]).toEqual(before);
    expect(listIncoming()).toEqual([]);
    expect((await readContent(id)).bytes.equals(file)).toBe(true);
  });

  test('of uploads at once one is kept, and each is answered as if it were', async () => {
    const file = createPdf();
    const id = await register(file);
    const before = listKept().length;
    const replies = await Promise.all(Array.from({ length: 6 }, () => api.putFile(id, file)));
    expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(listKept()).toHaveLength(before + 1);
    expect(await api.deps.sql`select id from document_files where document_id = ${id}`).toHaveLength(1);
    expect((await auditOf(id)).filter(({ action }) => action === 'document.store')).toHaveLength(1);
  });

  test('is read by the roles that may see its content, and each reading is in the audit log', async () => {
    const id = await storeFile(createPdf(), { containsPhi: true });
    for (const [role, status] of Object.entries({
      lead: 200,
      specialist: 200,
      auditor: 200,
      client: 200,
      agent: 403,
      service: 403,
    }))
      expect([role, (await readContent(id, await api.keyOf(role, [clientId]))).status]).toEqual([role, status]);
    const readings = (await auditOf(id)).filter(({ action }) => action === 'document.read');
    expect(readings.map(({ actor, outcome, detail }) => [actor.name, outcome, detail])).toEqual(
      ['lead', 'specialist', 'auditor', 'client'].map((role) => [`a ${role}`, 'done', { containsPhi: true }]),
    );
  });
});

describe('a file is refused, and nothing of it is kept', () => {
  async function expectRefused(file: Uint8Array, named: { sent?: Sent; more?: object; sha256?: string }) {
    const id = await register(file, { ...named.more, ...(named.sha256 && { sha256: named.sha256 }) });
    const before = listKept();
    const reply = await api.putFile(id, file, named.sent ?? {});
    await expectNothingKept(before, id);
    return [reply.status, readProblemType(reply)];
  }
  const as = (type: string): Sent => ({ headers: { 'Content-Type': type } });

  test('where it is none of the kinds that are kept, whatever it is called', async () => {
    const more = { name: 'letter.pdf' };
    for (const file of [
      Buffer.from('<!doctype html><script>alert(1)</script>'),
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
      Buffer.from(' %PDF-1.4'),
      Buffer.from('PK\u0003\u0004'),
      Buffer.from('MZ'),
      Buffer.from('%PD'),
      Buffer.alloc(0),
    ])
      for (const type of ['application/octet-stream', 'application/pdf'])
        expect(await expectRefused(file, { sent: as(type), more: { ...more, evenIfExists: true } })).toEqual([
          415,
          'file_type_not_kept',
        ]);
  });

  test('where its Content-Type says something else, or something that is never kept', async () => {
    const file = createPdf();
    const evenIfExists = { evenIfExists: true };
    expect(await expectRefused(file, { sent: as('image/png'), more: evenIfExists })).toEqual([415, 'other_file_type']);
    for (const type of ['text/html', 'application/json', 'image/svg+xml', 'multipart/form-data; boundary=x'])
      expect(await expectRefused(file, { sent: as(type), more: evenIfExists })).toEqual([
        415,
        'unsupported_media_type',
      ]);
  });

  test('where its hash is not the document’s', async () => {
    expect(await expectRefused(createPdf(), { sha256: 'ab'.repeat(32) })).toEqual([422, 'wrong_hash']);
    const file = createPdf();
    const id = await register(file, { sha256: hashFile(file).toUpperCase() });
    expect((await api.putFile(id, file)).status).toBe(200);
  });

  test('where it is longer than it may be, as soon as that is known', async () => {
    const file = Buffer.concat([createPdf(), Buffer.alloc(mostBytes())]);
    expect(await expectRefused(file, {})).toEqual([413, 'body_too_large']);
    const longest = Buffer.concat([createPdf(), Buffer.alloc(mostBytes())]).subarray(0, mostBytes());
    expect((await api.putFile(await register(longest), longest)).status).toBe(200);

    // without a length, and without an end
    const id = await register(file, { evenIfExists: true });
    const before = listKept();
    const status = await new Promise<number>((resolve, reject) => {
      const sending = send(id, (response) => {
        resolve(response);
        sending.destroy();
      });
      sending.on('error', reject);
      sending.write(file);
    });
    expect(status).toBe(413);
    await expectNothingKept(before, id);
  });

  test('and the connection goes on, for the next request on it', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const file = Buffer.alloc(mostBytes());
    const id = await register(file);
    const sendAgain = () =>
      new Promise<[status: number, port: number]>((resolve, reject) => {
        const headers = { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/octet-stream' };
        const sending = request(
          `${api.url}/v1/documents/${id}/content`,
          { method: 'PUT', agent, headers },
          (response) => {
            const port = response.socket.localPort!;
            response.resume().on('end', () => resolve([response.statusCode!, port]));
          },
        );
        sending.on('error', reject).end(file);
      });
    const [[status, port], ...others] = [await sendAgain(), await sendAgain(), await sendAgain()];
    expect(status).toBe(415);
    expect(others).toEqual([
      [415, port],
      [415, port],
    ]);
    agent.destroy();
  });

  test('where it breaks off', async () => {
    const file = Buffer.concat([createPdf(), randomBytes(300_000)]);
    const id = await register(file);
    const before = listKept();
    const sending = send(id, () => undefined, file.length);
    sending.on('error', () => undefined);
    sending.write(file.subarray(0, 200_000));
    await eventually(() => listIncoming().length === 1);
    sending.destroy();
    await eventually(() => expectNothingKept(before, id).then(() => true));
  });

  /** Sends a file that the test writes itself. */
  function send(id: string, answered: (status: number) => void, length?: number) {
    return request(
      `${api.url}/v1/documents/${id}/content`,
      {
        method: 'PUT',
        headers: {
          Authorization: `Bearer ${ADMIN_KEY}`,
          'Content-Type': 'application/pdf',
          ...(length && { 'Content-Length': length }),
        },
      },
      (response) => answered(response.resume().statusCode!),
    );
  }

  test('where the scanner refuses it, and it is in the audit log; where it gives no verdict, it may be sent again', async () => {
    const scan = (program: string, seconds = 20) =>
      Object.assign(api.deps.files!, { scanner: { command: [process.execPath, '-e', program], seconds } });
    const file = createPdf();
    scan('process.stdin.resume().on("end", () => process.exit(1))');
    expect(await expectRefused(file, {})).toEqual([422, 'refused_by_scanner']);
    const more = { evenIfExists: true };
    scan('process.exit(2)');
    expect(await expectRefused(file, { more })).toEqual([503, 'unavailable']);
    scan('setInterval(() => {}, 1000)', 1);
    expect(await expectRefused(file, { more })).toEqual([503, 'unavailable']);
    const [row] = (await api.get(`/v1/audit-log?clientId=${clientId}&limit=200`)).body.items.filter(
      (entry: Reply['body']) => entry.action === 'document.refuse',
    );
    expect(row).toMatchObject({ outcome: 'refused', subjectType: 'document' });

    // it sees the file as it is, not as it lies
    scan(`let all = ''; process.stdin.setEncoding('latin1').on('data', (part) => (all += part))
      .on('end', () => process.exit(all.startsWith('%PDF') && all.endsWith('%%EOF\\n') ? 0 : 1))`);
    await storeFile(createPdf());
  });

  test('where the store is away, and it may be sent again', async () => {
    const refuse = () => Promise.reject(new StoreUnavailable('away'));
    Object.assign(api.deps.files!, { store: { ...store, put: refuse } });
    const file = createPdf();
    const id = await register(file);
    const before = listKept();
    const reply = await api.putFile(id, file);
    expect([reply.status, readProblemType(reply), reply.headers.get('retry-after')]).toEqual([
      503,
      'unavailable',
      '10',
    ]);
    await expectNothingKept(before, id);
    Object.assign(api.deps.files!, { store });
    expect((await api.putFile(id, file)).status).toBe(200);
    Object.assign(api.deps.files!, { store: { ...store, get: refuse } });
    expect((await readContent(id)).status).toBe(503);
  });
});

test('what a crash leaves between the store and the record is no document’s, and goes a day later', async () => {
  const { sql } = api.deps;
  const crash: FileStore = {
    ...store,
    put: async (id, path) => {
      await store.put(id, path);
      throw new StoreUnavailable('the process is gone');
    },
    remove: () => Promise.reject(new StoreUnavailable('the process is gone')),
  };
  Object.assign(api.deps.files!, { store: crash });
  const file = createPdf();
  const id = await register(file);
  const before = listKept();
  expect((await api.putFile(id, file)).status).toBe(503);
  const [left] = listKept().filter((name) => !before.includes(name));
  expect((await readDocument(id)).content).toBeNull();
  expect((await readContent(id)).status).toBe(404);
  Object.assign(api.deps.files!, { store });
  await removeFiles(sql, store);
  expect(listKept()).toContain(left);
  expect((await api.putFile(id, file)).status).toBe(200);
  await sql`update document_files set started_at = now() - interval '25 hours' where document_id = ${id}`;
  await removeFiles(sql, store);
  expect(listKept()).not.toContain(left);
  expect((await readContent(id)).bytes.equals(file)).toBe(true);
  expect(await sql`select id from document_files where document_id = ${id}`).toHaveLength(1);
});

test('a sealed file that was cut short, mixed up or exchanged is never answered as whole', async () => {
  const place = async (id: string) => {
    const [row] = await api.deps.sql<{ id: string }[]>`select id from document_files where document_id = ${id}`;
    return join(folder(), row!.id);
  };
  const [one, other] = [0, 1].map(() => Buffer.concat([createPdf(), randomBytes(200_000)]));
  const [id, otherId] = [await storeFile(one!), await storeFile(other!)];
  const sealed = readFileSync(await place(id));
  const whole = (at: number) => sealed.subarray(4 + at * 65_552, 4 + (at + 1) * 65_552);
  /** Broken off where it is noticed late. */
  const isWhole = () =>
    readContent(id).then(
      ({ status, bytes }) => status === 200 && bytes.length === one!.length,
      () => false,
    );
  expect(await isWhole()).toBe(true);
  for (const damaged of [
    sealed.subarray(0, -20_000),
    Buffer.concat([sealed.subarray(0, 4), whole(0), whole(1), whole(2)]),
    Buffer.concat([sealed.subarray(0, 4), whole(1), whole(0), sealed.subarray(4 + 2 * 65_552)]),
    readFileSync(await place(otherId)),
    Buffer.alloc(0),
  ]) {
    writeFileSync(await place(id), damaged);
    expect(await isWhole()).toBe(false);
  }
  // noticed in the first piece, it is no 200 either
  expect((await readContent(id)).status).toBe(500);
});

test('a document of another client is none, on every route', async () => {
  const id = await storeFile(createPdf());
  const link = await api.make(`/v1/documents/${id}/links`, {});
  const other = (await api.make('/v1/clients', CLIENT)).id;
  for (const role of ['lead', 'specialist', 'auditor', 'client', 'agent', 'service']) {
    const key = await api.keyOf(role, [other]);
    const replies = [
      await api.putFile(id, createPdf(), { key }),
      await api.get(`/v1/documents/${id}/content`, { key }),
      await api.post(`/v1/documents/${id}/links`, {}, { key }),
      await api.get(`/v1/documents/${id}/links`, { key }),
      await api.get(`/v1/documents/${id}/links/${link.id}`, { key }),
      await api.call('DELETE', `/v1/documents/${id}/links/${link.id}`, { key }),
      await api.get(`/v1/clients/${other}/documents/${id}`, { key }),
    ];
    expect([role, ...replies.map(({ status }) => status)]).toEqual([role, ...replies.map(() => 404)]);
  }
  expect((await download(link.url, null)).status).toBe(200);
  // nor is it found at a client to whom it does not belong
  expect((await api.get(`/v1/clients/${other}/documents/${id}`)).status).toBe(404);
});

test('a document without its file is no file to read or link to', async () => {
  const id = await register(createPdf());
  for (const reply of [await api.get(`/v1/documents/${id}/content`), await api.post(`/v1/documents/${id}/links`, {})])
    expect([reply.status, readProblemType(reply)]).toEqual([404, 'no_file']);
});

describe('a link', () => {
  const link = (id: string, body: object = {}, sent?: Sent) => api.make(`/v1/documents/${id}/links`, body, sent);

  test('opens its file without a key, and says so in the audit log', async () => {
    const file = createPdf();
    const id = await storeFile(file);
    const made = await link(id, { expiresInMinutes: 5 });
    expect(made.url).toMatch(/^\/document-links\/[\w-]{43}$/);
    expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(300_000);
    const answer = await download(made.url, null);
    expect([answer.status, answer.bytes.equals(file)]).toEqual([200, true]);
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    expect(answer.headers.get('content-disposition')).toContain('attachment');
    const readings = (await auditOf(id)).filter(({ action }) => action === 'document.read');
    expect(readings).toMatchObject([{ actor: { type: 'system', id: made.id }, detail: { linkId: made.id } }]);
    const { url: _, ...shown } = made;
    expect((await api.get(`/v1/documents/${id}/links`)).body.items).toEqual([{ ...shown, usedAt: expect.any(String) }]);
    const [row] = await api.deps.sql`select token_hash from document_links where id = ${made.id}`;
    expect(JSON.stringify(row)).not.toContain(made.url.slice(-43));
  });

  test('ends when its time is over, when it is revoked, and with its maker’s key or user', async () => {
    const { sql } = api.deps;
    const id = await storeFile(createPdf());
    const isOpen = async (made: Reply['body']) => {
      const { status } = await download(made.url, null);
      expect([200, 404]).toContain(status);
      return status === 200;
    };
    const over = await link(id, { expiresInMinutes: 1 });
    expect(await isOpen(over)).toBe(true);
    await sql`update document_links set expires_at = now() - interval '1 second' where id = ${over.id}`;
    expect(await isOpen(over)).toBe(false);

    const revoked = await link(id);
    expect((await api.call('DELETE', `/v1/documents/${id}/links/${revoked.id}`)).status).toBe(204);
    expect((await api.call('DELETE', `/v1/documents/${id}/links/${revoked.id}`)).status).toBe(204);
    expect(await isOpen(revoked)).toBe(false);

    const program = await api.make('/v1/api-keys', { name: 'p', role: 'lead', clientIds: [clientId] });
    const ofProgram = await link(id, {}, { key: program.key });
    expect((await api.get(`/v1/api-keys/${program.id}/made`)).body.items).toEqual([
      { what: 'document_link', id: ofProgram.id, madeBy: program.id },
    ]);
    expect(await isOpen(ofProgram)).toBe(true);
    await api.call('DELETE', `/v1/api-keys/${program.id}`);
    expect(await isOpen(ofProgram)).toBe(false);

    const person = { name: 'Dana', email: `${randomUUID()}@example.org`, role: 'lead', clientIds: [clientId] };
    const user = await api.make('/v1/users', person);
    const { key } = await api.make('/v1/api-keys', { name: 'k', role: 'lead', userId: user.id });
    const [ofUser, ofScope] = [await link(id, {}, { key }), await link(id, {}, { key })];
    expect(await isOpen(ofUser)).toBe(true);
    await sql`update users set client_ids = '{}' where id = ${user.id}`;
    expect(await isOpen(ofScope)).toBe(false);
    await sql`update users set client_ids = ${[clientId]} where id = ${user.id}`;
    expect((await api.post(`/v1/users/${user.id}/end`, { workTo: null, reason: 'left' })).status).toBe(200);
    expect(await isOpen(ofUser)).toBe(false);
    await api.post(`/v1/users/${user.id}/reinstatement`, { reason: 'back' });
    expect(await isOpen(ofUser)).toBe(false);
    expect((await download(`/document-links/${'A'.repeat(43)}`, null)).status).toBe(404);
  });

  test('is made by staff who may share a file, and by nobody who only reads', async () => {
    const id = await storeFile(createPdf());
    for (const [role, status] of Object.entries({
      lead: 201,
      specialist: 201,
      auditor: 403,
      client: 403,
      agent: 403,
    })) {
      const key = await api.keyOf(role, [clientId]);
      expect([role, (await api.post(`/v1/documents/${id}/links`, {}, { key })).status]).toEqual([role, status]);
    }
  });

  test('lasts a week at most, and is not made to what contains health information', async () => {
    const id = await storeFile(createPdf());
    for (const expiresInMinutes of [0, -1, 1.5, 10_081, '5'])
      expect((await api.post(`/v1/documents/${id}/links`, { expiresInMinutes })).status).toBe(400);
    expect((await api.post(`/v1/documents/${id}/links`, { expiresInMinutes: 10_080 })).status).toBe(201);
    const reply = await api.post(`/v1/documents/${await storeFile(createPdf(), { containsPhi: true })}/links`, {});
    expect([reply.status, readProblemType(reply)]).toEqual([409, 'contains_phi']);
  });
});

test('a file that its store does not remove is listed as stuck until it is gone', async () => {
  const { sql } = api.deps;
  const id = await storeFile(createPdf());
  await sql`update document_files set purged_at = now(), key_sealed = null where document_id = ${id}`;
  const [file] = await listRemovableFiles(sql);
  const listStuck = async () =>
    (await api.get('/v1/operations/stuck')).body.items.filter((item: Reply['body']) => item.kind === 'file');
  await removeFiles(sql, { ...store, remove: () => Promise.reject(new StoreUnavailable('away')) });
  expect(await listStuck()).toMatchObject([{ id: file, what: 'removal', clientId, cause: 'store_unavailable' }]);
  expect(listKept()).toContain(file);
  await removeFiles(sql, store);
  expect(await listStuck()).toEqual([]);
  expect(listKept()).not.toContain(file);
  expect(await listRemovableFiles(sql)).toEqual([]);
});

test('after who it is about has left, a file goes by its kind, not under a legal hold; its hash stays', async () => {
  const { sql } = api.deps;
  const keep = { documentKeepYears: 3, documentKindKeepYears: [{ kind: 'W9', years: 1 }] };
  expect((await api.patch('/v1/settings', keep)).body).toMatchObject(keep);
  const [letter, w9] = [await storeFile(createPdf()), await storeFile(createPdf(), { kind: 'w9' })];
  const fileOf = async (id: string) =>
    (await sql<{ id: string }[]>`select id from document_files where document_id = ${id}`)[0]!.id;
  const files = { letter: await fileOf(letter), w9: await fileOf(w9) };
  const statuses = async () => [(await readContent(letter)).status, (await readContent(w9)).status];
  const purge = (now: string) => sql.begin((tx) => purgeDueData(tx, clientId, now));
  await sql`update clients set ended_on = '2020-06-30', time_zone = 'UTC' where id = ${clientId}`;

  await sql`update clients set legal_hold = '{"reason": "a lawsuit"}' where id = ${clientId}`;
  expect(await purge('2026-01-01T00:00:00.000Z')).toEqual({ next: null });
  expect(await statuses()).toEqual([200, 200]);
  await sql`update clients set legal_hold = null where id = ${clientId}`;

  await purge('2021-06-30T12:00:00.000Z');
  expect(await statuses()).toEqual([200, 200]);
  await purge('2021-07-03T00:00:00.000Z');
  expect(await statuses()).toEqual([200, 410]);
  expect(await readDocument(w9)).toMatchObject({
    content: null,
    contentPurgedAt: '2021-07-03T00:00:00.000Z',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const [row] = await sql`select key_sealed, removed_at from document_files where id = ${files.w9}`;
  expect(row).toEqual({ keySealed: null, removedAt: null });
  await removeFiles(sql, store);
  expect(listKept()).toEqual(expect.arrayContaining([files.letter]));
  expect(listKept()).not.toContain(files.w9);
  expect((await api.post(`/v1/documents/${w9}/links`, {})).status).toBe(410);

  await purge('2023-07-03T00:00:00.000Z');
  await removeFiles(sql, store);
  expect(await statuses()).toEqual([410, 410]);
  expect(listKept()).not.toContain(files.letter);
  const purges = (await auditOf(clientId)).filter(
    ({ action, detail }) => action === 'retention.purge' && detail.what === 'documents',
  );
  expect(purges.map(({ detail }) => detail.files)).toEqual([1, 1]);

  // a file that is stored after that goes in its turn
  const late = await storeFile(createPdf());
  await purge('2023-07-04T00:00:00.000Z');
  expect((await readContent(late)).status).toBe(410);
  await api.patch('/v1/settings', { documentKeepYears: 10, documentKindKeepYears: [] });
});

test('without a store no file is taken, and everything else goes on', async () => {
  const bare = await TestApi.start({ files: false });
  const client = await bare.make('/v1/clients', CLIENT);
  const file = createPdf();
  const document = await bare.make(`/v1/clients/${client.id}/documents`, {
    kind: 'letter',
    name: 'Letter',
    sha256: hashFile(file),
  });
  expect((await bare.putFile(document.id, file)).status).toBe(503);
  expect((await bare.get(`/v1/documents/${document.id}/content`)).status).toBe(404);
  await bare.stop();
});
