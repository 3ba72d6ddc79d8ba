import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type InjectedSinks,
  type ReplayWorkerOptions,
} from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DeterminismViolationError } from '@temporalio/workflow';
import { ACTIONS, INTERNAL_ACTIONS, STAGES, WAITING_ON } from '../../domain/kernel/codes';
import type { SEARCH_ATTRIBUTES } from '../../domain/kernel/search-attributes';
import { createDataConverter } from '../../runtime/codec';
import { testKeyring } from '../support/keys';
import { readWorkflowBundle } from '../support/servers';
import type { Progress } from '../../domain/applications/progress';
import { isSameValue } from '../../domain/kernel/facts';
import { PAGE, readHistories, readStoredProgress } from './histories';
import { LIVES } from './lives';
import type { ProgressSinks } from './observed';
import { describeDrift, readTimelines, type FoldedState } from './timelines';

const recorded = readHistories();
const updates = ({ history }: (typeof recorded)[number]) =>
  historyFromJSON(history).events!.flatMap(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name ?? [],
  );

/** Whether anything follows on the first workflow task: only what follows can contradict it. */
function goesOn({ history }: (typeof recorded)[number]): boolean {
  const { events } = historyFromJSON(history);
  const first = events!.findIndex((event) => event.workflowTaskCompletedEventAttributes);
  return first < events!.length - 1;
}

/** The text of every payload that is not encrypted, with the search attribute whose value it is. */
function inTheClear(part: unknown, attribute?: string): { text: string; attribute: string | undefined }[] {
  if (typeof part !== 'object' || part === null) return [];
  const { metadata, data } = part as { metadata?: { encoding?: string }; data?: string };
  const encoding = metadata?.encoding && Buffer.from(metadata.encoding, 'base64').toString();
  if (encoding?.endsWith('/plain')) return [{ text: Buffer.from(data ?? '', 'base64').toString(), attribute }];
  return Object.entries(part).flatMap(([name, inner]) =>
    name === 'indexedFields'
      ? Object.entries(inner as object).flatMap(([indexed, value]) => inTheClear(value, indexed))
      : inTheClear(inner),
  );
}

const ID = /^"[0-9a-f-]{36}"$/;
/** The possible values of each search attribute: lists of workflows are filtered by it, so it is in the clear. */
const ATTRIBUTE_VALUES: Record<keyof typeof SEARCH_ATTRIBUTES, RegExp> = {
  CountersignApplicationId: ID,
  CountersignClientId: ID,
  CountersignPayerId: ID,
  CountersignPersonId: ID,
  CountersignSubjectId: ID,
  CountersignStage: new RegExp(`^"(${STAGES.join('|')})"$`),
  CountersignWaitingOn: new RegExp(`^"(${WAITING_ON.join('|')})"$`),
  CountersignNextFollowUpOn: /^(null|"\d{4}-\d{2}-\d{2}T00:00:00(\.0+)?Z")$/,
};
const BOOKKEEPING = /^{"seq":\d+,.*"activity_type":"(recordStep|wake)"/;

const mayBeRead = ({ text, attribute }: ReturnType<typeof inTheClear>[number]): boolean =>
  attribute === undefined
    ? ID.test(text) || BOOKKEEPING.test(text)
    : (ATTRIBUTE_VALUES as Record<string, RegExp | undefined>)[attribute]?.test(text) === true;

/** Replays what is recorded, each under its own workflow id; returns those histories that no longer lead where they led. */
async function diverging(
  bundle: ReplayWorkerOptions['workflowBundle'],
  replayedRun: (name: string, runId: string) => void = () => undefined,
  sinks?: InjectedSinks<ProgressSinks>,
): Promise<Map<string, unknown>> {
  const histories = recorded.map(({ workflowId, history }) => ({ workflowId, history: historyFromJSON(history) }));
  const failures = new Map<string, unknown>();
  const options = { workflowBundle: bundle, dataConverter: createDataConverter(testKeyring), ...(sinks && { sinks }) };
  let replayed = 0;
  // one after the other, in the order in which they are given: runs that continue each other share their workflow id
  for await (const { runId, error } of Worker.runReplayHistories(options, histories)) {
    replayedRun(recorded[replayed]!.name, runId);
    if (error) failures.set(recorded[replayed]!.name, error);
    replayed += 1;
  }
  expect(replayed).toBe(recorded.length);
  return failures;
}

describe('recorded histories', () => {
  test('tell of at least eight lives and of every action, of watches that wait, send and continue as new', () => {
    const names = new Set(recorded.map(({ name }) => name.split('.')[0]!));
    const of = (workflow: string) => [...names].filter((name) => name.startsWith(`${workflow}/`));
    expect(of('payerApplication').length).toBeGreaterThanOrEqual(8);
    expect(of('watch').length).toBeGreaterThanOrEqual(3);
    expect(new Set(recorded.flatMap(updates))).toEqual(new Set<string>([...ACTIONS, ...INTERNAL_ACTIONS]));
  });

  test('hold nothing in the clear but opaque ids, what lists are filtered by, and the SDK’s own bookkeeping', () => {
    const telling = recorded.flatMap(({ name, history }) =>
      inTheClear(history)
        .filter((one) => !mayBeRead(one))
        .map(({ text, attribute = 'payload' }) => `${name}: ${attribute} ${text}`),
    );
    expect(telling).toEqual([]);
  });

  test('lead where they led, through the codec, on the built workflows', async () => {
    const failures = [...(await diverging(readWorkflowBundle()))];
    expect(failures.map(([name, error]) => `${name}: ${String(error)} See ${PAGE}.`)).toEqual([]);
  });

  test('leave each run of an application with the progress that it knew when it was recorded', async () => {
    const observed = require.resolve('./observed');
    const bundle = await bundleWorkflowCode({
      workflowsPath: observed,
      workflowInterceptorModules: [observed],
      failureConverterPath: require.resolve('../../runtime/failure-converter'),
      logger: new DefaultLogger('ERROR'),
    });
    const [names, known] = [new Map<string, string>(), new Map<string, Progress>()];
    await diverging(bundle, (name, runId) => names.set(runId, name), {
      observed: { progress: { fn: ({ runId }, progress) => void known.set(runId, progress), callDuringReplay: true } },
    });
    const replayed = Object.fromEntries([...known].map(([runId, progress]) => [names.get(runId), progress]));
    const ofApplications = recorded.filter(({ name }) => !name.startsWith('watch/')).map(({ name }) => name);
    expect(Object.keys(replayed).sort()).toEqual(ofApplications);
    const stored = Object.fromEntries(readStoredProgress());
    const parted = ofApplications.filter((name) => !isSameValue(replayed[name], stored[name]));
    expect(parted.map((name) => `${name} knows another progress in the end. See ${PAGE}.`)).toEqual([]);
  });

  test('end with the progress that their timeline came to', () => {
    const stored = Object.fromEntries(readStoredProgress());
    for (const [life, { folded }] of readTimelines()) {
      const [{ state, progress }] = Object.values(folded) as [FoldedState];
      const isLast = (workflow: string) => (name: string) =>
        name.startsWith(`${workflow}/`) && name.split('/').pop()!.split('.')[0] === life;
      const names = Object.keys(stored).sort();
      const last = names.findLast(isLast('networkParticipation')) ?? names.findLast(isLast('payerApplication'))!;
      const { version, stage, attempt } = state;
      expect([life, stored[last]]).toEqual([
        life,
        expect.objectContaining(progress ?? { version, stage, attempt, open: false, participating: false }),
      ]);
    }
  });

  test('a change that takes another path is caught, in every history that goes on from its first step', async () => {
    const bundle = await bundleWorkflowCode({
      workflowsPath: require.resolve('./incompatible'),
      failureConverterPath: require.resolve('../../runtime/failure-converter'),
      logger: new DefaultLogger('ERROR'),
    });
    const failures = await diverging(bundle);
    expect([...failures.keys()].sort()).toEqual(recorded.filter(goesOn).map(({ name }) => name));
    // beside them stands one participation that only waits
    expect(failures.size).toBeGreaterThanOrEqual(recorded.length - 1);
    for (const [name, error] of failures) expect([name, error]).toEqual([name, expect.any(DeterminismViolationError)]);
  });
});

describe('recorded timelines', () => {
  const timelines = readTimelines();

  test('are there for every life', () => {
    expect(timelines.map(([life]) => life)).toEqual(Object.keys(LIVES).sort());
  });

  test('come by today’s rules to the state, the agenda and the progress that are stored', () => {
    expect(
      timelines.map(([life, timeline]) => describeDrift(life, timeline)).filter((drift) => drift !== null),
    ).toEqual([]);
  });
});
