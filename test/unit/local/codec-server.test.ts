import { request as httpRequest, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import { temporal } from '@temporalio/proto';
import { buildCodecEndpoint, startCodecServer } from '../../../local/codec-server';
import { findFreePort } from '../../../local/ports';
import { createDataConverter } from '../../../runtime/codec';
import { createKeyring } from '../../../runtime/keyring';
import { testKeyring } from '../../support/keys';

const OWNER = { type: 'workflow', namespace: 'default', workflowId: 'application/one' } as const;
const UI_PORT = 8233;
const UI = `http://localhost:${UI_PORT}`;
const ELSEWHERE = [`http://localhost:${UI_PORT + 1}`, `https://localhost:${UI_PORT}`, 'http://example.test', 'null'];

let server: Server;
let port: number;

beforeAll(async () => {
  port = await findFreePort();
  server = await startCodecServer(async () => testKeyring, port, UI_PORT);
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

/** As Temporal's tools send them. */
async function sealed(text: string, keyring = testKeyring, owner?: typeof OWNER): Promise<string> {
  const [codec] = loadDataConverter(createDataConverter(keyring)).payloadCodecs;
  const payloads = await codec!.encode([defaultPayloadConverter.toPayload(text)], owner);
  return JSON.stringify(temporal.api.common.v1.Payloads.create({ payloads }));
}

function post(body: string, headers: Record<string, string> = {}, path = '/decode'): Promise<Response> {
  const own = { 'content-type': 'application/json', 'x-namespace': 'default', ...headers };
  return fetch(`${buildCodecEndpoint(port)}${path}`, { method: 'POST', headers: own, body });
}

async function textsIn(response: Response): Promise<unknown[]> {
  const answer = (await response.json()) as { payloads: { metadata: { encoding: string }; data: string }[] };
  return answer.payloads.map(({ metadata, data }) => {
    const payload: Payload = {
      metadata: { encoding: Buffer.from(metadata.encoding, 'base64') },
      data: Buffer.from(data, 'base64'),
    };
    return defaultPayloadConverter.fromPayload(payload);
  });
}

test.each([
  ['bound to a workflow', OWNER],
  ['of format 1', undefined],
])('a payload %s opens without a word of whose it is', async (_, owner) => {
  const body = await sealed('follow-up: credentialing', testKeyring, owner);
  expect(body).not.toContain(Buffer.from('json/plain').toString('base64'));
  const response = await post(body);
  expect(response.status).toBe(200);
  expect(await textsIn(response)).toEqual(['follow-up: credentialing']);
});

test('a payload that nobody sealed passes as it is', async () => {
  const plain = { metadata: { encoding: Buffer.from('json/plain').toString('base64') }, data: 'InN1Ym1pc3Npb24i' };
  expect(await (await post(JSON.stringify({ payloads: [plain] }))).json()).toEqual({ payloads: [plain] });
});

test('the page of the UI may ask, with the query that it adds, and read the answer, under both names of the loopback', async () => {
  for (const origin of [UI, `http://127.0.0.1:${UI_PORT}`]) {
    const path = '/decode?preserveStorageRefs=true';
    const asked = await fetch(`${buildCodecEndpoint(port)}${path}`, { method: 'OPTIONS', headers: { origin } });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-headers')).toBe('content-type, x-namespace');
    const answered = await post(await sealed('submission'), { origin }, path);
    expect(answered.headers.get('access-control-allow-origin')).toBe(origin);
    expect(await textsIn(answered)).toEqual(['submission']);
  }
});

test.each(ELSEWHERE)('a page of %s is refused', async (origin) => {
  const preflight = await fetch(`${buildCodecEndpoint(port)}/decode`, { method: 'OPTIONS', headers: { origin } });
  for (const response of [preflight, await post(await sealed('submission'), { origin })]) {
    expect(response.status).toBe(403);
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
    expect(await response.text()).toBe('');
  }
});

test('the command line may ask for nothing to be sealed, as before each query, and for nothing else', async () => {
  const asked = await post('{}', {}, '/encode');
  expect([asked.status, await asked.json()]).toEqual([200, {}]);
  for (const body of [await sealed('submission'), '{"payloads":[{"data":"InN1Ym1pc3Npb24i"}]}', ''])
    expect((await post(body, {}, '/encode')).status).toBe(404);
  for (const origin of ELSEWHERE) expect((await post('{}', { origin }, '/encode')).status).toBe(403);
});

test('it answers nothing but decode', async () => {
  const body = await sealed('submission');
  for (const path of ['/', '/encode', '/decode/', '/decode?all', '/v1/decode'])
    expect((await post(body, {}, path)).status).toBe(404);
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS'])
    expect((await fetch(`${buildCodecEndpoint(port)}/decode`, { method })).status).toBe(404);
});

test('what it cannot open or read is refused without a word of it', async () => {
  const foreign = createKeyring(`other:${Buffer.alloc(32, 9).toString('base64')}`);
  for (const body of [await sealed('submission', foreign), 'panel closed', 'null', '{"payloads":"panel"}']) {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.text()).toBe('');
  }
  expect((await post(await sealed('submission'))).status).toBe(200);
});

test('only the loopback reaches it', async () => {
  expect(server.address()).toMatchObject({ address: '127.0.0.1', port });
  const outside = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
  );
  for (const host of outside) {
    const reached = new Promise((resolve) => {
      httpRequest({ host, port, path: '/decode', method: 'POST' }, () => resolve(true))
        .once('error', () => resolve(false))
        .end();
    });
    expect(await reached).toBe(false);
  }
});
