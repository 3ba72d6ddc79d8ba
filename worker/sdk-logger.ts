import { DefaultLogger, type LogEntry, type Logger as SdkLogger } from '@temporalio/worker';
import type { Logger } from 'pino';
import { describeError } from '../runtime/redact';

/** The attributes of an entry that name where it happened; the others may hold free text. */
const WHERE = ['workflowId', 'workflowType', 'runId', 'activityType', 'activityId', 'attempt', 'taskQueue'] as const;

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Writes the warnings and errors of Temporal's SDK to our log at their level, without the words of a failure. */
export const createSdkLogger = (logger: Logger): SdkLogger =>
  new DefaultLogger('WARN', ({ level, message, meta }: LogEntry) => {
    const where = WHERE.flatMap((name) => (meta?.[name] === undefined ? [] : [[name, meta[name]]]));
    logger[LEVELS[level]](
      { ...Object.fromEntries(where), ...(meta?.error !== undefined && { error: describeError(meta.error) }) },
      message,
    );
  });
