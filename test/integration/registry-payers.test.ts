import { CLIENT, PAYER, TestApi, listBrokenRules } from '../support/api';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const PLAYBOOK = {
  channel: 'availity',
  requires: ['npi', 'malpractice'],
  requiresCaqh: false,
  confirmReceiptAfter: { seconds: 5 },
  followUpEvery: { businessDays: 10 },
  recredentialEvery: { months: 36 },
  callHours: { timeZone: 'America/Chicago', from: '08:00', to: '16:30', days: ['mon', 'tue'] },
  contacts: [{ state: 'TX', purpose: 'status', phone: '+1 800 555 0100', portalUrl: 'https://portal.example.com/a' }],
  callerVerification: ['NPI and TIN'],
  maxPerCall: 5,
  questions: ['Was it received?\nWhen?'],
  contractBases: ['government_program'],
  sources: { followUpEvery: { source: 'Provider manual, page 12', asOf: '2026-01-01' } },
};

test('a payer keeps its playbook as it was given', async () => {
  const covered = await api.make('/v1/payers', { ...PAYER, name: 'Covered' });
  const electronicPayerIds = [{ clearinghouse: 'availity', payerId: '00123' }];
  const input = { name: 'Big Health', aliases: ['BH'], electronicPayerIds, covers: [covered.id], playbook: PLAYBOOK };
  const made = await api.post('/v1/payers', input);
  expect(made.body).toMatchObject({ ...input, playbookVersion: 1, version: 1 });
  expect((await api.get(made.headers.get('location')!)).body).toEqual(made.body);
  expect((await api.get('/v1/payers')).body.items).toContainEqual(made.body);
});

test('a playbook in a change becomes its next version; the one before stays for those who started with it', async () => {
  const { id } = await api.make('/v1/payers', { ...PAYER, name: 'Versions', playbook: PLAYBOOK });
  const renamed = await api.patch(`/v1/payers/${id}`, { aliases: ['V'] });
  expect(renamed.body).toMatchObject({ aliases: ['V'], playbookVersion: 1, version: 2 });
  const next = await api.patch(`/v1/payers/${id}`, { playbook: { followUpEvery: { days: 7 } } });
  expect(next.body).toMatchObject({ playbook: { followUpEvery: { days: 7 } }, playbookVersion: 2, version: 3 });
  const versions = await api.deps.sql`select version, body from playbooks where payer_id = ${id} order by version`;
  expect(versions.map(({ body }) => body)).toEqual([PLAYBOOK, { followUpEvery: { days: 7 } }]);
});

test('a payer under another spelling or alias is the one that there is, unless another is meant', async () => {
  const { id } = await api.make('/v1/payers', { ...PAYER, name: 'Magellan', aliases: ['Magellan Healthcare'] });
  for (const again of [
    { name: '  magellan' },
    { name: 'Magellan, Inc.' },
    { name: 'MAGELLAN HEALTH-CARE' },
    { name: 'Another', aliases: ['magellan'] },
  ]) {
    const { status, body } = await api.post('/v1/payers', { ...PAYER, ...again });
    expect([again, status, body.existingId]).toEqual([again, 409, id]);
  }
  const { id: other } = await api.make('/v1/payers', { ...PAYER, name: 'Magellan Rx' });
  expect((await api.patch(`/v1/payers/${other}`, { aliases: ['Magellan health care'] })).body.existingId).toBe(id);
  const meant = { ...PAYER, name: 'Magellan, Inc.', evenIfExists: true };
  expect((await api.post('/v1/payers', meant)).status).toBe(201);
});

test('a name that is taken answers whose it is, in creation and change, whatever its case', async () => {
  const { id } = await api.make('/v1/payers', { ...PAYER, name: 'Taken' });
  const other = await api.make('/v1/payers', { ...PAYER, name: 'Free' });
  const refusal = { type: 'urn:countersign:problem:duplicate_payer', status: 409, existingId: id };
  expect((await api.post('/v1/payers', { ...PAYER, name: 'TAKEN' })).body).toMatchObject(refusal);
  expect((await api.patch(`/v1/payers/${other.id}`, { name: 'taken' })).body).toMatchObject(refusal);
  expect((await api.patch(`/v1/payers/${id}`, { name: 'TAKEN' })).body).toMatchObject({ name: 'TAKEN', version: 2 });
});

test.each([
  [
    'a unit that there is not',
    { followUpEvery: { weeks: 2 } },
    ['playbook.followUpEvery.weeks unknown_field', 'playbook.followUpEvery duration'],
  ],
  ['two units', { followUpEvery: { days: 2, hours: 1 } }, ['playbook.followUpEvery duration']],
  ['no unit', { followUpEvery: {} }, ['playbook.followUpEvery duration']],
  ['nothing', { followUpEvery: { days: 0 } }, ['playbook.followUpEvery duration']],
  ['half a day', { followUpEvery: { days: 0.5 } }, ['playbook.followUpEvery duration']],
  ['a number in words', { followUpEvery: { days: '5' } }, ['playbook.followUpEvery.days type']],
  ['eleven years', { followUpEvery: { months: 132 } }, ['playbook.followUpEvery duration']],
  ['a duration that is none', { followUpEvery: 5 }, ['playbook.followUpEvery type']],
  [
    'hours that end before they begin',
    { callHours: { timeZone: 'UTC', from: '10:00', to: '09:00' } },
    ['playbook.callHours.to after_from'],
  ],
  [
    'hours that are none',
    { callHours: { timeZone: 'EST5', from: '9:00', to: '24:00' } },
    ['playbook.callHours.timeZone iana_time_zone', 'playbook.callHours.from time', 'playbook.callHours.to time'],
  ],
  [
    'codes that nobody knows',
    { channel: 'pigeon', requires: ['luck'], contractBases: ['handshake'] },
    ['playbook.channel one_of', 'playbook.requires.0 one_of', 'playbook.contractBases.0 one_of'],
  ],
  [
    'a script for a link',
    { contacts: [{ purpose: 'p', portalUrl: 'javascript:alert(1)' }] },
    ['playbook.contacts.0.portalUrl url'],
  ],
  ['a field that there is not', { cadence: 1 }, ['playbook.cadence unknown_field']],
])('a playbook with %s is refused', async (_, playbook, expected) => {
  const { status, body } = await api.post('/v1/payers', { ...PAYER, name: 'Never', playbook });
  expect([status, ...listBrokenRules({ body })]).toEqual([400, ...expected]);
});

test('a payer cannot cover one that there is not', async () => {
  const client = await api.make('/v1/clients', CLIENT);
  const covers = [client.id];
  expect(listBrokenRules(await api.post('/v1/payers', { ...PAYER, name: 'Never', covers }))).toEqual([
    'covers.0 unknown_reference',
  ]);
});
