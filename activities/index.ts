import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { createRecorder } from '../record/applications/recorder';
import { NoApplication } from '../record/applications/recording-step';
import { createWaker } from '../record/operations/watches';
import type { Sql } from '../runtime/database';
import { describeError } from '../runtime/redact';
import type { RecordStep, Send, Wake } from '../workflows/messages';
import { createSend, type OutsideServices } from './outreach';

/** Creates the activities that workflows call; each is idempotent by the ids it is given. */
export const createActivities = ({
  sql,
  steps,
  purge,
  ...outside
}: {
  sql: Sql;
  /** The steps of workflows, each in the name of its clients. */
  steps: Sql;
  /** The steps that take away what has been kept for its time. */
  purge: Sql;
} & OutsideServices): RecordStep & Wake & Send => {
  const sending = createSend(sql, outside);
  return {
    recordStep: redactFailures(createRecorder(steps)),
    wake: redactFailures(createWaker(steps, undefined, purge)),
    send: redactFailures((what) => sending.send(what)),
  };
};

/**
 * Redacts failures: an error that an activity throws is kept in Temporal's history, to which an error of PostgreSQL
 * would bring the data that it quotes. Other failures than our own reach it as name, code and stack frames, and are
 * retried as before.
 */
const redactFailures =
  <Request, Answer>(run: (request: Request) => Promise<Answer>) =>
  async (request: Request): Promise<Answer> => {
    try {
      return await run(request);
    } catch (error) {
      throw error instanceof TemporalFailure ? error : redactFailure(error);
    }
  };

function redactFailure(error: unknown): ApplicationFailure {
  const { type, code, stack } = describeError(error);
  const message = code === undefined ? type : `${type} ${code}`;
  // an application that is not on record will not be: its workflow ends
  const failure = ApplicationFailure.create({ type, message, nonRetryable: error instanceof NoApplication });
  failure.stack = `${failure.name}: ${message}\n${stack}`;
  return failure;
}
