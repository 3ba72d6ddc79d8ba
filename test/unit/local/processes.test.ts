import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  commandLine,
  identify,
  isAlive,
  releaseLock,
  runToEnd,
  takeLock,
  workingDirectory,
} from '../../../local/processes';

const idle = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'processes-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a process is recognised by pid and start time', () => {
  test('while it runs, and no longer once it has ended', async () => {
    const child = idle();
    const identity = identify(child.pid!);
    expect(isAlive(identity)).toBe(true);
    expect(commandLine(child.pid!)).toContain('setInterval');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
    expect(commandLine(child.pid!)).toBe('');
  });

  test('and is found again in a folder that was renamed', () => {
    const [before, now] = ['before', 'now'].map((name) => join(realpathSync(folder), name)) as [string, string];
    mkdirSync(before);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { cwd: before, stdio: 'ignore' });
    renameSync(before, now);
    expect(workingDirectory(child.pid!)).toBe(process.platform === 'linux' ? now : undefined);
    child.kill('SIGKILL');
  });

  test('another process with its pid is not it', () => {
    expect(isAlive({ pid: process.pid, startedAt: 'an earlier start' })).toBe(false);
  });

  test('one that was gone when it was to be identified is nobody', () => {
    expect(isAlive({ pid: process.pid, startedAt: undefined })).toBe(false);
  });
});

describe('a lock', () => {
  test('is taken once; a live holder is named', () => {
    const file = join(folder, 'sub', 'lock');
    expect(takeLock(file)).toBeUndefined();
    expect(takeLock(file)).toEqual(identify(process.pid));
    releaseLock(file);
    expect(takeLock(file)).toBeUndefined();
  });

  test.each([
    ['of a dead process', JSON.stringify({ pid: process.pid, startedAt: 'an earlier start' })],
    ['that was half-written', '{"pid":'],
  ])('%s is taken over', (_, content) => {
    const file = join(folder, 'lock');
    writeFileSync(file, content);
    expect(takeLock(file)).toBeUndefined();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(identify(process.pid));
  });

  test('of another process is not released', () => {
    const file = join(folder, 'lock');
    writeFileSync(file, JSON.stringify({ pid: 1, startedAt: 'some time' }));
    releaseLock(file);
    expect(existsSync(file)).toBe(true);
  });
});

describe('a program that is run to its end', () => {
  test('answers what it wrote and how it ended', () => {
    expect(runToEnd('sh', ['-c', 'echo out; exit 3'])).toMatchObject({ stdout: 'out\n', status: 3 });
  });

  test('is in a group of its own, where a Ctrl-C does not reach it', () => {
    const [pid, group] = runToEnd('sh', ['-c', 'echo $$; ps -o pgid= -p $$']).stdout.split('\n').map(Number);
    expect(group).toBe(pid);
  });

  test('has no answer where a signal ended it', () => {
    expect(() => runToEnd('sh', ['-c', 'kill -INT $$'])).toThrow('sh was ended by SIGINT.');
  });
});
