import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createApi, type Answer, type Api } from '../../local/http';
import { CLIENT, PAYER, PRACTICE, PROVIDER } from '../support/api';
import { eventually } from '../support/eventually';
import { freshNpi } from '../support/file';
import { oddRequests, type OddRequest, type RealIds } from '../support/odd-requests';
import { freshPlace, StartedSystem } from '../support/started-system';

const REQUESTS = 2_400;
/** So many requests go to one client's file, then to another's: an early end does not spare the rest. */
const PER_FILE = 300;
const SEED = 20261128;
const AT_ONCE = 6;
/** Of what is generated, at least so much is taken, and so much of what writes; otherwise it ends at the door and shows nothing. */
const TAKEN = 0.05;
/** Between two actions of the bystander, in milliseconds. */
const BREATH = 100;

let place: Awaited<ReturnType<typeof freshPlace>>;
let system: StartedSystem;
let api: Api;
beforeAll(async () => {
  place = await freshPlace();
  system = await new StartedSystem(place.directory, place.port).ready();
  api = system.api();
});
afterAll(() => place.remove());

const DAY_MS = 86_400_000;
const dayIn = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const create = async (path: string, body: object): Promise<string> => (await api.post(path, body)).id;
const listed = async (path: string): Promise<string[]> => (await api.get(path)).items.map(({ id }: Answer) => id);

const FACTS = {
  contract: 'executed',
  effectiveDate: dayIn(-300),
  payerProviderId: 'PIN-1',
  claimsRoute: { clearinghouse: 'Availity', payerId: '60054' },
};
const CONFIRMATIONS = Object.fromEntries(
  Object.entries(FACTS).map(([fact, value]) => [
    fact,
    { value, source: 'letter', reference: 'their letter', confirmedOn: dayIn(-2) },
  ]),
);

/** A client with a practice, a provider whom nobody else is called like, and a payer. */
async function makeFile() {
  const name = `Vale${randomUUID().replaceAll(/[^a-f]/g, '')}`;
  const clientId = await create('/v1/clients', CLIENT);
  const practice = await api.post(`/v1/clients/${clientId}/practices`, {
    ...PRACTICE,
    legalName: `${name} Therapy PLLC`,
    npi: freshNpi(),
    locations: [{ name: 'Main', address: PRACTICE.address }],
  });
  const provider = { ...PROVIDER, lastName: name, npi: freshNpi() };
  const providerId = await create(`/v1/clients/${clientId}/providers`, provider);
  const payerId = await makePayer();
  return { name, clientId, practiceId: practice.id as string, practice, providerId, payerId };
}
type File = Awaited<ReturnType<typeof makeFile>>;

const makePayer = () => create('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });

const openApplication = ({ practiceId, providerId, payerId }: File, more: object = {}) =>
  create('/v1/applications', { practiceId, providerId, payerId, state: 'CA', ...more });

/** The month's list of the excluded with every provider and practice by name: a person has to decide whether it is they. */
async function excludeByName(files: File[], key: string): Promise<void> {
  const lines = [
    'LASTNAME,FIRSTNAME,BUSNAME,NPI,DOB,STATE,EXCLTYPE,EXCLDATE,REINDATE',
    ...files.map(({ name }) => `${name},${PROVIDER.firstName},,0000000000,19700131,CA,1128a1,20260301,00000000`),
    ...files.map(({ name }) => `,,${name} Therapy PLLC,0000000000,,CA,1128b4,20260301,00000000`),
  ];
  const path = `/v1/exclusions/imports?month=${dayIn(0).slice(0, 7)}`;
  const sent = { method: 'POST', path, body: lines.join('\n'), type: 'text/csv' } as const;
  expect(await send(sent, key)).toBe(200);
}

/** Something real behind every room of the API and every field that takes an id. */
async function fillFile(file: File): Promise<RealIds> {
  const { clientId, practiceId, providerId, payerId } = file;
  const [otherPayer, another] = [await makePayer(), await makePayer()];
  const elsewhere = { ...file, payerId: otherPayer };
  const applications = [
    await openApplication(file),
    await openApplication(elsewhere, { adopt: { stage: 'in_review', submittedOn: dayIn(-40) } }),
    await openApplication(elsewhere, { state: 'NY', adopt: { stage: 'information_requested' } }),
    await openApplication(elsewhere, { state: 'TX', adopt: { stage: 'approved', submittedOn: dayIn(-80) } }),
    await openApplication(elsewhere, { state: 'WA', adopt: { stage: 'denied' } }),
    await openApplication(
      { ...file, payerId: another },
      { adopt: { stage: 'confirmed', confirmations: CONFIRMATIONS } },
    ),
  ];
  const makeUser = () => create('/v1/users', { name: 'A user', email: `${randomUUID()}@example.org`, role: 'lead' });
  const users = [await makeUser(), await makeUser()] as const;
  const { '0': coverId } = [
    await create(`/v1/users/${users[0]}/covers`, { coveredBy: users[1], fromOn: dayIn(20), untilOn: dayIn(30) }),
  ];
  const relationship = { providerId, platform: 'Alma', payerIds: [payerId, otherPayer] };
  const documentOf = (kind: string) =>
    create(`/v1/clients/${clientId}/documents`, { kind, name: `a ${kind}`, sha256: '0'.repeat(64) });
  const documents = [await documentOf('letter'), await documentOf('contract')];
  const attestation = { attestedOn: dayIn(-20), source: 'operator' };
  const authorisation = { scopes: ['contact_payers'], signedOn: dayIn(-20) };
  const endpoint = { url: 'https://hooks.invalid/odd', types: ['application.stage_changed'], clientIds: [clientId] };
  const leaver = await create(`/v1/clients/${clientId}/providers`, { ...PROVIDER, lastName: 'Gone', npi: freshNpi() });
  const word = { on: dayIn(-2), source: 'email', reference: 'their mail' };
  const ending = await create(`/v1/providers/${leaver}/end`, {
    ...word,
    reason: 'left_practice',
    applications: 'withdraw',
  });
  const back = await create(`/v1/providers/${leaver}/return`, word);
  const onPractice = await listed(`/v1/practices/${practiceId}/exclusions`);
  const onProvider = await listed(`/v1/providers/${providerId}/exclusions`);
  const spare = await create(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: freshNpi() });
  const agreements = await listed(`/v1/agreements?practiceId=${practiceId}`);
  const rooms = {
    clients: [clientId],
    practices: [practiceId, spare],
    providers: [providerId, leaver],
    payers: [payerId, otherPayer],
    applications,
    users,
    'platform-relationships': [await create('/v1/platform-relationships', relationship)],
    authorisations: [await create(`/v1/providers/${providerId}/authorisations`, authorisation)],
    agreements,
    endings: [ending],
    returns: [back],
    tasks: await listed(`/v1/tasks?clientId=${clientId}`),
    'api-keys': [await create('/v1/api-keys', { name: 'to be revoked', role: 'auditor' })],
    'webhook-endpoints': [await create('/v1/webhook-endpoints', endpoint)],
  };
  for (const [room, ids] of Object.entries(rooms)) if (ids.length === 0) throw new Error(`nothing is in ${room}`);
  const timeline = await listed(`/v1/applications/${applications[1]}/timeline`);
  return {
    rooms: {
      ...rooms,
      // what the system makes by itself: as much as there is by now, of whomever
      mail: await listed('/v1/mail'),
      inbox: await listed(`/v1/inbox?userId=${users[0]}`),
      'webhook-deliveries': await listed('/v1/webhook-deliveries'),
      operations: [],
    },
    fields: {
      clientId: [clientId],
      practiceId: rooms.practices,
      providerId: rooms.providers,
      payerId: rooms.payers,
      applicationId: applications,
      locationId: file.practice.locations.map(({ id }: Answer) => id),
      entryId: timeline,
      userId: users,
      assignee: users,
      coveredBy: [users[1]],
      to: [users[1]],
      coverId: [coverId],
      documentId: documents,
      evidence: documents,
      proof: documents,
      attestationId: [await create(`/v1/providers/${providerId}/attestations`, attestation)],
      'providers/exclusionId': onProvider,
      'practices/exclusionId': onPractice,
      authorizedPayerId: rooms.payers,
      covers: rooms.payers,
      'payers/into': [otherPayer],
      'practices/into': [spare],
      inheritedFrom: agreements,
      subjectId: [providerId, clientId],
      recipientId: [clientId, ...users],
      endpointId: rooms['webhook-endpoints'],
    },
  };
}

/** Sends a request as it is; answers its status. */
async function send({ method, path, body, type }: OddRequest, key: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${place.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Somebody who has nothing to do with it all and works on one application, one action after the other, until stopped. */
function startBystander(application: string, key: string) {
  const theirs = createApi(`http://127.0.0.1:${place.port}`, key);
  const done: { kind: string; words: string }[] = [];
  let late = 0;
  let stopped = false;
  const act = async (action: string, words: string, body: object) => {
    const answer = await theirs.post(`${application}/${action}`, body);
    done.push({ kind: action.replace(/s$/, ''), words });
    if (answer.status === 'on_its_way') late += 1;
  };
  const working = (async () => {
    for (let n = 0; !stopped; n += 1) {
      const words = `bystander/${n}`;
      await act('notes', words, { text: words, visibility: 'internal' });
      if (n % 4 === 1) await act('contacts', words, { channel: 'phone', outcome: 'no_answer', notes: words });
      if (n % 4 === 2) await act('pause', words, { reason: words });
      if (n % 4 === 3) await act('resume', words, { reason: words });
      await delay(BREATH);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await working;
      return { done, late };
    },
  };
}

async function wholeTimeline(application: string): Promise<Answer[]> {
  const entries: Answer[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Answer = await api.get(`${application}/timeline?limit=200${cursor && `&cursor=${cursor}`}`);
    entries.push(...page.items);
    cursor = page.nextCursor;
  }
  return entries;
}

test('whatever is sent, nothing answers 5xx, nothing ends or stands still, and a bystander’s actions are all recorded', async () => {
  const keyOf = async (name: string) => (await api.post('/v1/api-keys', { name, role: 'admin' })).key as string;
  const [key, bystandersKey] = [await keyOf('odd'), await keyOf('bystander')];
  const application = `/v1/applications/${await openApplication(await makeFile())}`;
  const document: Answer = await api.get('/openapi.json');
  const pids = () => (['api', 'worker', 'temporal', 'postgres'] as const).map((name) => system.pidOf(name));
  const before = pids();

  const files: File[] = [];
  for (let n = 0; n < REQUESTS / PER_FILE; n += 1) files.push(await makeFile());
  await excludeByName(files, key);
  const filled: RealIds[] = [];
  for (const file of files) filled.push(await fillFile(file));
  const requests = filled.flatMap((ids, n) => oddRequests(document, ids, PER_FILE, SEED + n));
  const answered: { write: boolean; status: number }[] = [];
  const failed: string[] = [];
  const bystander = startBystander(application, bystandersKey);
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < requests.length) {
        const request = requests[next++]!;
        const status = await send(request, key);
        answered.push({ write: request.method !== 'GET', status });
        if (status >= 500)
          failed.push(`${status} ${request.method} ${request.path} ${request.body ?? ''}`.slice(0, 1_000));
      }
    }),
  );
  const { done, late } = await bystander.stop();

  expect(failed).toEqual([]);
  expect(pids()).toEqual(before);
  // what was answered as on its way or recorded poisons nothing: each of the odd applications takes another action
  expect((await api.get('/v1/operations/stuck')).items).toEqual([]);
  for (const id of filled.flatMap(({ rooms }) => rooms.applications!)) {
    const answer = await api.post(`/v1/applications/${id}/notes`, { text: 'after', visibility: 'internal' });
    expect(answer.status).not.toBe('on_its_way');
  }
  expect(await system.readiness()).toMatchObject({ status: 200 });
  // the bystander was held up now and then at most, and all that they did is there, once and in order
  expect(done.length).toBeGreaterThan(20);
  expect(late).toBeLessThan(done.length / 4);
  const theirs = async () =>
    (await wholeTimeline(application))
      .filter((entry) => entry.actor.name === 'bystander' && entry.causeId === undefined)
      .map(({ kind, text, notes, reason }) => ({ kind, words: text ?? notes ?? reason }));
  await eventually(async () => (await theirs()).length >= done.length);
  expect(await theirs()).toEqual(done);
  // not all of them are stopped at the door, and not all are sensible
  const share = (from: number, of = answered) =>
    of.filter(({ status }) => Math.floor(status / 100) === from).length / of.length;
  expect(share(2)).toBeGreaterThan(TAKEN);
  expect(
    share(
      2,
      answered.filter(({ write }) => write),
    ),
  ).toBeGreaterThan(TAKEN);
  expect(share(4)).toBeGreaterThan(0.25);
});
