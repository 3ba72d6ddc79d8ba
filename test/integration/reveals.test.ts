import { randomUUID } from 'node:crypto';
import { ROLES, STAFF_ROLES, type Role } from '../../domain/kernel/codes';
import { deleteExpiredRows } from '../../record/operations/housekeeping';
import {
  CLIENT,
  listBrokenRules,
  PAYER,
  PRACTICE,
  PROVIDER,
  readProblemType,
  TestApi,
  type Reply,
} from '../support/api';
import { inventNpi } from '../support/file';

let api: TestApi;
const lines: string[] = [];
beforeAll(async () => {
  api = await TestApi.start({ log: (line) => lines.push(line) });
});
afterAll(() => api.stop());

const term = { expiresOn: '2099-01-31' };
const HELD = {
  malpractice: { carrier: 'Good Cover', policyNumber: 'POLICY-77-99', ...term },
  formerMalpractice: [{ carrier: 'Good Cover', policyNumber: 'P-1', expiresOn: '2019-01-31' }],
  dea: [
    { state: 'CA', number: 'AB1234563', ...term },
    { state: 'NY', number: 'BB1388568', ...term },
  ],
  formerDea: [{ state: 'CA', number: 'FB7654329', expiresOn: '2019-01-31' }],
};
const NUMBERS = ['POLICY-77-99', 'P-1', 'AB1234563', 'BB1388568', 'FB7654329'];
const SSN = '123-45-6789';
const EIN = '12-3456789';
const SECRETS = [...NUMBERS.filter((number) => number !== 'P-1'), SSN, '123456789'];

async function file() {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const make = (body: object) => api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, ...body });
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi(), ...HELD });
  const [own, business] = [await make({ tin: { type: 'ssn', value: SSN } }), await make({})];
  return { clientId, providerId: provider.id, ownId: own.id, businessId: business.id };
}
/** A key of each role, of one client. */
const keysOf = (clientId: string): Promise<[Role, string][]> =>
  Promise.all(ROLES.map(async (role): Promise<[Role, string]> => [role, await api.keyOf(role, [clientId])]));
const audited = (subjectId: string) =>
  api.deps.sql<{ actor: { id: string }; detail: object }[]>`
    select actor, detail from audit_log where subject_id = ${subjectId} and action like '%.reveal' order by id`;

test('DEA and policy numbers and tax ids of persons are masked for every role, wherever they are shown; staff see an EIN', async () => {
  const { clientId, providerId, ownId, businessId } = await file();
  const paths = [
    `/v1/clients/${clientId}/providers?limit=200`,
    `/v1/providers/${providerId}`,
    `/v1/providers/${providerId}/upkeep`,
    `/v1/clients/${clientId}/practices`,
    `/v1/practices/${ownId}`,
  ];
  for (const [role, key] of await keysOf(clientId)) {
    for (const path of paths) {
      const { body, status } = await api.get(path, { key });
      const text = JSON.stringify(body);
      expect([role, path, status, SECRETS.filter((secret) => text.includes(secret))]).toEqual([role, path, 200, []]);
    }
    const { tin } = (await api.get(`/v1/practices/${businessId}`, { key })).body;
    const shown = { type: 'ein', last4: '6789', ...(STAFF_ROLES.includes(role) && { value: EIN }) };
    expect([role, tin]).toEqual([role, shown]);
  }
  expect((await api.get(`/v1/providers/${providerId}`)).body).toMatchObject({
    malpractice: { policyNumber: '****7-99' },
    formerMalpractice: [{ policyNumber: '****' }],
    dea: [{ number: '****4563' }, { number: '****8568' }],
    formerDea: [{ number: '****4329' }],
  });
});

test('what rests of them in the database is sealed', async () => {
  const { providerId, ownId } = await file();
  const { sql } = api.deps;
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`;
  const found: string[] = [];
  for (const { name } of tables)
    for (const secret of SECRETS) {
      const rows = await sql`select from ${sql(name)} t where strpos(t::text, ${secret}) > 0 limit 1`;
      if (rows.length > 0) found.push(`${name}: ${secret}`);
    }
  expect(found).toEqual([]);
  const [kept] = await sql`
    select malpractice->>'policyNumber' as shown, malpractice->>'policyNumberSealed' as sealed from providers
    where id = ${providerId}`;
  expect(kept).toEqual({ shown: '****7-99', sealed: expect.stringMatching(/^test\./) });
  expect(ownId).toEqual(expect.any(String));
});

test('one is revealed at a time, to those who work with it, with a reason that the audit log keeps', async () => {
  const { clientId, providerId, ownId } = await file();
  const of = { provider: `/v1/providers/${providerId}/reveals`, practice: `/v1/practices/${ownId}/reveals` };
  const reason = 'the portal asks for it';
  for (const [role, key] of await keysOf(clientId)) {
    const reply = await api.post(of.practice, { field: 'tin', reason }, { key });
    const may = ['admin', 'lead', 'specialist'].includes(role);
    expect([role, reply.status, reply.body.value]).toEqual([role, may ? 200 : 403, may ? SSN : undefined]);
  }
  const fields: [string, string][] = [
    ['malpractice.policyNumber', 'POLICY-77-99'],
    ['formerMalpractice.0.policyNumber', 'P-1'],
    ['dea.0.number', 'AB1234563'],
    ['dea.1.number', 'BB1388568'],
    ['formerDea.0.number', 'FB7654329'],
  ];
  for (const [field, value] of fields)
    expect((await api.post(of.provider, { field, reason })).body).toEqual({ field, value });
  expect((await audited(providerId)).map(({ detail }) => detail)).toEqual(fields.map(([field]) => ({ field, reason })));
  expect(await audited(ownId)).toHaveLength(3);
  const refused = async (path: string, body: object) => listBrokenRules(await api.post(path, body));
  expect(await refused(of.provider, { field: 'dea.2.number', reason })).toEqual(['field not_on_file']);
  expect(await refused(of.provider, { field: 'email', reason })).toEqual(['field field']);
  expect(await refused(of.practice, { field: 'tin' })).toEqual(['reason required']);
  const { status } = await api.post(
    of.provider,
    { field: 'dea.0.number', reason },
    { headers: { 'If-Match': '"99"' } },
  );
  expect(status).toBe(412);
  expect(lines.filter((line) => SECRETS.some((secret) => line.includes(secret)))).toEqual([]);
});

test('a retry within ten minutes is shown the same value, a later one none, and nothing of it is kept', async () => {
  const { providerId } = await file();
  const { sql } = api.deps;
  const path = `/v1/providers/${providerId}/reveals`;
  const body = { field: 'dea.0.number', reason: 'again' };
  const send = () => api.post(path, body, { headers: { 'Idempotency-Key': `reveal-${providerId}` } });
  const first = await send();
  // the list is another by now, and the retry is about what it was
  await api.patch(`/v1/providers/${providerId}`, { dea: [{ state: 'NY', number: '****8568', ...term }] });
  expect((await send()).body).toEqual(first.body);
  expect(await audited(providerId)).toHaveLength(1);
  await sql`update reveals set created_at = created_at - interval '11 minutes'`;
  expect((await send()).body).toEqual({ field: body.field });
  await deleteExpiredRows(sql);
  expect(await sql`select from reveals where value_sealed is not null`).toHaveLength(0);
});

test('what is shown of a number may be sent back for it, and for no other', async () => {
  const { clientId, providerId } = await file();
  const path = `/v1/providers/${providerId}`;
  const before = (await api.get(path)).body;
  const longer = { ...before.malpractice, limits: { perOccurrence: 1, aggregate: 2 } };
  const sent = { malpractice: longer, dea: before.dea.toReversed(), formerDea: before.formerDea };
  const changed = await api.patch(path, sent);
  expect([changed.status, changed.body]).toMatchObject([
    200,
    { malpractice: longer, formerMalpractice: before.formerMalpractice },
  ]);
  const reveal = async (field: string) => (await api.post(`${path}/reveals`, { field, reason: 'x' })).body.value;
  expect(await reveal('malpractice.policyNumber')).toBe('POLICY-77-99');
  expect(await reveal('dea.0.number')).toBe('BB1388568');
  const refused = await api.patch(path, {
    malpractice: { ...longer, policyNumber: '****0000' },
    dea: [{ state: 'CA', number: '****9999', ...term }],
    formerMalpractice: [{ ...longer, policyNumber: '****1111' }],
    formerDea: [{ state: 'CA', number: '****2222', ...term }],
  });
  expect([refused.status, listBrokenRules(refused).sort()]).toEqual([
    400,
    [
      'dea.0.number whole_number',
      'formerDea.0.number whole_number',
      'formerMalpractice.0.policyNumber whole_number',
      'malpractice.policyNumber whole_number',
    ],
  ]);
  const anew = { ...PROVIDER, npi: inventNpi(), malpractice: longer, dea: before.dea };
  const made = await api.post(`/v1/clients/${clientId}/providers`, anew);
  expect(listBrokenRules(made)).toEqual([
    'malpractice.policyNumber whole_number',
    'dea.0.number dea',
    'dea.1.number dea',
  ]);
});

describe('in a call', () => {
  const payer = async (callerVerification: string[]) =>
    (await api.make('/v1/payers', { ...PAYER, name: `P ${randomUUID()}`, playbook: { callerVerification } })).id;
  async function call(key: string, asked = ['NPI and TIN', 'DEA number', 'the last four digits of the policy']) {
    const filed = await file();
    const payerId = await payer(asked);
    const { providerId, ownId: practiceId } = filed;
    // an application is opened without an answer of Temporal too
    const { id } = (await api.post('/v1/applications', { providerId, practiceId, payerId, state: 'NY' })).body;
    const started: Reply['body'] = await api.make('/v1/calls', { payerId, applicationIds: [id] }, { key });
    return { ...filed, ...started, applicationId: id, path: `/v1/calls/${started.id}/reveals` };
  }

  test('an agent who started it is shown what the payer asks of a caller, of the application’s own state', async () => {
    const key = await api.keyOf('agent');
    const on = await call(key);
    expect(on.mayReveal).toEqual(['tin', 'dea.number']);
    const { applicationId } = on;
    const reveal = (field: string, more: object = {}) => api.post(on.path, { applicationId, field, ...more }, { key });
    expect((await reveal('dea.number')).body).toEqual({ field: 'dea.number', value: 'BB1388568' });
    expect((await reveal('tin')).body.value).toBe(SSN);
    expect(await audited(on.ownId)).toMatchObject([{ detail: { field: 'tin', callId: on.id, applicationId } }]);
    expect(listBrokenRules(await reveal('malpractice.policyNumber'))).toEqual(['field caller_verification']);
    expect(listBrokenRules(await reveal('tin', { applicationId: randomUUID() }))).toEqual(['applicationId in_call']);
    // as many as there are
    expect(readProblemType(await reveal('tin'))).toBe('beyond_reveals');
    // and outside of it nothing
    const outside = await api.post(`/v1/practices/${on.ownId}/reveals`, { field: 'tin', reason: 'x' }, { key });
    expect(outside.status).toBe(403);
  });

  test('nobody else is shown anything, nor anybody once it is over', async () => {
    const key = await api.keyOf('agent');
    const on = await call(key);
    const body = { applicationId: on.applicationId, field: 'tin' };
    expect((await api.post(on.path, body)).status).toBe(403);
    expect((await api.post(on.path, body, { key: await api.keyOf('agent') })).status).toBe(403);
    expect((await api.post(on.path, body, { key: await api.keyOf('lead', [(await file()).clientId]) })).status).toBe(
      404,
    );
    await api.deps.sql`update calls set ends_at = now() where id = ${on.id}`;
    expect(readProblemType(await api.post(on.path, body, { key }))).toBe('call_over');
    expect((await api.get(`/v1/calls/${on.id}`, { key })).body.mayReveal).toEqual([]);
    expect(await audited(on.ownId)).toHaveLength(0);
  });

  test('reveals at the same time are no more than it may have', async () => {
    const key = await api.keyOf('agent');
    const on = await call(key, ['TIN']);
    const body = { applicationId: on.applicationId, field: 'tin' };
    const statuses = await Promise.all([0, 1, 2, 3].map(async () => (await api.post(on.path, body, { key })).status));
    expect(statuses.sort()).toEqual([200, 409, 409, 409]);
  });
});
