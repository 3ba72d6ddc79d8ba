import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Workers say only what went wrong for good; installed once in a process. */
export function silenceWorkers(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch {
    // it is installed already
  }
}
