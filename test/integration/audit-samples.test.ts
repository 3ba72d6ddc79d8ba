import { createHash } from 'node:crypto';
import { strFromU8, unzipSync } from 'fflate';
import { ADMIN_KEY, type Reply } from '../support/api';
import { System, type Filed } from '../support/system';

let system: System;
let mine: Filed;
let theirs: Filed;
const TODAY_UTC = new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  system = await System.start();
  [mine, theirs] = [await system.file(), await system.file()];
  for (const filed of [mine, theirs])
    for (const state of ['CA', 'NV', 'OR', 'WA'])
      await system.open({ ...filed, payerId: await system.payer() }, { state });
});
afterAll(() => system.stop());

const draw = (more: object = {}, key?: string): Promise<Reply> =>
  system.api.post(
    '/v1/audit-samples',
    { kind: 'new_individual', count: 3, seed: 'spring', from: TODAY_UTC, to: TODAY_UTC, ...more },
    key === undefined ? {} : { key },
  );

async function archive(id: string, key = ADMIN_KEY): Promise<Record<string, string>> {
  const response = await fetch(`${system.api.url}/v1/audit-samples/${id}/archive`, {
    headers: { Authorization: `Bearer ${key}` },
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip']);
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
  return Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, strFromU8(bytes, true)]));
}

test('the same seed draws the same sample, another one another; all, where there are fewer', async () => {
  const first = await draw();
  expect([first.status, first.headers.get('location'), first.body.population]).toEqual([
    201,
    `/v1/audit-samples/${first.body.id}`,
    8,
  ]);
  expect((await draw()).body.applicationIds).toEqual(first.body.applicationIds);
  const others = await Promise.all(['a', 'b', 'c', 'd'].map((seed) => draw({ seed })));
  expect(others.some(({ body }) => body.applicationIds.join() !== first.body.applicationIds.join())).toBe(true);
  const all = (await draw({ count: 50 })).body.applicationIds;
  expect(new Set(all).size).toBe(8);
  expect(all.slice(0, 3)).toEqual(first.body.applicationIds);
  expect((await draw({ kind: 'termination' })).body).toMatchObject({ population: 0, applicationIds: [] });
  expect((await draw({ from: '2020-01-01', to: '2020-12-31' })).body.population).toBe(0);
  expect((await draw({ from: '2020-02-01', to: '2020-01-31' })).body.errors).toMatchObject([
    { path: 'to', rule: 'order' },
  ]);
  expect((await draw({ count: 51 })).status).toBe(400);
  expect((await system.api.get(`/v1/audit-samples/${first.body.id}`)).body).toEqual(first.body);
});

test('the archive has evidence, timeline, approvals and documents of each, and the hash of every file', async () => {
  const filed = await system.file();
  const document = await system.api.make(`/v1/clients/${filed.clientId}/documents`, {
    kind: 'contract',
    name: 'Contract of Acme',
    sha256: 'ab'.repeat(32),
  });
  const stored = await system.api.storeDocument(filed.clientId, { name: '../Executed contract', kind: 'contract' });
  const application = await system.at('approved', { filed });
  await application.confirm('contract', { evidence: [document.id, stored] });
  const auditor = await system.api.keyOf('auditor', [filed.clientId]);
  const { body: drawn } = await draw({}, auditor);
  expect(drawn).toMatchObject({ population: 1, applicationIds: [application.id] });
  const files = await archive(drawn.id, auditor);
  const folder = `01-${application.id}`;
  expect(Object.keys(files)).toEqual([
    ...[
      'evidence.json',
      'evidence.pdf',
      'timeline.json',
      'approvals.json',
      `documents/${stored}-_Executed contract.pdf`,
      'documents.json',
    ].map((name) => `${folder}/${name}`),
    'manifest.json',
  ]);
  const read = (name: string) => JSON.parse(Buffer.from(files[`${folder}/${name}`]!, 'latin1').toString());
  expect(files[`${folder}/evidence.pdf`]!.slice(0, 5)).toBe('%PDF-');
  expect(read('evidence.json').application.id).toBe(application.id);
  expect(read('timeline.json')).toEqual(await application.timeline());
  expect(read('approvals.json')).toMatchObject([{ kind: 'confirmation', fact: 'contract', actor: { id: 'admin' } }]);
  const copy = `documents/${stored}-_Executed contract.pdf`;
  const sha256 = createHash('sha256')
    .update(Buffer.from(files[`${folder}/${copy}`]!, 'latin1'))
    .digest('hex');
  expect(read('documents.json')).toMatchObject([
    { id: stored, sha256, file: copy, storedAt: expect.any(String) },
    { id: document.id, sha256: 'ab'.repeat(32), file: null, storedAt: null },
  ]);
  const readings = await system.api.get(`/v1/audit-log?clientId=${filed.clientId}&subject=${stored}`);
  expect(readings.body.items.at(-1)).toMatchObject({ action: 'document.read', detail: { auditSampleId: drawn.id } });
  const manifest = JSON.parse(files['manifest.json']!);
  expect(manifest.sample).toEqual(drawn);
  const { 'manifest.json': _, ...rest } = files;
  expect(manifest.files).toEqual(
    Object.entries(rest).map(([path, text]) => {
      const bytes = Buffer.from(text, 'latin1');
      return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
});

test('a sample is of the clients that its maker sees, and is read by those alone who see them all', async () => {
  const auditor = await system.api.keyOf('auditor', [mine.clientId]);
  const { body: own } = await draw({ count: 50 }, auditor);
  expect(own.population).toBe(4);
  const { body: both } = await draw({ count: 50 });
  for (const path of [`/v1/audit-samples/${both.id}`, `/v1/audit-samples/${both.id}/archive`])
    expect((await system.api.get(path, { key: auditor })).status).toBe(404);
  for (const role of ['lead', 'specialist', 'agent', 'client', 'service'])
    expect([role, (await draw({}, await system.api.keyOf(role, [mine.clientId]))).status]).toEqual([role, 403]);
  await archive(own.id, auditor);
  const entries = async (clientId: string) =>
    (await system.api.get(`/v1/audit-log?clientId=${clientId}&subject=${own.id}`)).body.items;
  expect(await entries(mine.clientId)).toMatchObject([
    { action: 'audit_sample.draw', detail: { applicationIds: expect.any(Array) } },
    { action: 'audit_sample.export' },
  ]);
  expect(await entries(theirs.clientId)).toEqual([]);
});
