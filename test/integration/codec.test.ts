import { randomUUID } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { buildApplicationWorkflowId, buildParticipationWorkflowId } from '../../domain/applications/key';
import { createCodec } from '../../runtime/codec';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply } from '../support/api';
import { inventNpi } from '../support/file';
import { testKeyring } from '../support/keys';

const UI = 'https://temporal.example.org';
const PATH = '/v1/codec/decode';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ temporalUiOrigin: UI });
});
afterAll(() => api.stop());

const { Payload: proto } = temporal.api.common.v1;
const toJson = (payload: Payload) => proto.toObject(proto.create(payload), { bytes: String });
async function seal(text: string, workflowId?: string): Promise<object> {
  const owner = workflowId ? ({ type: 'workflow', namespace: 'default', workflowId } as const) : undefined;
  const [sealed] = await createCodec(testKeyring).encode([defaultPayloadConverter.toPayload(text)], owner);
  return toJson(sealed!);
}
const read = ({ body }: Reply): unknown[] =>
  body.payloads.map((one: object) => {
    const payload = proto.fromObject(one);
    return Buffer.from(payload.metadata!.encoding!).toString() === 'binary/encrypted'
      ? 'sealed'
      : defaultPayloadConverter.fromPayload(payload);
  });

async function open() {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${clientId}/practices`, PRACTICE);
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  const payer = await api.make('/v1/payers', { ...PAYER, name: `P ${randomUUID()}` });
  const asked = { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: 'CA' };
  const { id } = (await api.post('/v1/applications', asked)).body;
  const [row] = await api.deps.sql`select snapshot->'key' as key from applications where id = ${id}`;
  return { clientId, id: id as string, workflowId: buildApplicationWorkflowId(row!.key) };
}

test('a payload opens for who sees its application, and what is of no application for who sees every client', async () => {
  const [own, foreign] = [await open(), await open()];
  const payloads = [
    await seal('own', own.workflowId),
    await seal('own participation', buildParticipationWorkflowId(own.id)),
    await seal('foreign', foreign.workflowId),
    await seal('foreign participation', buildParticipationWorkflowId(foreign.id)),
    await seal('a person', 'providerUpkeep/7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11'),
    await seal('of none'),
  ];
  const decode = async (key?: string) => read(await api.post(PATH, { payloads }, key === undefined ? {} : { key }));
  expect(await decode()).toEqual([
    'own',
    'own participation',
    'foreign',
    'foreign participation',
    'a person',
    'of none',
  ]);
  for (const role of ['agent', 'auditor'])
    expect(await decode(await api.keyOf(role, [own.clientId]))).toEqual([
      'own',
      'own participation',
      'sealed',
      'sealed',
      'sealed',
      'sealed',
    ]);
  for (const role of ['client', 'service'])
    expect((await api.post(PATH, { payloads }, { key: await api.keyOf(role, [own.clientId]) })).status).toBe(403);
  expect((await api.post(PATH, { payloads }, { key: '' })).status).toBe(401);
});

test('a payload under another name, or of another key, stays as it came', async () => {
  const own = await open();
  const [sealed, other] = [await seal('own', own.workflowId), await seal('x', 'application/other')];
  const renamed = { ...other, metadata: (sealed as { metadata: object }).metadata };
  const plain = toJson(defaultPayloadConverter.toPayload('plain'));
  const { body } = await api.post(`${PATH}?preserveStorageRefs=true`, { payloads: [renamed, plain] });
  expect(body.payloads).toEqual([renamed, plain]);
});

test('pages of Temporal’s UI may ask, and those of no other origin', async () => {
  const preflight = async (origin: string) => {
    const response = await fetch(api.url + PATH, { method: 'OPTIONS', headers: { Origin: origin } });
    return [response.status, response.headers.get('access-control-allow-origin')];
  };
  expect(await preflight(UI)).toEqual([204, UI]);
  expect(await preflight('https://elsewhere.example.org')).toEqual([401, null]);
  const { headers } = await api.post(PATH, { payloads: [] }, { headers: { Origin: UI } });
  expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([UI, 'Origin']);
});
