import { ROLES, type Role } from '../../domain/kernel/codes';
import { readProviderFile } from '../../record/applications/provider-file';
import { keepNppes, setServices } from '../../record/sources/lookups';
import { processUpkeep } from '../../record/upkeep/upkeep';
import { ADMIN_KEY, CLIENT, PROVIDER, type Reply } from '../support/api';
import { eventually } from '../support/eventually';
import { pick } from '../support/extent';
import { inventNpi } from '../support/file';
import { readRoutes } from '../support/routes';
import { createAllFacts, daysAgo, daysAhead, System, TODAY, type Filed, type OpenApplication } from '../support/system';

// Two clients have the same person. A statement or decision of one of them has no effect at the other; a registry's
// statement, and the "no" of a user who sees every client, counts at both.

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

type Body = Reply['body'];
const NOBODY = '00000000-0000-4000-8000-000000000000';
const post = (path: string, body: unknown, key = ADMIN_KEY) => system.api.post(path, body, { key });
const csv = (path: string, rows: string[], key = ADMIN_KEY) =>
  system.api.call('POST', path, { body: rows.join('\n'), headers: { 'Content-Type': 'text/csv' }, key });

const LIST_HEADER = 'LASTNAME,FIRSTNAME,BUSNAME,NPI,DOB,STATE,EXCLTYPE,EXCLDATE,REINDATE';
const listed = (lastName: string, npi = '0000000000') =>
  `${lastName},ROBIN,,${npi},19700131,CA,1128a1,20260301,00000000`;
/** Takes the month's list of the excluded. */
async function takeList(...entries: string[]) {
  const filler = Array.from({ length: 20 }, (_, i) => listed(`NOBODY${i}`));
  const path = `/v1/exclusions/imports?month=${TODAY.slice(0, 7)}`;
  expect((await csv(path, [LIST_HEADER, ...filler, ...entries])).status).toBe(200);
}

const EXPORT_HEADER = 'CAQH Provider ID,NPI,Provider Status,Provider Status Date,Authorization Flag';
const takeExport = (rows: string[], key?: string) => csv('/v1/caqh-exports', [EXPORT_HEADER, ...rows], key);

/** A client that has the person, with an application that is billed on and one that waits for its file. */
interface Side {
  filed: Filed;
  clientId: string;
  providerId: string;
  npi: string;
  applications: OpenApplication[];
  /** The user who works on both applications. */
  userId: string;
  /** The key of a specialist of this client alone. */
  key: string;
  /** The calendar of the user who works on both. */
  calendar: string;
}

async function side(npi: string): Promise<Side> {
  const base = await system.file();
  const licences = [{ state: 'CA', number: 'LMFT 1', expiresOn: daysAhead(20) }];
  const made = await system.api.make(`/v1/clients/${base.clientId}/providers`, { ...PROVIDER, npi, licences });
  const filed = { ...base, providerId: made.id, providerNpi: npi };
  const { clientId, providerId } = filed;
  await system.api.make(`/v1/providers/${providerId}/attestations`, { attestedOn: daysAgo(100), source: 'provider' });
  const confirmed = await system.open(filed, { adopt: { stage: 'confirmed', confirmations: createAllFacts() } });
  const waiting = await system.open({ ...filed, payerId: await system.payer() });
  const key = await system.api.keyOf('specialist', [clientId]);
  const email = `specialist-${clientId}@example.com`;
  const user = await system.api.make('/v1/users', { name: 'Sam', email, role: 'specialist', clientIds: [clientId] });
  for (const application of [confirmed, waiting]) await application.act('assignment', { assignee: user.id });
  const calendar = (await post(`/v1/users/${user.id}/calendar-feed`, undefined)).body.url;
  return { filed, clientId, providerId, npi, applications: [confirmed, waiting], userId: user.id, key, calendar };
}

async function two(npi = inventNpi()): Promise<{ mine: Side; theirs: Side }> {
  return { mine: await side(npi), theirs: await side(npi) };
}

const personOf = async ({ providerId }: Side): Promise<string> =>
  (await system.api.deps.sql<{ personId: string }[]>`select person_id from providers where id = ${providerId}`)[0]!
    .personId;

/** Reads everything that a client has, sees and learns about the person. */
async function effectsAt({ clientId, providerId, applications, key, calendar }: Side) {
  const { sql } = system.api.deps;
  const get = async (path: string) => {
    const { status, body } = await system.api.get(path, { key });
    expect({ path, status }).toEqual({ path, status: 200 });
    return body;
  };
  const provider = `/v1/providers/${providerId}`;
  const effects = {
    gate: await Promise.all(applications.map((one) => one.readiness())),
    files: await Promise.all(
      (await Promise.all(applications.map((one) => one.get({ key })))).map(
        async ({ practiceId, payerId, state, lineOfBusiness, kind }: Body) =>
          readProviderFile(sql, { practiceId, payerId, state, lineOfBusiness, kind, providerId, locationId: null }),
      ),
    ),
    applications: await get(`/v1/applications?clientId=${clientId}`),
    each: await Promise.all(applications.map((one) => one.get({ key }))),
    timelines: await Promise.all(applications.map((one) => one.timeline({ key }))),
    summaries: await Promise.all(
      ['stage', 'payer', 'client', 'assignee'].map((by) => get(`/v1/applications/summary?groupBy=${by}`)),
    ),
    provider: await get(provider),
    upkeep: await get(`${provider}/upkeep`),
    attestations: await get(`${provider}/attestations`),
    withdrawals: await get(`${provider}/access-withdrawals`),
    contacts: await get(`${provider}/contacts`),
    authorisations: await get(`${provider}/authorisations`),
    exclusions: await get(`${provider}/exclusions`),
    checks: await get(`${provider}/exclusion-checks`),
    roster: await get(`${provider}/caqh-roster`),
    proposals: await get(`${provider}/proposals`),
    changes: await get(`${provider}/changes`),
    findings: await get(`/v1/clients/${clientId}/findings`),
    coverage: await get(`/v1/clients/${clientId}/coverage`),
    documents: await get(`/v1/clients/${clientId}/documents`),
    tasks: await get(`/v1/tasks?clientId=${clientId}`),
    queue: await get(`/v1/work-queue?clientId=${clientId}`),
    load: await get('/v1/work-queue/load'),
    // without the moment at which it was written
    calendar: String((await system.api.get(calendar, { key: '' })).body).replaceAll(/DTSTAMP:.*\r?\n/g, ''),
    mail: await get('/v1/mail'),
    events: await get('/v1/events'),
    messages: await sql`select key, status, data from messages where client_id = ${clientId} order by key`,
    audit: await sql`select action, subject_id from audit_log where client_id = ${clientId} order by id`,
    woken: await sql`
      select topic, subject from outbox
      where subject = any(${[providerId, ...applications.map(({ id }) => id)]}::uuid[])
        -- a registry's statements about the person count at every client
        or (topic = 'file_changed_person' and subject = (select person_id from providers where id = ${providerId}))
      order by id`,
  };
  // seconds pass meanwhile
  const passing = ['ageSeconds', 'waitingSeconds'];
  return JSON.parse(
    JSON.stringify(effects, (name, value: unknown) => (passing.includes(name) ? undefined : value)),
  ) as Record<keyof typeof effects, Body>;
}

/** Has the person's upkeep take its step. */
const keep = async (one: Side) => {
  const personId = await personOf(one);
  await system.api.deps.sql.begin((tx) => processUpkeep(tx, personId, new Date().toISOString()));
};

const attestationOf = async ({ providerId }: Side) =>
  (await system.api.get(`/v1/providers/${providerId}`)).body.attestation;
const caqhOf = async ({ providerId }: Side) =>
  (await system.api.get(`/v1/providers/${providerId}`)).body.registries.caqh;
const differences = async ({ providerId }: Side, key?: string) =>
  (await system.api.get(`/v1/providers/${providerId}/upkeep`, key ? { key } : {})).body.differences;

describe('what is stated under one client counts there', () => {
  test('no matter who typed it: an attestation by a user who sees every client too', async () => {
    const { mine, theirs } = await two();
    await system.api.make(`/v1/providers/${mine.providerId}/attestations`, { attestedOn: daysAgo(2), source: 'caqh' });
    expect(await attestationOf(mine)).toMatchObject({ attestedOn: daysAgo(2) });
    expect(await attestationOf(theirs)).toMatchObject({ attestedOn: daysAgo(100) });
  });

  test('a file of CAQH’s portal that a client’s key takes, its status included', async () => {
    const { mine, theirs } = await two();
    const rows = (word: string) => [`,${mine.npi},${word}`];
    expect((await takeExport(rows(`Re-Attestation,${daysAgo(3)},Y`), mine.key)).body).toMatchObject({ recorded: 1 });
    expect((await takeExport(rows(`Re-Attestation,${daysAgo(3)},Y`), mine.key)).body).toMatchObject({ unchanged: 1 });
    expect([await attestationOf(mine), await caqhOf(mine)]).toMatchObject([
      { attestedOn: daysAgo(3) },
      { status: 'current' },
    ]);
    expect([await attestationOf(theirs), await caqhOf(theirs)]).toMatchObject([
      { attestedOn: daysAgo(100) },
      { status: null, said: null, checkedAt: null },
    ]);
    // the later word counts, whichever of both it is
    await takeExport(rows(`Expired,${daysAgo(1)},Y`));
    expect([await caqhOf(mine), await caqhOf(theirs)]).toMatchObject([{ status: 'lapsed' }, { status: 'lapsed' }]);
    await takeExport(rows(`Re-Attestation,${TODAY},N`), mine.key);
    expect([await caqhOf(mine), await caqhOf(theirs)]).toMatchObject([
      { status: 'not_authorised' },
      { status: 'lapsed' },
    ]);
  });

  test('a CAQH id: what a file says by it alone counts where it is on file', async () => {
    const { mine, theirs } = await two();
    const caqhId = mine.npi.slice(0, 8);
    await system.api.patch(`/v1/providers/${mine.providerId}`, { caqhId });
    expect((await takeExport([`${caqhId},,Re-Attestation,${daysAgo(3)},Y`])).body).toMatchObject({ recorded: 1 });
    expect(await attestationOf(mine)).toMatchObject({ attestedOn: daysAgo(3) });
    expect(await attestationOf(theirs)).toMatchObject({ attestedOn: daysAgo(100) });
  });
});

describe('what a registry says counts at both', () => {
  test('a file of CAQH’s portal that who sees every client takes', async () => {
    const { mine, theirs } = await two();
    expect((await takeExport([`,${mine.npi},Re-Attestation,${daysAgo(3)},Y`])).body).toMatchObject({ recorded: 1 });
    for (const one of [mine, theirs]) {
      expect([await attestationOf(one), await caqhOf(one)]).toMatchObject([
        { attestedOn: daysAgo(3) },
        { status: 'current' },
      ]);
      const { items } = (await system.api.get(`/v1/providers/${one.providerId}/attestations`, { key: one.key })).body;
      expect(items.map(({ attestedOn }: Body) => attestedOn).toSorted()).toEqual([daysAgo(100), daysAgo(3)].toSorted());
    }
  });

  test('the licences that NPPES knows: until it has spoken the due days differ, and only who sees both is shown that', async () => {
    const { mine, theirs } = await two();
    const licences = (...states: string[]) => states.map((state) => ({ state, number: 'L', expiresOn: '2099-01-01' }));
    await system.api.patch(`/v1/providers/${mine.providerId}`, { licences: licences('IL') });
    await system.api.patch(`/v1/providers/${theirs.providerId}`, { licences: licences('IL', 'WI') });
    const dueOns = async () => [(await attestationOf(mine)).dueOn, (await attestationOf(theirs)).dueOn];
    expect(await dueOns()).toEqual([daysAhead(80), daysAhead(20)]);

    const { clientId, providerId } = theirs;
    const both = [mine.clientId, clientId];
    expect(await differences(mine)).toEqual([{ providerId, clientId, dueOn: daysAhead(20) }]);
    expect(await differences(mine, await system.api.keyOf('agent', both))).toHaveLength(1);
    expect(await differences(mine, await system.api.keyOf('client', both))).toEqual([]);
    for (const one of [mine, theirs]) expect(await differences(one, one.key)).toEqual([]);

    const snapshot = { licences: [{ state: 'WI', number: 'L' }] };
    const { sql } = system.api.deps;
    await keepNppes(sql, await personOf(mine), new Date().toISOString(), { status: 'found', snapshot });
    expect(await dueOns()).toEqual([daysAhead(20), daysAhead(20)]);
    expect(await differences(mine)).toEqual([]);
  });
});

test('every table that is about a person, or of no single client, has a stated rule', async () => {
  /** The owners of a table's rows. A new table needs a rule before it needs a line. */
  const RULES: Record<string, 'registry or own' | 'own' | 'registry' | 'operator' | 'system'> = {
    // about a person: null is a registry's, or of who sees every client
    access_withdrawals: 'own',
    attestations: 'registry or own',
    caqh_roster_requests: 'own', // null: the operator's, of whom no client has any more
    caqh_statements: 'own',
    exclusion_standings: 'registry or own',
    exclusions: 'registry', // the subject of a statement; shown by its statements
    persons: 'registry', // the NPI
    providers: 'own',
    registry_records: 'registry',
    registry_snapshots: 'registry or own',
    // several clients', or none's
    access_counts: 'operator',
    api_keys: 'operator',
    audit_links: 'operator', // entries whose chain is in `chain`
    audit_log: 'operator',
    audit_roots: 'operator',
    audit_samples: 'operator', // some clients': for callers who see them all
    audit_unlinked: 'system',
    calendar_feeds: 'operator',
    calls: 'operator', // some clients': for callers who see them all
    clients: 'own',
    certificate_keys: 'system',
    covers: 'operator',
    data_keys: 'system',
    earlier_rows: 'own', // null: of a payer
    exclusion_entries: 'registry',
    exclusion_latecomers: 'system', // providers who are still to be screened
    exclusion_lists: 'operator',
    mail_batches: 'own', // null: a colleague's, about several clients
    operator_logo: 'operator',
    operator_settings: 'operator',
    payer_panels: 'operator',
    payers: 'operator',
    platform_knowledge: 'operator',
    playbooks: 'operator',
    registry_services: 'operator',
    sessions: 'system', // a user's, found by a token alone
    tasks: 'own', // null: the operator's
    user_identities: 'system', // found by who signs in
    user_invitations: 'operator',
    users: 'operator',
    webhook_endpoints: 'operator',
    destinations: 'system',
    idempotency_keys: 'system',
    local_mailbox: 'system',
    lost_applications: 'system',
    migrations: 'system',
    outbox: 'system',
    request_budgets: 'system',
    rounds: 'system',
    run_checks: 'system',
    set_aside: 'own', // null: a watch's
    watch_tries: 'system',
    watches: 'system',
    worker_heartbeats: 'system',
  };
  const tables = await system.api.deps.sql<{ name: string }[]>`
    select t.table_name as name from information_schema.tables t
    where t.table_schema = 'public' and t.table_type = 'BASE TABLE' and (
      not exists (
        select from information_schema.columns c
        where c.table_schema = 'public' and c.table_name = t.table_name and c.column_name = 'client_id'
          and c.is_nullable = 'NO')
      or exists (
        select from information_schema.columns c
        where c.table_schema = 'public' and c.table_name = t.table_name and c.column_name = 'person_id'))`;
  expect(tables.map(({ name }) => name).toSorted()).toEqual(Object.keys(RULES).toSorted());
});

test('a confirmation by a check counts, as a decision does, at all clients that its maker sees, with a task at each', async () => {
  const { mine, theirs } = await two();
  const third = await side(mine.npi);
  const lead = await system.api.keyOf('lead', [mine.clientId, theirs.clientId]);
  const check = { source: 'sam', checkedOn: TODAY, result: 'confirmed', excludedOn: daysAgo(9) };
  expect((await post(`/v1/providers/${mine.providerId}/exclusion-checks`, check, lead)).status).toBe(201);
  const at = async ({ clientId, providerId }: Side) => [
    (await system.api.get(`/v1/providers/${providerId}/exclusions`)).body.items.map(({ status }: Body) => status),
    (await system.api.get(`/v1/tasks?clientId=${clientId}&kind=exclusion_match`)).body.items.length,
  ];
  expect(await Promise.all([mine, theirs, third].map(at))).toEqual([
    [['confirmed'], 1],
    [['confirmed'], 1],
    [[], 0],
  ]);
});

describe('an NPI that one client corrects', () => {
  const found = { source: 'sam', checkedOn: TODAY, result: 'confirmed', excludedOn: daysAgo(9) };
  const correct = ({ providerId, key }: Side, npi: string) =>
    post(`/v1/providers/${providerId}/npi-correction`, { npi, reason: 'two digits changed places' }, key);
  const isHeldBack = async ({ clientId, providerId, applications }: Side) => [
    (await applications[0]!.readiness()).reasons.includes('excluded'),
    (await system.api.get(`/v1/providers/${providerId}/exclusions`)).body.items.map(({ status }: Body) => status),
    (await system.api.get(`/v1/tasks?clientId=${clientId}&kind=exclusion_match&open=true`)).body.items.length,
  ];

  test('leaves the no of who sees every client where it is, and asks anew at the client that corrects', async () => {
    const { mine, theirs } = await two();
    expect((await post(`/v1/providers/${mine.providerId}/exclusion-checks`, found)).status).toBe(201);
    const before = await isHeldBack(theirs);
    expect(before).toEqual([true, ['confirmed'], 1]);
    expect((await correct(mine, inventNpi())).status).toBe(200);
    expect(await isHeldBack(theirs)).toEqual(before);
    expect(await isHeldBack(mine)).toEqual([true, ['confirmed'], 1]);
    // and back again
    expect((await correct(mine, theirs.npi)).status).toBe(200);
    expect([await isHeldBack(mine), await isHeldBack(theirs)]).toEqual([[true, ['confirmed'], 1], before]);
  });

  test('brings no word of it to another client that has the other person', async () => {
    const [mine, theirs] = [await side(inventNpi()), await side(inventNpi())];
    expect((await post(`/v1/providers/${mine.providerId}/exclusion-checks`, found)).status).toBe(201);
    const before = await effectsAt(theirs);
    expect((await correct(mine, theirs.npi)).status).toBe(200);
    expect(await isHeldBack(mine)).toEqual([true, ['confirmed'], 1]);
    const after = await effectsAt(theirs);
    for (const what of [
      'gate',
      'files',
      'exclusions',
      'tasks',
      'queue',
      'attestations',
      'withdrawals',
      'audit',
      'messages',
    ] as const)
      expect({ what, now: after[what] }).toEqual({ what, now: before[what] });
  });

  test('takes along what this client alone has found', async () => {
    const { mine, theirs } = await two();
    expect((await post(`/v1/providers/${mine.providerId}/exclusion-checks`, found, mine.key)).status).toBe(201);
    expect((await correct(mine, inventNpi())).status).toBe(200);
    expect([await isHeldBack(mine), await isHeldBack(theirs)]).toEqual([
      [true, ['confirmed'], 1],
      [false, [], 0],
    ]);
  });
});

describe('what a key of one client does about a person has no effect at another', () => {
  type Act = (mine: Side, key: string) => Promise<Reply>;

  const items = async (path: string) => (await system.api.get(path)).body.items;
  /** The listing that all are screened against; without one, the finding of a check. */
  const decide =
    (body: object): Act =>
    async ({ providerId }, key) => {
      const found: Body[] = await items(`/v1/providers/${providerId}/exclusions`);
      const { id } = found.find(({ matchedBy }) => matchedBy === 'npi') ?? found[0] ?? { id: NOBODY };
      return post(`/v1/providers/${providerId}/exclusions/${id}/decision`, { reason: 'a letter', ...body }, key);
    };
  const check =
    (result: string): Act =>
    ({ providerId }, key) => {
      const found = { source: 'sam', checkedOn: TODAY, result, excludedOn: daysAgo(9) };
      return post(`/v1/providers/${providerId}/exclusion-checks`, found, key);
    };
  const patch =
    (body: object): Act =>
    ({ providerId }, key) =>
      system.api.patch(`/v1/providers/${providerId}`, body, { key });
  const licence = (state: string, expiresOn: string) => ({ state, number: 'LMFT 1', expiresOn });
  const terms = { reason: 'left_practice', applications: 'withdraw', source: 'email', reference: 'their mail' };

  const BACK = { on: TODAY, source: 'email', reference: 'their mail' };

  /** Every route that writes about a person, in an order in which each can be taken. */
  const ACTS: Record<string, Act> = {
    'records an attestation': ({ filed: { providerId, payerId } }, key) =>
      post(
        `/v1/providers/${providerId}/attestations`,
        { attestedOn: TODAY, source: 'caqh', authorizedPayerIds: [payerId] },
        key,
      ),
    'takes an authorisation back from a payer': ({ filed: { providerId, payerId } }, key) =>
      post(
        `/v1/providers/${providerId}/access-withdrawals`,
        { payerIds: [payerId], withdrawnOn: TODAY, source: 'provider' },
        key,
      ),
    'logs a contact with the provider': ({ providerId }, key) =>
      post(`/v1/providers/${providerId}/contacts`, { on: TODAY, channel: 'phone', outcome: 'reached' }, key),
    'takes a file of CAQH’s portal with a new attestation': ({ npi }, key) =>
      takeExport([`,${npi},Re-Attestation,${TODAY},Y`], key),
    'takes one that says the authorisation was taken back': ({ npi }, key) => takeExport([`,${npi},Expired,,N`], key),
    'confirms an exclusion by a check': check('confirmed'),
    'finds what may be an exclusion': check('possible'),
    'dismisses the listing': decide({ result: 'dismissed' }),
    'confirms it': decide({ result: 'confirmed' }),
    reinstates: decide({ result: 'confirmed', reinstatedOn: daysAgo(1) }),
    'completes its task': async ({ clientId }, key) => {
      const [task] = await items(`/v1/tasks?clientId=${clientId}&open=true&kind=exclusion_match`);
      return post(`/v1/tasks/${task?.id ?? NOBODY}/completion`, {}, key);
    },
    'renames to a listed name': patch({ lastName: 'Namesake' }),
    'changes the licences': patch({ licences: [licence('IL', '2099-01-01'), licence('WI', daysAgo(1))] }),
    'reveals the policy number': ({ providerId }, key) =>
      post(`/v1/providers/${providerId}/reveals`, { field: 'malpractice.policyNumber', reason: 'a payer asks' }, key),
    'drops the malpractice cover': patch({ malpractice: null }),
    'changes the CAQH id': patch({ caqhId: '87654321' }),
    'drops the CAQH id': patch({ caqhId: null }),
    'has a CAQH id again': patch({ caqhId: '12345679' }),
    'asks for the roster': ({ providerId }, key) => post(`/v1/providers/${providerId}/caqh-roster`, {}, key),
    'puts on file what it read at NPPES': ({ providerId }, key) =>
      post(
        `/v1/providers/${providerId}/snapshots`,
        { source: 'nppes', takenOn: TODAY, lastName: 'Stone', licences: [{ state: 'WI', number: '9' }] },
        key,
      ),
    'takes over what that proposes': ({ providerId }, key) =>
      post(`/v1/providers/${providerId}/proposals`, { source: 'nppes', fields: ['lastName'] }, key),
    'puts an expiring document on file': ({ clientId, providerId }, key) =>
      post(
        `/v1/clients/${clientId}/documents`,
        { kind: 'cv', name: 'cv.pdf', sha256: 'a'.repeat(64), providerId, expiresOn: daysAhead(5) },
        key,
      ),
    'has something signed': ({ providerId }, key) =>
      post(`/v1/providers/${providerId}/authorisations`, { scopes: ['contact_payers'], signedOn: TODAY }, key),
    'takes that back': async ({ providerId }, key) => {
      const [signed] = await items(`/v1/providers/${providerId}/authorisations`);
      return post(`/v1/authorisations/${signed?.id ?? NOBODY}/revocation`, { on: TODAY, reason: 'their wish' }, key);
    },
    'logs what the client asks': ({ clientId, userId: assignee }, key) =>
      post(
        `/v1/clients/${clientId}/requests`,
        { kind: 'question', receivedOn: TODAY, channel: 'email', words: 'When?', assignee, dueOn: daysAhead(3) },
        key,
      ),
    'holds the provider’s record': ({ providerId }, key) =>
      system.api.put(`/v1/providers/${providerId}/legal-hold`, { hold: true, reason: 'a suit' }, { key }),
    'ends the provider': ({ providerId }, key) =>
      post(`/v1/providers/${providerId}/end`, { ...terms, on: daysAgo(1) }, key),
    'takes the provider back': ({ providerId }, key) => post(`/v1/providers/${providerId}/return`, BACK, key),
    'holds the client’s record': ({ clientId }, key) =>
      system.api.put(`/v1/clients/${clientId}/legal-hold`, { hold: true, reason: 'a suit' }, { key }),
    'ends the client': ({ clientId }, key) =>
      post(`/v1/clients/${clientId}/end`, { ...terms, reason: 'changed_operator', on: daysAgo(1) }, key),
    'takes the client back': ({ clientId }, key) => post(`/v1/clients/${clientId}/return`, BACK, key),
    'corrects the NPI': ({ providerId }, key) =>
      post(
        `/v1/providers/${providerId}/npi-correction`,
        { npi: inventNpi(), reason: 'two digits changed places' },
        key,
      ),
  };
  const LEADS = new Set(['dismisses the listing', 'confirms it', 'reinstates']);
  const isForLeads = (act: string) => LEADS.has(act) || /^(holds|ends|takes) the/.test(act);

  /** Routes below a client that write nothing about a person, and the one that adds a person, which is tried below. */
  const NOT_TRIED = [
    'PATCH /v1/clients/{id}',
    'PUT /v1/clients/{id}/caseload',
    'POST /v1/clients/{id}/practices',
    'POST /v1/clients/{id}/providers',
  ];

  test('and every route that writes about a client or its providers is among what is tried', () => {
    const { routes, close } = readRoutes();
    void close();
    const nameless = (path: string) => path.replaceAll(/\$?\{\w+\}/g, '{}');
    const tried = Object.values(ACTS).flatMap((act) =>
      [...String(act).matchAll(/\b(post|put|patch|delete)\(\s*`(\/v1\/[^`]*)`/g)].map(
        ([, method, path]) => `${method} ${nameless(path!)}`,
      ),
    );
    const missing = routes
      .filter(({ method, path }) => method !== 'get' && /^\/v1\/(clients|providers)\/\{id\}/.test(path))
      .filter(({ method, path }) => !NOT_TRIED.includes(`${method.toUpperCase()} ${path}`))
      .map(({ method, path }) => `${method} ${nameless(path)}`)
      .filter((route) => !tried.includes(route));
    expect(missing).toEqual([]);
  });
  const mayTake = (role: Role, act: string) =>
    ['admin', 'lead'].includes(role) ||
    (role === 'specialist' && !isForLeads(act)) ||
    (role === 'agent' &&
      ['completes its task', 'logs what the client asks', 'logs a contact with the provider'].includes(act));

  const tried = [...pick(ROLES)];
  let alone: Side;
  let pairs: Map<Role, { mine: Side; theirs: Side; clean: { mine: Side; theirs: Side } }>;
  beforeAll(async () => {
    pairs = new Map();
    for (const role of tried) pairs.set(role, { ...(await two()), clean: await two() });
    await takeList(listed('NAMESAKE'), ...[...pairs.values()].map(({ mine }) => listed('SOMEBODY', mine.npi)));
    alone = await side(inventNpi());
    await takeExport([`,${alone.npi},Expired,${daysAgo(130)},Y`]);
    // registries' knowledge of them counts at both
    const npis = [...pairs.values()].flatMap(({ mine, clean }) => [mine.npi, clean.mine.npi]);
    await takeExport(npis.map((npi) => `,${npi},Re-Attestation,${daysAgo(95)},Y`));
    const { sql } = system.api.deps;
    await eventually(async () => (await sql`select from outbox`).length === 0);
    // from here on nothing is carried on by itself: what would be woken is seen in the outbox
    await system.stopWorker();
    await setServices(sql, { caqh: { mode: 'api', name: 'CAQH' }, nppes: { mode: 'api', name: 'NPPES' } });
  });

  test.each(tried)('a %s of one', async (role) => {
    const { mine, theirs, clean } = pairs.get(role)!;
    const taken: Record<string, string> = {};
    for (const pair of [{ mine, theirs }, clean]) {
      for (const one of [pair.mine, pair.theirs]) await keep(one);
      const before = await effectsAt(pair.theirs);
      const key = await system.api.keyOf(role, [pair.mine.clientId]);
      for (const [act, take] of Object.entries(ACTS)) {
        const { status } = await take(pair.mine, key);
        taken[act] = status < 300 || taken[act] === 'taken' ? 'taken' : `${status}`;
      }
      await keep(pair.mine);
      expect(await effectsAt(pair.theirs)).toEqual(before);
    }
    expect(taken).toEqual(
      Object.fromEntries(
        Object.keys(ACTS).map((act) => [act, mayTake(role, act) ? 'taken' : expect.stringMatching(/40[34]/)]),
      ),
    );
  });

  test('who adds the person is shown what registries say, and nothing that was stated elsewhere', async () => {
    const theirs = alone;
    const snapshot = { source: 'nppes', takenOn: TODAY, lastName: 'Stone' };
    expect((await post(`/v1/providers/${theirs.providerId}/snapshots`, snapshot)).status).toBe(200);
    const lead = await system.api.keyOf('lead', [theirs.clientId]);
    expect((await check('confirmed')(theirs, lead)).status).toBe(201);
    await post(`/v1/providers/${theirs.providerId}/caqh-roster`, {});
    await keep(theirs);
    const before = await effectsAt(theirs);

    const { id: clientId } = await system.api.make('/v1/clients', CLIENT);
    const key = await system.api.keyOf('specialist', [clientId]);
    const path = `/v1/clients/${clientId}/providers`;
    const added = await system.api.make(path, { ...PROVIDER, npi: theirs.npi }, { key });
    expect(added).toMatchObject({ attestation: null, registries: { caqh: { status: 'lapsed', checkedAt: null } } });
    const seen = async (what: string) => (await system.api.get(`/v1/providers/${added.id}/${what}`, { key })).body;
    for (const what of [
      'attestations',
      'access-withdrawals',
      'exclusions',
      'proposals',
      'caqh-roster',
      'authorisations',
      'changes',
    ])
      expect({ what, items: (await seen(what)).items }).toEqual({ what, items: [] });
    expect((await seen('upkeep')).differences).toEqual([]);
    expect((await system.api.get(`/v1/tasks?clientId=${clientId}`, { key })).body.items).toEqual([]);

    await keep(theirs);
    expect(await effectsAt(theirs)).toEqual(before);
  });
});
