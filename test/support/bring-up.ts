import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from '../../local/ports';
import type { Launch } from '../../local/postgres';
import { identify } from '../../local/processes';
import { endChild, recordChild } from '../../local/run-record';

const TRIES = 3;
const STOP_WITHIN = 3000;
const LOG_END = 2000;

interface Plan {
  name: string;
  launch: Pick<Launch, 'file' | 'args'> & Partial<Launch>;
  signal: NodeJS.Signals;
}

/**
 * Starts a server and waits until it is `ready`. A free port is nobody's until it is bound (the dev server also chooses
 * some of its own, and goes on without those that it does not get), so what ends, or does not answer, is tried again on
 * other ports; the last error brings the end of its log.
 */
export async function bringUp<T>(
  directory: string,
  planOn: (port: number) => Plan,
  ready: (port: number, signal: AbortSignal) => Promise<T>,
  { within = 30_000 } = {},
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const port = await findFreePort();
    const { name, launch, signal } = planOn(port);
    const file = join(directory, `${name}.log`);
    const log = openSync(file, 'a');
    const child = spawn(launch.file, launch.args, { ...launch.options, stdio: ['ignore', log, log] });
    closeSync(log);
    recordChild(directory, name, child.pid!, signal);
    const over = new AbortController();
    child.once('exit', (code, by) => over.abort(new Error(`it ended (${by ?? `code ${code}`})`)));
    child.unref();
    try {
      return await ready(port, AbortSignal.any([over.signal, AbortSignal.timeout(within)]));
    } catch (error) {
      await endChild(identify(child.pid!), signal, STOP_WITHIN);
      if (tries === TRIES)
        throw new Error(`${name} does not start:\n${readFileSync(file, 'utf8').slice(-LOG_END)}`, { cause: error });
    }
  }
}
