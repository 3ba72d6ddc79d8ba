import { randomUUID } from 'node:crypto';
import type { ActionWithBody } from '../../domain/applications/bodies';
import { buildApplicationWorkflowId } from '../../domain/applications/key';
import type { Progress } from '../../domain/applications/progress';
import type { Action } from '../../domain/kernel/codes';
import { addDays } from '../../domain/time/dates';
import { isSameValue } from '../../domain/kernel/facts';
import { keepCommand } from '../../record/applications/commands';
import { progressQuery } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { Lives, type Life } from '../support/lives';
import { loadNextVersion, type Edit, type NextVersion, type RecordSide } from '../support/next-version';
import { RAISED, REDUCER, SCHEDULE, TABLE } from './mutations';

const versions: NextVersion[] = [];
async function withEdits(edits: readonly Edit[]): Promise<RecordSide> {
  const next = await loadNextVersion(edits);
  versions.push(next);
  return next.recordSide();
}
afterAll(() => versions.forEach((version) => version.remove()));

describe('a workflow that has started under today’s rules, and goes on under those of a next version', () => {
  let lives: Lives;
  let next: RecordSide | undefined;
  beforeAll(async () => {
    lives = await Lives.begin({
      through: (step) => (request) => (next ? next.recordStep(lives.sql, request) : step(request)),
    });
  });
  afterAll(() => lives.stop());

  const ACTOR = { type: 'system', id: 'test', name: 'Test' } as const;

  /** Gives a command as the API of a next version would. */
  async function give({ createDispatch }: RecordSide, life: Life, action: Action, body: object): Promise<string> {
    const id = randomUUID();
    const { clientId } = life.book;
    const said = { action, body } as ActionWithBody;
    await keepCommand(lives.sql, { id, clientId, applicationId: life.id, ...said }, ACTOR);
    return (await createDispatch({ sql: lives.sql, client: lives.env.client }).deliverCommand(id, 20_000)).status;
  }

  /** Waits until the workflow knows what the record answers; a closed application's has ended. */
  async function comeInStep({ readRun }: RecordSide, { id }: Life): Promise<Progress> {
    return eventually(async () => {
      const { progress, key } = await readRun(lives.sql, id);
      const handle = lives.env.client.workflow.getHandle(buildApplicationWorkflowId(key));
      const { status } = await handle.describe();
      const knows = await handle.query(progressQuery);
      const isInStep = progress.open
        ? status.name === 'RUNNING' && isSameValue(knows, progress)
        : status.name === 'COMPLETED' && knows.stage === progress.stage;
      return isInStep ? progress : null;
    });
  }

  /** Lives a life; returns the result of each command, with the workflow in step with the record after each. */
  async function live(version: RecordSide): Promise<unknown[]> {
    next = undefined;
    const life = await lives.open({ attestedDaysAgo: 10 });
    const today = await lives.today();
    await life.act('submission', { submittedOn: today, channel: 'fax' });
    next = version;
    const contact = (outcome: string, more = {}) => ['contacts', { channel: 'portal', outcome, ...more }] as const;
    const commands: (readonly [Action, object])[] = [
      contact('received'),
      ['appeal', { filedOn: today, channel: 'mail', reason: 'x' }],
      contact('information_requested', { missingItems: ['W-9'] }),
      ['information', { providedOn: today, items: ['W-9'] }],
      ['pause', { reason: 'x', until: addDays(today, 20) }],
      contact('in_review'),
      contact('denied'),
      ['notes', { text: 'x', visibility: 'internal' }],
    ];
    const trace: unknown[] = [];
    for (const [action, body] of commands) {
      const became = await give(version, life, action, body);
      const { stage, open, waitingOn, next: waitsFor } = await comeInStep(version, life);
      const isFollowUp = waitsFor?.at === (await life.state()).agenda.followUps.credentialing?.at;
      trace.push([action, became, stage, open, waitingOn, waitsFor?.timer, isFollowUp]);
    }
    // a timer that falls due later wakes it too
    await lives.env.sleep('40 days');
    await comeInStep(version, life);
    return trace;
  }

  let usual: unknown[];
  beforeAll(async () => {
    usual = await live(await withEdits([]));
  }, 60_000);

  test.each(Object.entries({ ...REDUCER, ...SCHEDULE, ...TABLE }))(
    'stays in step with the record where %s, and takes what the record takes',
    async (_name, edits) => {
      const trace = await live(await withEdits(edits));
      expect(trace).not.toEqual(usual);
    },
  );

  test('stays in step where the version is raised: the next step folds what earlier rules folded', async () => {
    const version = await withEdits([...REDUCER['`information` keeps the stage']!, RAISED]);
    const trace = await live(version);
    expect(trace).not.toEqual(usual);
  });
});
