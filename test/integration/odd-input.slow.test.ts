import { randomUUID } from 'node:crypto';
import type { Answer, Api } from '../../local/http';
import { CLIENT, PAYER, PRACTICE, PROVIDER } from '../support/api';
import { freshNpi } from '../support/file';
import { oddRequests, type OddRequest, type RealIds } from '../support/odd-requests';
import { freshPlace, StartedSystem } from '../support/started-system';

const REQUESTS = 2_400;
/** So many requests go to one client's file, then to another's: an early end does not spare the rest. */
const PER_FILE = 300;
const SEED = 20261128;
const AT_ONCE = 6;
/** The bystander acts once in so many odd requests. */
const BETWEEN = 30;

let place: Awaited<ReturnType<typeof freshPlace>>;
let system: StartedSystem;
let api: Api;
beforeAll(async () => {
  place = await freshPlace();
  system = await new StartedSystem(place.directory, place.port).ready();
  api = system.api();
});
afterAll(() => place.remove());

/** A client with one application, and the ids of everything behind it. */
async function file(): Promise<RealIds> {
  const { id: clientId } = await api.post('/v1/clients', CLIENT);
  const practice = await api.post(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: freshNpi() });
  const provider = await api.post(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: freshNpi() });
  const payer = await api.post('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });
  const ids = { clientId, practiceId: practice.id, providerId: provider.id, payerId: payer.id };
  const { clientId: _, ...scope } = ids;
  const application = await api.post('/v1/applications', { ...scope, state: 'CA' });
  return { ...ids, applicationId: application.id };
}

async function more(ids: RealIds): Promise<RealIds> {
  const { providerId, payerId, clientId } = ids;
  const user = await api.post('/v1/users', { name: 'A user', email: `${randomUUID()}@example.org`, role: 'lead' });
  const relationship = await api.post('/v1/platform-relationships', {
    providerId,
    platform: 'Alma',
    payerIds: [payerId],
  });
  const document = await api.post(`/v1/clients/${clientId}/documents`, {
    kind: 'letter',
    name: 'a letter',
    sha256: '0'.repeat(64),
  });
  const also = { userId: user.id, assignee: user.id, documentId: document.id, evidence: document.id };
  return { ...ids, ...also, 'platform-relationshipId': relationship.id, relationshipId: relationship.id };
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

test('whatever is sent, nothing answers 5xx, nothing ends or stands still, and a bystander’s actions are all recorded', async () => {
  const bystander = `/v1/applications/${(await file()).applicationId}`;
  const { key } = await api.post('/v1/api-keys', { name: 'odd', role: 'admin' });
  const document: Answer = await api.get('/openapi.json');
  const pids = () => (['api', 'worker', 'temporal', 'postgres'] as const).map((name) => system.pidOf(name));
  const before = pids();

  const files: RealIds[] = [];
  for (let n = 0; n < REQUESTS / PER_FILE; n += 1) files.push(await more(await file()));
  const requests = files.flatMap((ids, n) => oddRequests(document, ids, PER_FILE, SEED + n));
  const statuses = new Map<number, number>();
  const failed: string[] = [];
  const noted: string[] = [];
  const waited: string[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < requests.length) {
        const n = next++;
        const request = requests[n]!;
        const status = await send(request, key);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status >= 500)
          failed.push(`${status} ${request.method} ${request.path} ${request.body ?? ''}`.slice(0, 1_000));
        if (n % BETWEEN !== 0) continue;
        const text = `bystander/${n}`;
        noted.push(text);
        const answer = await api.post(`${bystander}/notes`, { text, visibility: 'internal' });
        if (answer.status === 'on_its_way') waited.push(text);
      }
    }),
  );

  expect(failed).toEqual([]);
  expect(waited).toEqual([]);
  expect(pids()).toEqual(before);
  // what was answered as on its way or recorded poisons nothing: each of the odd applications takes another action
  expect((await api.get('/v1/operations/stuck')).items).toEqual([]);
  for (const { applicationId } of files) {
    const answer = await api.post(`/v1/applications/${applicationId}/notes`, { text: 'after', visibility: 'internal' });
    expect(answer.status).not.toBe('on_its_way');
  }
  expect(await system.readiness()).toMatchObject({ status: 200 });
  const recorded = (await api.get(`${bystander}/timeline?limit=200`)).items.filter(
    ({ kind }: Answer) => kind === 'note',
  );
  expect(recorded.map(({ text }: Answer) => text).sort()).toEqual([...noted].sort());
  // not all of them are stopped at the door, and not all are sensible
  const sum = (from: number) =>
    [...statuses].reduce((all, [status, n]) => all + (Math.floor(status / 100) === from ? n : 0), 0);
  expect(sum(2)).toBeGreaterThan(REQUESTS / 20);
  expect(sum(4)).toBeGreaterThan(REQUESTS / 4);
});
