import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { temporal } from '@temporalio/proto';
import { applicationWorkflowId, participationWorkflowId } from '../../domain/application/key';
import { eventually } from '../support/eventually';
import { Lives } from '../support/lives';
import { standIns, type StandIns } from '../support/registries';
import { record, recordedHistories, VERSION } from './histories';
import { LIVES } from './lives';
import { WATCHES } from './watches';

const { EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EVENT_TYPE_WORKFLOW_TASK_STARTED } = temporal.api.enums.v1.EventType;
const UNDER_WAY = [EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EVENT_TYPE_WORKFLOW_TASK_STARTED];

/** A history with no workflow task under way. */
const settled = (handle: WorkflowHandle): Promise<History> =>
  eventually(async () => {
    const history = await handle.fetchHistory();
    return UNDER_WAY.includes(history.events!.at(-1)!.eventType!) ? null : history;
  });

/** The histories of a workflow's latest run and of those that it continues, by run; none where it never ran. */
async function chain({ env }: Lives, workflowId: string): Promise<[string, History][]> {
  const runs: [string, History][] = [];
  try {
    let runId = (await env.client.workflow.getHandle(workflowId).describe()).runId;
    while (runId) {
      const history = await settled(env.client.workflow.getHandle(workflowId, runId));
      runs.unshift([runId, history]);
      runId = history.events![0]!.workflowExecutionStartedEventAttributes!.continuedExecutionRunId ?? '';
    }
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  return runs;
}

function write(workflow: string, life: string, runs: Map<string, History>): void {
  [...runs.values()].forEach((history, i) => {
    const name = `${workflow}/${VERSION}/${life}${runs.size > 1 ? `.${i + 1}` : ''}`;
    record({ name, history: JSON.parse(historyToJSON(history)) });
  });
}

/** `npm run record-histories`: lives every life of which nothing is recorded, and keeps its histories. */
describe('recording', () => {
  const known = recordedHistories().map(({ name }) => name.split('/').pop()!.split('.')[0]);
  const unknown = <T>(all: Record<string, T>) => Object.entries(all).filter(([name]) => !known.includes(name));
  const [fresh, watches] = [unknown(LIVES), unknown(WATCHES)];
  let lives: Lives;
  let outside: StandIns;
  beforeAll(async () => {
    if (fresh.length + watches.length === 0)
      throw new Error('Every life is recorded already, and histories are never recorded again.');
    outside = await standIns();
    lives = await Lives.begin({ registries: outside.registries });
  }, 60_000);
  afterAll(async () => {
    await lives?.stop();
    await outside?.stop();
  });

  // jest wants something to test each of
  if (watches.length > 0)
    test.each(watches)('%s', async (name, keepWatch) => {
      const runs = await chain(lives, await keepWatch(lives, outside));
      expect(runs.length).toBeGreaterThan(0);
      write('watch', name, new Map(runs));
    });

  if (fresh.length > 0)
    test.each(fresh)('%s', async (name, live) => {
      const application = new Map<string, History>();
      const keep = async (life: { state(): ReturnType<Awaited<ReturnType<typeof live>>['state']> }) => {
        for (const [runId, history] of await chain(lives, applicationWorkflowId((await life.state()).key)))
          application.set(runId, history);
      };
      const life = await live(lives, keep);
      await keep(life);
      const participation = new Map(await chain(lives, participationWorkflowId(life.id)));
      write('payerApplication', name, application);
      write('networkParticipation', name, participation);
      expect(application.size).toBeGreaterThan(0);
    });
});
