import { pino, type DestinationStream, type LogFn, type Logger } from 'pino';
import { redactSecrets } from './redact';

export type { Logger } from 'pino';

/**
 * Creates the process's logger: JSON lines, secrets redacted by name at any depth, errors as `describeError` has them.
 * Both are done to the line as a whole, before a serializer, a child logger's own included, can see an error.
 */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    name,
    level,
    base: { pid: process.pid },
    formatters: { log: (line: object) => redactSecrets(line) as Record<string, unknown> },
    // pino's own serializer takes the description for an error
    serializers: { err: (described: unknown) => described },
    hooks: {
      logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn) {
        method.apply(this, addMessage(args));
      },
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Adds a message: if none is given, pino takes the error's own, which its name replaces. */
function addMessage(args: Parameters<LogFn>): Parameters<LogFn> {
  const [first, message]: unknown[] = args;
  if (message !== undefined || typeof first !== 'object' || first === null) return args;
  const error = 'err' in first ? first.err : first;
  return error instanceof Error ? [first, error.name] : args;
}
