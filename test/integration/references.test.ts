import { randomUUID } from 'node:crypto';
import { CLIENT, NPI, PAYER, PRACTICE, PROVIDER, TestApi, type Reply } from '../support/api';
import { inventNpi } from '../support/file';

let api: TestApi;
let mine: Book;
let theirs: Book;
let key: string;
beforeAll(async () => {
  api = await TestApi.start();
  const { id: payerId } = await api.make('/v1/payers', { ...PAYER, name: 'A payer of references' });
  mine = await addClient(payerId);
  theirs = await addClient(payerId);
  key = await api.keyOf('lead', [mine.clientId]);
});
afterAll(() => api.stop());

type Book = Awaited<ReturnType<typeof addClient>>;
async function addClient(payerId: string) {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  const provider = { ...PROVIDER, npi: inventNpi() };
  const { id: providerId } = await api.make(`/v1/clients/${clientId}/providers`, provider);
  const document = { kind: 'letter', name: 'A letter', sha256: 'a'.repeat(64) };
  const { id: documentId } = await api.make(`/v1/clients/${clientId}/documents`, document);
  const user = { name: 'Ada', email: `${clientId}@example.org`, role: 'specialist', clientIds: [clientId] };
  const { id: userId } = await api.make('/v1/users', user);
  return { clientId, practiceId: practice.id as string, providerId, payerId, documentId, userId };
}

const nobody = randomUUID();
const application = (one: Book) => ({
  providerId: one.providerId,
  practiceId: one.practiceId,
  payerId: one.payerId,
  state: 'CA',
});
const errors = ({ status, body }: Reply): string[] => {
  expect([status, body.type]).toEqual([400, 'urn:countersign:problem:validation_failed']);
  expect(JSON.stringify(body)).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
  return body.errors.map(({ path, rule }: { path: string; rule: string }) => `${path} ${rule}`).toSorted();
};

describe('one answer names every bad field, references among them', () => {
  test('that name nothing, beside a field of a bad form', async () => {
    const body = { ...application(mine), payerId: nobody, locationId: nobody, state: 'ZZ', colour: 'red' };
    expect(errors(await api.post('/v1/applications', body, { key }))).toEqual([
      'colour unknown_field',
      'locationId unknown_reference',
      'payerId unknown_reference',
      'state one_of',
    ]);
  });

  test('that are another client’s, like those that name nothing', async () => {
    const body = { ...application(theirs), state: 'ZZ' };
    expect(errors(await api.post('/v1/applications', body, { key }))).toEqual([
      'practiceId unknown_reference',
      'providerId unknown_reference',
      'state one_of',
    ]);
  });

  test('documents of a client to whom the caller’s key reaches, but who is not the practice’s', async () => {
    const adopt = (evidence: string[]) => ({
      ...application(mine),
      state: 'ZZ',
      adopt: {
        stage: 'approved',
        confirmations: {
          effectiveDate: { value: '2026-01-01', source: 'letter', reference: 'r', confirmedOn: '2026-01-02', evidence },
        },
      },
    });
    const bad = 'adopt.confirmations.effectiveDate.evidence.1 unknown_reference';
    const both = adopt([mine.documentId, theirs.documentId]);
    expect(errors(await api.post('/v1/applications', both))).toEqual([bad, 'state one_of']);
    expect(errors(await api.post('/v1/applications', { ...both, state: 'CA' }))).toEqual([bad]);
  });

  test('in lists, beside items of a bad form', async () => {
    const access = {
      portal: 'Availity',
      status: 'lost in space',
      on: '2026-10-01',
      payerIds: [mine.payerId, nobody, 'no id'],
      holderUserId: theirs.userId,
      secondFactorUserIds: [mine.userId, nobody],
    };
    expect(errors(await api.post(`/v1/practices/${mine.practiceId}/portal-access`, access))).toEqual([
      'holderUserId sees_the_client',
      'payerIds.1 unknown_reference',
      'payerIds.2 unknown_reference',
      'secondFactorUserIds.1 unknown_reference',
      'status one_of',
    ]);
  });

  test('in queries, and documents that are to say whose they are', async () => {
    const query = `payerId=${nobody}&clientId=${theirs.clientId}&assignee=${mine.userId}&stage=lost`;
    expect(errors(await api.get(`/v1/applications?${query}`, { key }))).toEqual([
      'clientId unknown_reference',
      'payerId unknown_reference',
      'stage one_of',
    ]);
    const document = { kind: 'letter', name: '', sha256: 'a'.repeat(64), providerId: theirs.providerId };
    expect(errors(await api.post(`/v1/clients/${mine.clientId}/documents`, document))).toEqual([
      'name min_length',
      'providerId unknown_reference',
    ]);
  });

  test('of an action, beside dates that contradict the record and rules that the schema cannot see', async () => {
    const { body: adopted } = await api.post('/v1/applications', {
      ...application(mine),
      adopt: { stage: 'submitted', submittedOn: '2026-10-01' },
    });
    const contract = {
      value: 'executed',
      source: 'phone',
      reference: 'call 1',
      rep: 'Kim',
      confirmedOn: '2026-09-01',
      evidence: [theirs.documentId],
      seen: { npi: NPI },
    };
    expect(errors(await api.put(`/v1/applications/${adopted.id}/confirmations/contract`, contract))).toEqual([
      'confirmedOn before_record',
      'evidence.0 unknown_reference',
      'source contract_never_by_phone',
    ]);
  });

  test('users and clients of a new key', async () => {
    const input = { name: 'k', role: 'specialist', userId: nobody, clientIds: [mine.clientId, nobody] };
    expect(errors(await api.post('/v1/api-keys', input))).toEqual([
      'clientIds.1 unknown_reference',
      'userId unknown_reference',
    ]);
  });
});
