import { randomUUID } from 'node:crypto';
import { ProblemError, type Answer } from '../../local/http';
import { CLIENT, PAYER, PRACTICE, PROVIDER } from '../support/api';
import { eventually } from '../support/eventually';
import { inventNpi } from '../support/file';
import { createPlace, killAll, listProcesses, StartedSystem } from '../support/started-system';
import { createAllFacts, TODAY } from '../support/system';

const PARTS = ['worker', 'api', 'temporal', 'postgres'] as const;
type Part = (typeof PARTS)[number];

let place: Awaited<ReturnType<typeof createPlace>>;
let system: StartedSystem;
beforeAll(async () => {
  place = await createPlace();
  system = await new StartedSystem(place.directory, place.port).ready();
});
afterAll(() => place.remove());

/** Does as clients should: the same request under the same key, until it is answered for good. */
async function insist(request: () => Promise<Answer>): Promise<Answer> {
  const attempt = async () => {
    try {
      return { answer: await request() };
    } catch (error) {
      if (error instanceof ProblemError && error.status < 500) return { error };
      throw error;
    }
  };
  const { answer, error } = await eventually<{ answer?: Answer; error?: ProblemError }>(attempt, {
    within: 90_000,
    every: 200,
  });
  if (error) throw error;
  return answer;
}

const get = (path: string): Promise<Answer> => insist(() => system.api().get(path));
const post = (path: string, body: object, key = randomUUID()): Promise<Answer> =>
  insist(() => system.api().post(path, body, key));
const put = (path: string, body: object): Promise<Answer> => insist(() => system.api().put(path, body));

const kill = (...parts: Part[]) => {
  for (const part of parts) process.kill(system.pidOf(part), 'SIGKILL');
};

async function file(clientId: string, payerId: string): Promise<Answer> {
  const practice = await post(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  const provider = await post(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  const scope = { providerId: provider.id, practiceId: practice.id, payerId, state: 'CA' };
  return { ...scope, path: `/v1/applications/${(await post('/v1/applications', scope)).id}` };
}

const becomes = (path: string, stage: string) =>
  eventually(async () => (await get(path)).stage === stage, { within: 60_000, every: 100 });

test('every part is killed in mid-life, alone and all together, and the timeline shows each step once', async () => {
  const { id: clientId } = await post('/v1/clients', CLIENT);
  const playbook = {
    confirmReceiptAfter: { seconds: 1 },
    followUpEvery: { seconds: 1 },
    confirmationChase: { seconds: 2 },
  };
  const payer = await post('/v1/payers', { ...PAYER, playbook });
  const life = await file(clientId, payer.id);
  const other = await file(clientId, payer.id);
  const { path } = life;
  await becomes(path, 'awaiting_attestation');

  // right after an attestation was acknowledged: what is known of it is in PostgreSQL and in the relay's hands
  await post(`/v1/providers/${life.providerId}/attestations`, { attestedOn: TODAY, source: 'provider' });
  kill('worker');
  await becomes(path, 'ready_to_submit');

  // while the request is on its way
  const submission = post(`${path}/submission`, {
    submittedOn: TODAY,
    channel: 'payer_portal',
    referenceNumber: 'R-1',
  });
  kill('api');
  await submission;
  await becomes(path, 'submitted');

  // a follow-up falls due while Temporal is away
  kill('temporal');
  await eventually(async () => (await get(`/v1/work-queue?applicationId=${path.split('/').at(-1)}`)).items.length > 0, {
    within: 60_000,
  });
  const received = post(`${path}/contacts`, {
    channel: 'phone',
    outcome: 'received',
    rep: 'Dana',
    referenceNumber: 'C-1',
  });
  kill('postgres');
  await received;
  await becomes(path, 'in_review');

  const key = randomUUID();
  const approval = { channel: 'mail', outcome: 'approved' };
  const first = post(`${path}/contacts`, approval, key);
  kill('temporal', 'worker');
  await first;
  await post(`${path}/contacts`, approval, key);
  await becomes(path, 'approved');

  // all of it, with the supervisor, and started anew
  const facts = Object.entries(createAllFacts());
  await put(`${path}/confirmations/${facts[0]![0]}`, facts[0]![1] as object);
  killAll(place.directory);
  await eventually(() => listProcesses(place.directory).length === 0);
  system = await new StartedSystem(place.directory, place.port).ready();
  for (const [fact, body] of facts.slice(1)) await put(`${path}/confirmations/${fact}`, body as object);
  kill('worker', 'api', 'postgres', 'temporal');
  await becomes(path, 'confirmed');

  const { items } = await get(`${path}/timeline?limit=200`);
  const steps = items.filter(({ kind }: Answer) => ['submission', 'contact', 'confirmation'].includes(kind));
  expect(steps.map(({ kind, outcome, fact }: Answer) => outcome ?? fact ?? kind)).toEqual([
    'submission',
    'received',
    'approved',
    ...facts.map(([fact]) => fact),
  ]);
  const stages = items.filter(({ kind }: Answer) => kind === 'stage').map(({ to }: Answer) => to);
  expect(stages).toEqual(['ready_to_submit', 'submitted', 'in_review', 'approved', 'confirmed']);
  const nudges = items.filter(({ kind }: Answer) => kind === 'nudge');
  expect(new Set(nudges.map(({ purpose, dueAt }: Answer) => `${purpose} ${dueAt}`)).size).toBe(nudges.length);

  const { providerId, practiceId, payerId, state } = life;
  const question = new URLSearchParams({ providerId, practiceId, payerId, state, dateOfService: TODAY });
  expect((await get(`/v1/billing-readiness?${question}`)).mayBill).toBe(true);

  // an application that nobody touched meanwhile goes on as well
  await post(`/v1/providers/${other.providerId}/attestations`, { attestedOn: TODAY, source: 'provider' });
  await becomes(other.path, 'ready_to_submit');

  system.interrupt();
  expect(await system.ended).toBe(0);
});
