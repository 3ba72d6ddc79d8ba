import { ConfigError } from './config';
import { describeError, summarizeError } from './redact';

/**
 * Runs a process's main function. An error that it throws, or that anything else in the process leaves uncaught, ends
 * the process: Node would print every property of the error, so a description without data is printed instead.
 */
export function runProcess(run: () => Promise<void>): void {
  process.once('uncaughtException', endWith);
  run().catch(endWith);
}

function endWith(error: unknown): never {
  const lines = error instanceof ConfigError ? [error.message] : [summarizeError(error), describeError(error).stack];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(1);
}
