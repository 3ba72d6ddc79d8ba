import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../local/paths';
import { eventually } from '../support/eventually';
import { freshPlace, StartedSystem } from '../support/started-system';

let place: Awaited<ReturnType<typeof freshPlace>>;
beforeEach(async () => (place = await freshPlace()));
afterEach(() => place.remove());

const tour = async () => {
  const env = { ...process.env, DATA_DIR: place.directory, PORT: String(place.port) };
  return (await promisify(execFile)(process.execPath, [join(root, 'local/start.js'), 'tour'], { env })).stdout;
};

test('the tour leads one application to a yes, again and again, on the sample book that is loaded once', async () => {
  const settings = { SAMPLE_DATA: 'on', STAND_INS: 'on' };
  const system = await new StartedSystem(place.directory, place.port, settings).ready();
  const names = async () => (await system.api().get('/v1/payers')).items.map((payer: { name: string }) => payer.name);
  const loaded = await names();
  expect(loaded).toContain('Demo Health (clock in seconds)');
  const [first, second] = [await tour(), await tour()];
  for (const output of [first, second])
    expect(output).toMatch(/no: contract_unconfirmed[^]*YES[^]*approved -> confirmed/);
  // what stands in for CAQH knows the sample book
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
