import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { type History, historyToJSON } from '@temporalio/common/lib/proto-utils';
import { temporal } from '@temporalio/proto';
import { buildApplicationWorkflowId, buildParticipationWorkflowId } from '../../domain/applications/key';
import { RULES_VERSION } from '../../domain/applications/reduce';
import type { Playbook } from '../../domain/registry/playbook';
import { eventually } from '../support/eventually';
import { Lives, type Life } from '../support/lives';
import { startStandIns, type StandIns } from '../support/registries';
import { progressQuery } from '../../workflows/messages';
import { storeHistory, readHistories, storeProgress, VERSION } from './histories';
import { LIVES } from './lives';
import {
  describeDrift,
  foldTimeline,
  isOfEarlierRules,
  readTimelines,
  storeFoldedState,
  storeTimeline,
  type Timeline,
} from './timelines';
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

/** Keeps the histories of runs; returns the name of each with its run. */
function writeRuns(workflow: string, life: string, workflowId: string, runs: Map<string, History>): [string, string][] {
  return [...runs].map(([runId, history], i) => {
    const name = `${workflow}/${VERSION}/${life}${runs.size > 1 ? `.${i + 1}` : ''}`;
    storeHistory({ name, workflowId, history: JSON.parse(historyToJSON(history)) });
    return [name, runId];
  });
}

/** Keeps the histories of an application's runs, and what each knew in the end. */
async function writeApplicationRuns(
  { env }: Lives,
  ...[workflow, life, workflowId, runs]: Parameters<typeof writeRuns>
): Promise<void> {
  for (const [name, runId] of writeRuns(workflow, life, workflowId, runs))
    storeProgress(name, await env.client.workflow.getHandle(workflowId, runId).query(progressQuery));
}

/** The entries of a life, what the record folded them to, and what its workflow knows in the end. */
async function timelineOf(lives: Lives, life: Life): Promise<Timeline> {
  const [pinned] = await lives.sql<[{ timeZone: string; playbook: Playbook }]>`
    select c.time_zone, p.body as playbook
    from applications a
    join clients c on c.id = a.client_id
    join playbooks p on p.payer_id = a.payer_id and p.version = a.playbook_version
    where a.id = ${life.id}`;
  const { knows } = await life.inStep();
  const timeline = { ...pinned, events: await life.entries() };
  const { path } = foldTimeline(timeline);
  const folded = { state: await life.state(), progress: knows?.progress ?? null, path };
  return { ...timeline, folded: { [RULES_VERSION]: folded } };
}

/** `npm run record-histories`: lives every life of which nothing is recorded, and keeps its histories and its timeline. */
describe('recording', () => {
  const known = readHistories().map(({ name }) => name.split('/').pop()!.split('.')[0]);
  const unknown = <T>(all: Record<string, T>) => Object.entries(all).filter(([name]) => !known.includes(name));
  const [fresh, watches] = [unknown(LIVES), unknown(WATCHES)];
  const earlier = readTimelines().filter(([, timeline]) => isOfEarlierRules(timeline));
  let lives: Lives;
  let outside: StandIns;
  beforeAll(async () => {
    if (fresh.length + watches.length + earlier.length === 0)
      throw new Error('Every life is recorded already, and histories are never recorded again.');
    outside = await startStandIns();
    lives = await Lives.begin({ registries: outside.registries });
  }, 60_000);
  afterAll(async () => {
    await lives?.stop();
    await outside?.stop();
  });

  // jest wants something to test each of
  if (watches.length > 0)
    test.each(watches)('%s', async (name, keepWatch) => {
      const workflowId = await keepWatch(lives, outside);
      const runs = await chain(lives, workflowId);
      expect(runs.length).toBeGreaterThan(0);
      writeRuns('watch', name, workflowId, new Map(runs));
    });

  if (fresh.length > 0)
    test.each(fresh)('%s', async (name, live) => {
      const application = new Map<string, History>();
      const idOf = async (life: Life) => buildApplicationWorkflowId((await life.state()).key);
      const keep = async (life: Life) => {
        for (const [runId, history] of await chain(lives, await idOf(life))) application.set(runId, history);
      };
      const life = await live(lives, keep);
      await keep(life);
      const participationId = buildParticipationWorkflowId(life.id);
      const participation = new Map(await chain(lives, participationId));
      const timeline = await timelineOf(lives, life);
      expect(describeDrift(name, timeline)).toBeNull();
      await writeApplicationRuns(lives, 'payerApplication', name, await idOf(life), application);
      await writeApplicationRuns(lives, 'networkParticipation', name, participationId, participation);
      storeTimeline(name, timeline);
      expect(application.size).toBeGreaterThan(0);
    });

  if (earlier.length > 0)
    test.each(earlier)('%s, folded by today’s rules', (name, timeline) => {
      storeFoldedState(name, timeline);
      expect(readTimelines().find(([life]) => life === name)![1].folded).toMatchObject(timeline.folded);
    });
});
