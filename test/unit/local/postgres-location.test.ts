import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateCluster, listUnusedClusters, removeDataDirectory } from '../../../local/postgres-location';
import { locatePrograms } from '../../../local/postgres-programs';
import { findUser } from '../../../local/postgres-user';

/** Only root runs PostgreSQL as another user. */
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

/** A folder that only root may enter, and one that all may. */
let folder: string;
let open: string;
let system: string;
beforeEach(() => {
  [folder, open] = [0, 1].map(() => realpathSync(mkdtempSync(join(tmpdir(), 'location-')))) as [string, string];
  chmodSync(open, 0o755);
  system = join(open, 'system');
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(() => {
  for (const path of [folder, open]) rmSync(path, { recursive: true, force: true });
});

const modeOf = (path: string) => statSync(path).mode & 0o777;

function dataDirectory(name: string, around = folder): string {
  const path = join(around, name);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/** Something that can be recognised as the cluster of old. */
function makeCluster(path: string, content = 'of old'): void {
  const { uid, gid } = findUser(path)!;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, 'PG_VERSION'), '18');
  writeFileSync(join(path, 'content'), content);
  chownSync(path, uid, gid);
}
const contentOf = (cluster: string) => readFileSync(join(cluster, 'content'), 'utf8');

asRoot('as root, a data directory that PostgreSQL can reach', () => {
  test('has its cluster inside, and is open to nobody else', () => {
    const data = dataDirectory('data', open);
    expect(locateCluster(data, system)).toBe(join(data, 'postgres'));
    expect(modeOf(data)).toBe(0o710);
    expect(statSync(data).gid).toBe(findUser(join(data, 'postgres'))!.gid);
    expect(existsSync(system)).toBe(false);
  });

  test('of another user is left as it is, and PostgreSQL runs as that user', () => {
    const data = dataDirectory('data', open);
    const { uid, gid } = findUser(join(data, 'postgres'))!;
    chownSync(data, uid, gid);
    expect(locateCluster(data, system)).toBe(join(data, 'postgres'));
    expect(modeOf(data)).toBe(0o700);
    expect(findUser(join(data, 'postgres'))).toEqual({ uid, gid });
  });
});

asRoot('as root, a data directory that PostgreSQL cannot reach', () => {
  test('has its cluster elsewhere, and finds it again', () => {
    const data = dataDirectory('data');
    const cluster = locateCluster(data, system);
    expect(cluster.startsWith(system)).toBe(true);
    makeCluster(cluster);
    expect(locateCluster(data, system)).toBe(cluster);
    expect(modeOf(join(cluster, '..')) & 0o066).toBe(0);
  });

  test('takes along the cluster that it had while it could be reached', () => {
    const data = dataDirectory('data');
    makeCluster(join(data, 'postgres'));
    const cluster = locateCluster(data, system);
    expect(contentOf(cluster)).toBe('of old');
    expect(existsSync(join(data, 'postgres'))).toBe(false);
    expect(locateCluster(data, system)).toBe(cluster);
  });

  test('keeps its cluster when it is moved, and a directory that takes its place has a new one', () => {
    const [data, moved] = [dataDirectory('data'), join(folder, 'moved')];
    const cluster = locateCluster(data, system);
    renameSync(data, moved);
    const next = locateCluster(dataDirectory('data'), system);
    expect(next).not.toBe(cluster);
    expect(locateCluster(moved, system)).toBe(cluster);
    expect(locateCluster(data, system)).toBe(next);
  });

  test('never shares its cluster with a copy, which learns how to have its own', () => {
    const [data, copy] = [dataDirectory('data'), join(folder, 'copy')];
    const cluster = locateCluster(data, system);
    makeCluster(cluster);
    cpSync(data, copy, { recursive: true });
    expect(() => locateCluster(copy, system)).toThrow(`is a copy of ${data}`);
    expect(locateCluster(data, system)).toBe(cluster);
    // As the error says.
    cpSync(cluster, join(copy, 'postgres'), { recursive: true });
    rmSync(join(copy, 'postgres.location'));
    expect(locateCluster(copy, system)).not.toBe(cluster);
    expect(contentOf(locateCluster(copy, system))).toBe('of old');
  });

  test('gets no empty database in place of one that is gone', () => {
    const data = dataDirectory('data');
    rmSync(join(locateCluster(data, system), '..'), { recursive: true });
    expect(() => locateCluster(data, system)).toThrow('is not there any more');
  });

  test('is not led to any other folder', () => {
    const data = dataDirectory('data');
    for (const other of [folder, join(system, 'clusters', '..', 'x'), join(system, 'clusters')]) {
      writeFileSync(join(data, 'postgres.location'), other);
      expect(() => locateCluster(data, system)).toThrow('must name a folder of');
    }
  });

  test('leaves nothing when it is removed; what a person deleted by hand is named', () => {
    const [data, other] = [dataDirectory('data'), dataDirectory('other')];
    const [home, left] = [data, other].map((path) => join(locateCluster(path, system), '..'));
    expect(listUnusedClusters(system)).toEqual([]);
    removeDataDirectory(data, system);
    expect([data, home!].filter(existsSync)).toEqual([]);
    rmSync(other, { recursive: true });
    expect(listUnusedClusters(system)).toEqual([{ home: left, dataDirectory: other }]);
  });

  test.each([
    ['belongs to another user', () => chownSync(system, 12_345, 12_345)],
    ['can be written by others', () => chmodSync(system, 0o777)],
  ])('is refused where the folder for it %s', (_, spoil) => {
    mkdirSync(system);
    spoil();
    expect(() => locateCluster(dataDirectory('data'), system)).toThrow('must be a folder that belongs to root');
  });
});

asRoot("PostgreSQL's programs", () => {
  let installed: string;
  beforeEach(() => {
    installed = join(folder, 'package');
    for (const path of ['bin', 'lib']) mkdirSync(join(installed, 'native', path), { recursive: true });
    for (const program of ['initdb', 'postgres'])
      writeFileSync(join(installed, 'native', 'bin', program), 'of 18.4', { mode: 0o600 });
    writeFileSync(join(installed, 'native', 'lib', 'libpq.so.5.18'), '', { mode: 0o600 });
    writeFileSync(join(installed, 'package.json'), '{"version":"18.4.0"}');
    writeFileSync(
      join(installed, 'native', 'pg-symlinks.json'),
      '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]',
    );
  });
  const expectWhole = (bin: string) => {
    expect(modeOf(join(bin, 'initdb'))).toBe(0o755);
    expect(readlinkSync(join(bin, '..', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
  };

  test('are run from where they are installed, if PostgreSQL can', () => {
    installed = join(open, 'package');
    cpSync(join(folder, 'package'), installed, { recursive: true });
    const bin = locatePrograms(findUser(folder), { installed, system });
    expect(bin).toBe(join(installed, 'native', 'bin'));
    expectWhole(bin);
  });

  test('are copied once for a version, whole and for everybody to read, if it cannot', () => {
    const umask = process.umask(0o077);
    const bin = locatePrograms(findUser(folder), { installed, system });
    process.umask(umask);
    expect(bin).toBe(join(system, `postgresql-18.4.0-${process.platform}-${process.arch}`, 'native', 'bin'));
    expectWhole(bin);
    for (const path of [system, join(bin, '..'), bin]) expect(modeOf(path)).toBe(0o755);
    expect(modeOf(join(bin, '..', 'lib', 'libpq.so.5.18'))).toBe(0o644);
    expect(locatePrograms(findUser(folder), { installed, system })).toBe(bin);
    expect(readdirSync(system)).toHaveLength(1);
  });
});
