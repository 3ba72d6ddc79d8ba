import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../local/paths';
import { CLIENT } from '../support/api';
import { eventually } from '../support/eventually';
import { createPlace, StartedSystem } from '../support/started-system';

const ANSWER = "'Check that this process answers'";

let place: Awaited<ReturnType<typeof createPlace>>;
let checkout: string;
beforeEach(async () => {
  place = await createPlace();
  checkout = realpathSync(mkdtempSync(join(tmpdir(), 'dev-')));
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ':!test'];
  const listed = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of listed.filter((name) => name && existsSync(join(root, name))))
    cpSync(join(root, file), join(checkout, file));
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
});
afterEach(() => {
  place.remove();
  rmSync(checkout, { recursive: true, force: true });
});

/** One of the other commands, on the same data. */
const command = (...args: string[]) =>
  execFileSync(process.execPath, ['local/start.js', ...args], {
    cwd: checkout,
    env: { ...process.env, DATA_DIR: place.directory, PORT: String(place.port) },
    encoding: 'utf8',
  });

test('a change of the sources is served after a moment, and nothing on record is lost', async () => {
  const system = await new StartedSystem(place.directory, place.port, {}, { checkout, script: 'dev' }).ready();
  const { id } = await system.api().post('/v1/clients', CLIENT);
  const [api, worker] = [system.pidOf('api'), system.pidOf('worker')];

  const grep = ['grep', '-l', '--no-index', ANSWER, '--', 'api'];
  const file = join(checkout, execFileSync('git', grep, { cwd: checkout, encoding: 'utf8' }).trim());
  const source = readFileSync(file, 'utf8');
  const served = async () => (await fetch(`http://127.0.0.1:${place.port}/openapi.json`)).text();

  writeFileSync(file, source.replace(ANSWER, ''));
  await eventually(() => system.output.includes('What was built before goes on.'), { within: 30_000 });
  expect(system.output).toContain('does not compile');
  expect(system.pidOf('api')).toBe(api);
  expect(await served()).toContain(ANSWER.slice(1, -1));

  writeFileSync(file, source.replace(ANSWER, "'Whether anybody is at home'"));
  await eventually(async () => (await served()).includes('Whether anybody is at home'), { within: 60_000 });
  expect(system.pidOf('api')).not.toBe(api);
  expect(system.pidOf('worker')).toBe(worker);
  expect(await system.api().get(`/v1/clients/${id}`)).toMatchObject({ name: CLIENT.name, timeZone: CLIENT.timeZone });

  expect(command('psql', 'select name from clients')).toContain(CLIENT.name);
  expect(command('temporal', 'workflow', 'list')).toContain('exclusionList');
  system.interrupt();
  expect(await system.ended).toBe(0);
});
