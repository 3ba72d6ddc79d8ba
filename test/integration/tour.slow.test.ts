import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Answer } from '../../local/http';
import { root } from '../../local/paths';
import { eventually } from '../support/eventually';
import { createPlace, StartedSystem } from '../support/started-system';

let place: Awaited<ReturnType<typeof createPlace>>;
beforeEach(async () => (place = await createPlace()));
afterEach(() => place.remove());

const tour = async (...args: string[]) => {
  const env = { ...process.env, DATA_DIR: place.directory, PORT: String(place.port) };
  return (await promisify(execFile)('npm', ['run', 'tour', '--', ...args], { env, cwd: root })).stdout;
};

/** The texts that each act has to show, in this order. */
const SHOWN = [
  ['NO: platform_only', 'platform_model, because of direct_contract', 'to be asked again at', 'platformInquiry'],
  ['is killed', 'The nudge comes all the same', 'confirm_receipt', 'in_review', 'workflows/application'],
  [
    'NO: contract_unconfirmed',
    'refused (wrong_party)',
    'NO: claims_route_unconfirmed',
    'YES',
    'to note: not_seen_loaded',
  ],
];
const inOrder = (texts: string[]) =>
  new RegExp(texts.map((text) => text.replaceAll(/[()]/g, String.raw`\$&`)).join('[^]*'));

/** A therapist on a platform, direct with one payer and on a bridge to another; a group of five; work that is due. */
async function expectTheMissionsPeople(system: StartedSystem): Promise<void> {
  const list = async (path: string) => (await system.api().get(path)).items;
  const clients: Answer[] = await list('/v1/clients');
  const named = (name: string) => clients.find((client) => client.name === name);
  const [ruiz] = await list(`/v1/clients/${named('Ana Ruiz Therapy').id}/providers`);
  const [{ id: relationshipId, decision }] = await list(`/v1/platform-relationships?providerId=${ruiz.id}`);
  expect(decision).toBe('bridge');
  const { verdict, unanswered } = await system.api().get(`/v1/platform-relationships/${relationshipId}/assessment`);
  expect([verdict, unanswered.length]).toEqual(['platform_model', 3]);
  const coverage = await list(`/v1/clients/${named('Ana Ruiz Therapy').id}/coverage`);
  expect(coverage.map(({ through }: Answer) => through)).toEqual(expect.arrayContaining(['direct', 'platform']));
  const group: Answer[] = await list(`/v1/clients/${named('Lakeshore Group Practice').id}/providers`);
  expect(group).toHaveLength(5);
  for (const one of group) expect(one.licences.map(({ state }: Answer) => state)).toEqual(['IL', 'WI']);
  const users: Answer[] = await list('/v1/users');
  const applications: Answer[] = await list('/v1/applications?limit=200');
  expect(new Set(applications.map(({ assignee }) => assignee))).toEqual(new Set([null, ...users.map(({ id }) => id)]));
  expect((await list('/v1/work-queue')).length).toBeGreaterThan(0);
}

test('the tour shows its three acts, again and again, on the sample book that is loaded once', async () => {
  const settings = { SAMPLE_DATA: 'on', STAND_INS: 'on' };
  const system = await new StartedSystem(place.directory, place.port, settings).ready();
  const names = async () => (await system.api().get('/v1/payers')).items.map((payer: { name: string }) => payer.name);
  const loaded = await names();
  expect(loaded).toContain('Demo Health (clock in seconds)');
  const worker = system.pidOf('worker');
  expect(await tour('--fast')).toMatch(inOrder(SHOWN.flat()));
  expect(system.pidOf('worker')).not.toBe(worker);
  expect(await tour('--fast', '--act', '3')).toMatch(inOrder(SHOWN[2]!));
  await expect(tour('--act', '4')).rejects.toMatchObject({ stderr: expect.stringContaining('must be 1 to 3') });
  await expectTheMissionsPeople(system);
  // the stand-in for CAQH knows the sample book
  const statuses = async () => {
    const { items: clients } = await system.api().get('/v1/clients');
    const lists = await Promise.all(
      clients.map(({ id }: { id: string }) => system.api().get(`/v1/clients/${id}/providers`)),
    );
    return lists.flatMap(({ items }) => items).map(({ registries }) => registries.caqh.status);
  };
  const expected = ['current', 'not_authorised', 'not_on_roster'];
  await eventually(async () => {
    const now = await statuses();
    return expected.every((status) => now.includes(status));
  });
  system.interrupt();
  await system.ended;

  // As if the first load had broken off after its last request.
  rmSync(join(place.directory, 'sample-loaded'));
  const again = await new StartedSystem(place.directory, place.port, { SAMPLE_DATA: 'on' }).ready();
  expect(again.output).not.toContain('not complete');
  expect(await names()).toEqual(loaded);
  again.interrupt();
  await again.ended;
});

test('where nothing runs, the tour says what to start', async () => {
  await expect(tour()).rejects.toMatchObject({ stderr: expect.stringContaining('npm start') });
});
