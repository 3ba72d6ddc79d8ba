import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileDamaged } from './sealing';

/** A program that may refuse a file. */
export interface Scanner {
  /** The program and its arguments; no shell reads them. */
  command: readonly [string, ...string[]];
  /** The time after which it is ended. */
  seconds: number;
}

/** The scanner gave no verdict, so that the same file may pass later. */
export class ScanFailed extends Error {
  override name = 'ScanFailed';
}

const [ACCEPTED, REFUSED] = [0, 1];

/**
 * Whether the scanner lets a file pass, which it gets as its input: 0 as its exit code says so, 1 refuses. Throws ScanFailed
 * for all else, and once its time is over. It sees none of our environment, and nothing that it writes is read.
 */
export async function checkFile({ command, seconds }: Scanner, source: AsyncIterable<Uint8Array>): Promise<boolean> {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH },
  });
  // not by spawn itself, which goes on waiting for a program that did not start
  const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).finally(() => clearTimeout(late));
  // a scanner that has seen enough reads no further; a damaged file is reported after the verdict
  const fed = pipeline(Readable.from(source), child.stdin).then(
    () => null,
    (error: unknown) => error,
  );
  const code = await ended.catch((error: unknown) => {
    throw new ScanFailed('the scanner does not start', { cause: error });
  });
  const failure = await fed;
  if (failure instanceof FileDamaged) throw failure;
  if (code !== ACCEPTED && code !== REFUSED) throw new ScanFailed(`the scanner ended with ${code ?? 'a signal'}`);
  return code === ACCEPTED;
}
