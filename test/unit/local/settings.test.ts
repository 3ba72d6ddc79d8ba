import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../local/paths';
import { readOrKeep, openDataDirectory, readSecrets, readSettings } from '../../../local/settings';

describe('the settings', () => {
  test('have defaults for a machine on which nothing is set', () => {
    expect(readSettings({})).toEqual({
      port: 3000,
      dataDirectory: join(root, '.data'),
      databaseUrl: undefined,
      temporalAddress: undefined,
      namespace: 'default',
      sampleData: true,
      standIns: false,
    });
  });

  test('bring no sample data to servers that are not local, unless asked', () => {
    const elsewhere = { DATABASE_URL: 'postgres://db.example/countersign' };
    expect(readSettings(elsewhere).sampleData).toBe(false);
    expect(readSettings({ TEMPORAL_ADDRESS: 'temporal.example:7233' })).toMatchObject({
      temporalAddress: 'temporal.example:7233',
      sampleData: false,
    });
    expect(readSettings({ ...elsewhere, SAMPLE_DATA: 'on' }).sampleData).toBe(true);
  });

  test.each(['0', '65536', '-1', '80a', '3e3', ' 80'])('refuse PORT %j', (PORT) => {
    expect(() => readSettings({ PORT })).toThrow('PORT must be a number from 1 to 65535');
  });

  test('refuse a SAMPLE_DATA or STAND_INS that is neither on nor off', () => {
    expect(() => readSettings({ STAND_INS: 'yes' })).toThrow('STAND_INS must be on or off');
    expect(() => readSettings({ SAMPLE_DATA: 'yes' })).toThrow('SAMPLE_DATA must be on or off');
  });
});

describe('the data directory', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'data-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is made for the eyes of its owner', () => {
    const directory = openDataDirectory(join(folder, 'of', 'ours'));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test('where others may look in, shows them nothing that an earlier version wrote for all to read', () => {
    const written = ['temporal.db', 'ports.json'].map((name) => join(folder, name));
    for (const file of written) writeFileSync(file, '', { mode: 0o644 });
    chmodSync(folder, 0o755);
    openDataDirectory(folder);
    for (const file of written) expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  test('that is none is said to be the reason', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => openDataDirectory(file)).toThrow(
      /^DATA_DIR must be a folder that is yours, and .*file cannot be used/,
    );
  });
});

test('a Temporal profile that does not exist is said to be the reason', () => {
  expect(() => readSettings({ TEMPORAL_PROFILE: 'nowhere' })).toThrow(/^The Temporal settings .*nowhere/);
});

describe('the secrets', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'settings-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('are made once, for the eyes of their owner, and kept', () => {
    const secrets = readSecrets({}, folder);
    expect(secrets.adminApiKey.length).toBeGreaterThanOrEqual(32);
    expect(readSecrets({}, folder)).toEqual(secrets);
    for (const name of ['admin-key', 'encryption-keys']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'admin-key'), 'utf8').trim()).toBe(secrets.adminApiKey);
  });

  test('come from the environment where they are set there', () => {
    const key = 'k'.repeat(32);
    expect(readSecrets({ ADMIN_API_KEY: key }, folder).adminApiKey).toBe(key);
  });

  test('are refused when they are too short or unreadable', () => {
    expect(() => readSecrets({ ADMIN_API_KEY: 'short' }, folder)).toThrow('ADMIN_API_KEY');
    expect(() => readSecrets({ ENCRYPTION_KEYS: 'nonsense' }, folder)).toThrow('ENCRYPTION_KEYS');
  });
});

test('what is kept is made only when it is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'));
  const make = jest.fn(() => 'first');
  expect(readOrKeep(join(folder, 'file'), make)).toBe('first');
  expect(readOrKeep(join(folder, 'file'), make)).toBe('first');
  expect(make).toHaveBeenCalledTimes(1);
  rmSync(folder, { recursive: true });
});
