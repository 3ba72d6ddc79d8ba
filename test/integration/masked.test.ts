import { STAFF_ROLES, ROLES, type Role } from '../../domain/kernel/codes';
import { PROVIDER, type Reply } from '../support/api';
import { inventNpi } from '../support/file';
import { daysAhead, System } from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

type Body = Reply['body'];
/** A key of each role, of one client. */
const keysOf = async (clientId: string): Promise<[Role, string][]> =>
  Promise.all(ROLES.map(async (role): Promise<[Role, string]> => [role, await system.api.keyOf(role, [clientId])]));

test('DEA and policy numbers are shown in full to those who may change them, wherever they are shown, and masked to all others', async () => {
  const { api } = system;
  const { clientId } = await system.file();
  const term = { expiresOn: daysAhead(200) };
  const { id } = await api.make(`/v1/clients/${clientId}/providers`, {
    ...PROVIDER,
    npi: inventNpi(),
    malpractice: { carrier: 'Good Cover', policyNumber: 'POLICY-OLD-77', expiresOn: daysAhead(20) },
    dea: [{ state: 'CA', number: 'AB1234563', ...term }],
  });
  await api.patch(`/v1/providers/${id}`, {
    malpractice: { carrier: 'Good Cover', policyNumber: 'P-1', ...term },
    dea: [{ state: 'CA', number: 'BB1388568', ...term }],
  });
  const inFull = ['AB1234563', 'BB1388568', 'POLICY-OLD-77', 'P-1'];
  const paths = [`/v1/clients/${clientId}/providers?limit=200`, `/v1/providers/${id}`, `/v1/providers/${id}/upkeep`];
  for (const [role, key] of await keysOf(clientId))
    for (const path of paths) {
      const text = JSON.stringify((await api.get(path, { key })).body);
      const seen = inFull.filter((number) => text.includes(`"${number}"`));
      const whole = path.endsWith('upkeep') ? ['BB1388568', 'P-1'] : inFull;
      const maySee = ['admin', 'lead', 'specialist'].includes(role);
      if (path.includes('?')) expect([role, path, seen.length > 1]).toEqual([role, path, maySee]);
      else expect([role, path, seen]).toEqual([role, path, maySee ? whole : []]);
      if (!maySee) expect([role, path, text]).toEqual([role, path, expect.stringContaining('"****8568"')]);
    }
  const masked = (await api.get(`/v1/providers/${id}`, { key: await api.keyOf('auditor') })).body;
  expect(masked).toMatchObject({
    malpractice: { carrier: 'Good Cover', policyNumber: '****' },
    formerMalpractice: [{ policyNumber: '****D-77' }],
    dea: [{ state: 'CA', number: '****8568' }],
    formerDea: [{ number: '****4563' }],
  });
});

test('internal notes, and the notes of contacts, are shown to the operator’s staff alone', async () => {
  const application = await system.at('in_review');
  await application.act('notes', { text: 'among ourselves', visibility: 'internal' });
  await application.act('notes', { text: 'for all', visibility: 'client' });
  await application.contact('other', { notes: 'rude on the phone' });
  const { id } = (await application.timeline()).find(({ text }: Body) => text === 'among ourselves')!;
  await application.act('corrections', { entryId: id, reason: 'misplaced among ourselves' });
  for (const [role, key] of await keysOf(application.filed.clientId)) {
    const text = JSON.stringify(await application.timeline({ key }));
    const seen = ['among ourselves', 'for all', 'rude on the phone'].filter((words) => text.includes(words));
    const all = STAFF_ROLES.includes(role) ? ['among ourselves', 'for all', 'rude on the phone'] : ['for all'];
    expect([role, seen]).toEqual([role, all]);
  }
});
