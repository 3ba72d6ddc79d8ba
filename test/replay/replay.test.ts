import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import type { ReplayWorkerOptions } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DeterminismViolationError } from '@temporalio/workflow';
import { ACTIONS, INTERNAL_ACTIONS } from '../../domain/codes';
import { dataConverter } from '../../runtime/codec';
import { testKeyring } from '../support/keys';
import { workflowBundle } from '../support/servers';
import { recordedHistories } from './histories';

const recorded = recordedHistories();
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

/** The text of every payload that is not encrypted. */
function inTheClear(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { metadata, data } = part as { metadata?: { encoding?: string }; data?: string };
  const encoding = metadata?.encoding && Buffer.from(metadata.encoding, 'base64').toString();
  if (encoding?.endsWith('/plain')) return [Buffer.from(data ?? '', 'base64').toString()];
  return Object.values(part).flatMap(inTheClear);
}

/** Replays what is recorded; answers those histories that no longer lead where they led. */
async function diverging(bundle: ReplayWorkerOptions['workflowBundle']): Promise<Map<string, unknown>> {
  const histories = recorded.map(({ name, history }) => ({ workflowId: name, history: historyFromJSON(history) }));
  const failures = new Map<string, unknown>();
  const options = { workflowBundle: bundle, dataConverter: dataConverter(testKeyring) };
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    replayed += 1;
    if (error) failures.set(workflowId, error);
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

  test('hold nothing in the clear but opaque ids and the SDK’s own bookkeeping', () => {
    const telling = recorded.flatMap(({ name, history }) =>
      inTheClear(history)
        .filter(
          (text) => !/^"[0-9a-f-]{36}"$/.test(text) && !/^{"seq":\d+,.*"activity_type":"(recordStep|wake)"/.test(text),
        )
        .map((text) => `${name}: ${text}`),
    );
    expect(telling).toEqual([]);
  });

  test('lead where they led, through the codec, on the built workflows', async () => {
    expect(await diverging(workflowBundle())).toEqual(new Map());
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
