import { pino, stdSerializers } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { redact } from './redact';

export type { Logger } from 'pino';

/** The process's logger: JSON lines, secrets redacted by name at any depth. */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    name,
    level,
    base: { pid: process.pid },
    formatters: { log: (line: object) => redact(line) as Record<string, unknown> },
    serializers: { err: serializeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

// A message of PostgreSQL may quote the row that it refused; its code and constraint say as much without it.
function serializeError(err: Error): object {
  if (err.name !== 'PostgresError') return stdSerializers.err(err);
  const { code, constraint_name, table_name, stack = '' } = err as Error & Record<string, string | undefined>;
  const frames = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return { type: err.name, code, constraint: constraint_name, table: table_name, stack: frames.join('\n') };
}
