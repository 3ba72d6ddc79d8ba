import { ApplicationFailure } from '@temporalio/common';
import pino from 'pino';
import { createSdkLogger } from '../../../worker/sdk-logger';

/** Logs an entry of the SDK; returns its line in our log. */
function logged(level: 'info' | 'warn' | 'error', meta: Record<string, unknown>): Record<string, unknown> | undefined {
  const lines: string[] = [];
  createSdkLogger(pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) }))[level](
    'Activity failed',
    meta,
  );
  return lines[0] === undefined ? undefined : (JSON.parse(lines[0]) as Record<string, unknown>);
}

const META = {
  workflowId: 'application/7',
  activityType: 'recordStep',
  attempt: 3,
  taskToken: 'x',
  args: ['a secret'],
};

test('a warning or error of the SDK is logged as such, with the workflow, the activity and the attempt, and no more', () => {
  const where = { workflowId: 'application/7', activityType: 'recordStep', attempt: 3, msg: 'Activity failed' };
  expect(logged('warn', META)).toEqual({ level: 40, ...where });
  expect(logged('error', META)).toEqual({ level: 50, ...where });
  expect(logged('info', META)).toBeUndefined();
});

test('a failure is described without what it quotes', () => {
  const error = Object.assign(new Error('Key (email)=(a@b.example) already exists.'), {
    name: 'PostgresError',
    code: '23505',
  });
  expect(logged('warn', { ...META, error })!.error).toMatchObject({ type: 'PostgresError', code: '23505' });
  expect(JSON.stringify(logged('warn', { ...META, error }))).not.toContain('a@b.example');
  const own = ApplicationFailure.create({ type: 'PostgresError', message: 'PostgresError 23505' });
  expect(logged('warn', { ...META, error: own })!.error).toMatchObject({ message: 'PostgresError 23505' });
});
