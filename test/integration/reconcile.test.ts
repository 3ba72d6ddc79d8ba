import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { keepCommand, handToRelay } from '../../record/applications/commands';
import { recordStep } from '../../record/applications/recording-step';
import { batchDueMail } from '../../record/outreach/mail';
import { queueMessages } from '../../record/outreach/messages';
import type { StuckItem } from '../../record/operations/stuck';
import { TASK_QUEUE } from '../../dispatch/dispatch';
import { createReconciler, type ReconcileSettings } from '../../worker/reconcile';
import { eventually } from '../support/eventually';
import { FACTS, System, type OpenApplication } from '../support/system';

const { RESET_REAPPLY_TYPE_NONE: NONE, RESET_REAPPLY_TYPE_ALL_ELIGIBLE: ALL } = temporal.api.enums.v1.ResetReapplyType;

const ACTOR = { type: 'system', id: 'test', name: 'Test' } as const;

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());
// a round that an earlier test made would keep the next one waiting
beforeEach(
  () => system.api.deps.sql`
    update rounds set next_at = now() - interval '1 second', last_id = null, summary = null`,
);

const SETTINGS = { everySeconds: 0, lateSeconds: 120, failingSeconds: 600, compareEverySeconds: 0, perSecond: 1000 };
const reconciler = (settings: Partial<ReconcileSettings> = {}) => {
  const { sql, dispatch, logger } = system.api.deps;
  return createReconciler({ sql, dispatch, logger, settings: { ...SETTINGS, ...settings } });
};

const inReview = async (): Promise<OpenApplication> => {
  const application = await system.open(await system.file());
  await application.submit();
  await application.contact('in_review');
  return application;
};
const workflow = async ({ api, path }: OpenApplication) => (await api.get(`${path}/workflow`)).body;
const handleOf = async (application: OpenApplication) =>
  system.api.deps.temporal.client.workflow.getHandle((await workflow(application)).workflowId);
const kindsOf = async (application: OpenApplication): Promise<string[]> =>
  (await application.timeline()).map(({ kind }) => kind);
const restarts = async (application: OpenApplication): Promise<string[]> =>
  (await application.timeline()).flatMap(({ kind, because }) => (kind === 'workflow_restarted' ? [because] : []));

/** Lists the stuck items of an application, and expects the count of all. */
async function stuck({ id }: OpenApplication): Promise<StuckItem[]> {
  const { items } = (await system.api.get('/v1/operations/stuck?limit=200')).body as { items: StuckItem[] };
  expect((await system.api.get('/readyz')).body.stuck).toBe(items.length);
  return items.filter(({ applicationId }) => applicationId === id);
}

/** The server and the record agree, and the workflow runs. */
const inStep = (application: OpenApplication) =>
  eventually(async () => {
    const { alive, inStep: agrees } = await workflow(application);
    return alive && agrees;
  });

/** As if the application's workflow had been due to ask the record three minutes ago. */
const makeLate = (...applications: OpenApplication[]) =>
  system.api.deps.sql`
    update applications set wakes_at = now() - interval '3 minutes'
    where id = any(${applications.map(({ id }) => id)}::uuid[])`;

/** As if the task of the application's workflow had first been seen to fail so many minutes ago. */
const failFor = (minutes: number, { id }: OpenApplication) =>
  system.api.deps.sql`
    update run_checks set since = now() - make_interval(mins => ${minutes}), next_check_at = now()
    where application_id = ${id}`;

/** Takes a workflow's task, as a worker does that is killed before it answers. */
async function takeTask(workflowId: string): Promise<void> {
  const { connection } = system.api.deps.temporal;
  const request = { namespace: 'default', taskQueue: { name: system.taskQueue }, identity: 'killed' };
  const poll = () => connection.workflowService.pollWorkflowTaskQueue(request);
  const take = async () => (await connection.withDeadline(Date.now() + 20_000, poll)).workflowExecution;
  await eventually(async () => (await take())?.workflowId === workflowId, { within: 60_000 });
}

async function deleteRun(application: OpenApplication): Promise<void> {
  const { workflowId } = await workflow(application);
  const { connection } = system.api.deps.temporal;
  await connection.workflowService.deleteWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
  });
  await eventually(async () => !(await workflow(application)).alive);
}

/** The tables of what belongs to one application, and the column that names it. */
const listTables = () => system.api.deps.sql<{ name: string; key: string }[]>`
  select c.table_name as name, c.column_name as key from information_schema.columns c
  join information_schema.tables t on t.table_name = c.table_name and t.table_type = 'BASE TABLE'
  where c.table_schema = 'public' and t.table_schema = 'public' and (c.column_name = 'application_id'
    or (c.table_name, c.column_name) in (('applications', 'id'), ('outbox', 'subject')))`;

/** Brings the record of an application, its commands and what waits in the outbox back to where they are now. */
async function backup({ id }: OpenApplication): Promise<() => Promise<void>> {
  const { sql } = system.api.deps;
  const kept = await Promise.all(
    (await listTables()).map(async ({ name, key }) => {
      const [row] = await sql<{ rows: string }[]>`
        select coalesce(jsonb_agg(t), '[]')::text as rows from ${sql(name)} t where ${sql(key)} = ${id}`;
      return { name, key, rows: row!.rows };
    }),
  );
  return () =>
    sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      for (const { name, key, rows } of kept) {
        await tx`delete from ${tx(name)} where ${tx(key)} = ${id}`;
        await tx`
          insert into ${tx(name)} overriding system value
          select * from jsonb_populate_recordset(null::${tx(name)}, ${rows}::text::jsonb)`;
      }
    });
}

describe('a workflow that is gone', () => {
  test.each([
    ['terminated', (handle: Awaited<ReturnType<typeof handleOf>>) => handle.terminate('by hand')],
    ['cancelled', (handle: Awaited<ReturnType<typeof handleOf>>) => handle.cancel()],
  ])('%s, is found among the closed ones and started again once, with an entry', async (because, end) => {
    const application = await inReview();
    await end(await handleOf(application));
    await eventually(async () => {
      await reconciler().restartClosed();
      return (await restarts(application)).length > 0;
    });
    await inStep(application);
    await reconciler().restartClosed();
    expect(await restarts(application)).toEqual([because]);
    expect(await application.contact('approved')).toMatchObject({ stage: 'approved' });
  });

  test('timed out, is found among the closed ones and started again once', async () => {
    const application = await inReview();
    const { workflowId, progress } = await workflow(application);
    await (await handleOf(application)).terminate('another takes its place');
    const run = await system.api.deps.temporal.client.workflow.start('payerApplication', {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [{ applicationId: application.id, progress }],
      memo: { applicationId: application.id },
      workflowExecutionTimeout: '1s',
    });
    await expect(run.result()).rejects.toThrow(WorkflowFailedError);
    await eventually(async () => {
      await reconciler().restartClosed();
      return (await restarts(application)).length > 0;
    });
    await inStep(application);
    expect(await restarts(application)).toEqual(['timed_out']);
  });

  test('failed, is found among the closed ones and started again once, although a person had started it by hand', async () => {
    const application = await inReview();
    const { workflowId, progress } = await workflow(application);
    await deleteRun(application);
    await system.stopWorker();
    const failing = await system.runBuild('failing');
    try {
      const run = await system.api.deps.temporal.client.workflow.start('payerApplication', {
        workflowId,
        taskQueue: system.taskQueue,
        args: [{ applicationId: application.id, progress }],
      });
      await expect(run.result()).rejects.toThrow(WorkflowFailedError);
    } finally {
      await failing();
      await system.startWorker();
    }
    await eventually(async () => {
      await reconciler().restartClosed();
      return (await restarts(application)).length > 0;
    });
    await inStep(application);
    await reconciler().restartClosed();
    expect(await restarts(application)).toEqual(['failed']);
    expect(await application.contact('approved')).toMatchObject({ stage: 'approved' });
  });

  test('deleted, is found once its next step is late, and started again', async () => {
    const application = await inReview();
    await deleteRun(application);
    await reconciler().restartLate();
    expect(await restarts(application)).toEqual([]);
    await makeLate(application);
    await reconciler().restartLate();
    await inStep(application);
    expect(await restarts(application)).toEqual(['missing']);
    // seen to by itself
    expect(await stuck(application)).toEqual([]);
  });

  test('is signalled a changed file all the same', async () => {
    const application = await inReview();
    await deleteRun(application);
    await system.api.patch(`/v1/providers/${application.filed.providerId}`, { malpractice: null });
    await eventually(async () => (await application.get()).blockers.length > 0);
    expect(await workflow(application)).toMatchObject({ alive: true });
  });

  test('with every other, is started again, and nobody is nudged twice', async () => {
    const filed = { playbook: { followUpEvery: { seconds: 1 } } };
    const lost = [await system.at('in_review', filed), await system.at('in_review', filed)];
    const nudges = async (application: OpenApplication) =>
      (await kindsOf(application)).filter((kind) => kind === 'nudge').length;
    await Promise.all(lost.map((application) => eventually(async () => (await nudges(application)) === 1)));
    await Promise.all(lost.map(deleteRun));
    await makeLate(...lost);
    await reconciler({ perSecond: 100 }).restartLate();
    await Promise.all(lost.map(inStep));
    expect(await Promise.all(lost.map(restarts))).toEqual([['missing'], ['missing']]);
    expect(await Promise.all(lost.map(nudges))).toEqual([1, 1]);
  });

  test('is found by the comparison of everything, whatever it waits for', async () => {
    const application = await inReview();
    await application.act('pause', { reason: 'the provider is away' });
    await deleteRun(application);
    await reconciler().compareSome();
    await inStep(application);
    expect(await restarts(application)).toEqual(['missing']);
  });
});

describe('a workflow that runs', () => {
  test.each([
    ['nothing', NONE],
    ['everything', ALL],
  ])('and was reset to its beginning with %s applied again, asks the record', async (_what, resetReapplyType) => {
    const application = await inReview();
    const { workflowId } = await workflow(application);
    const { connection } = system.api.deps.temporal;
    const request = temporal.api.workflowservice.v1.ResetWorkflowExecutionRequest.fromObject({
      namespace: 'default',
      workflowExecution: { workflowId },
      reason: 'by hand',
      requestId: randomUUID(),
      workflowTaskFinishEventId: 4,
      resetReapplyType,
    });
    await connection.workflowService.resetWorkflowExecution(request);
    await makeLate(application);
    await eventually(async () => {
      await reconciler().restartLate();
      await system.api.deps.sql`update run_checks set next_check_at = now() where application_id = ${application.id}`;
      return (await workflow(application)).inStep;
    });
    expect(await kindsOf(application)).toEqual(['opened', 'submission', 'stage', 'contact', 'stage']);
    expect(await application.contact('approved')).toMatchObject({ stage: 'approved' });
  });

  test('and has a task on its way is merely late: it is left alone', async () => {
    const application = await inReview();
    const handle = await handleOf(application);
    await system.stopWorker();
    try {
      await handle.signal('fileChanged');
      await makeLate(application);
      const { historyLength } = await handle.describe();
      expect(await reconciler().restartLate()).toMatchObject({ late: 1 });
      expect(await handle.describe()).toMatchObject({ historyLength, status: { name: 'RUNNING' } });
    } finally {
      await system.startWorker();
    }
    await inStep(application);
    expect(await restarts(application)).toEqual([]);
  });

  test('and whose worker was killed with its task in hand is merely late, however long no other comes', async () => {
    const application = await inReview();
    const handle = await handleOf(application);
    const { runId } = await handle.describe();
    const { sql } = system.api.deps;
    const found = async () => (await sql`select found from run_checks where application_id = ${application.id}`)[0];
    await system.stopWorker();
    try {
      await handle.signal('fileChanged');
      await takeTask(handle.workflowId);
      const isTriedAgain = async () => ((await handle.describe()).raw.pendingWorkflowTask?.attempt ?? 0) > 1;
      await eventually(isTriedAgain, { within: 30_000 });
      await makeLate(application);
      await reconciler().restartLate();
      expect(await found()).toEqual({ found: 'late' });
      await sql`
        update run_checks set since = now() - interval '1 hour', next_check_at = now()
        where application_id = ${application.id}`;
      await reconciler().restartLate();
      expect(await found()).toEqual({ found: 'late' });
      expect(await handle.describe()).toMatchObject({ runId, status: { name: 'RUNNING' } });
    } finally {
      await system.startWorker();
    }
    await inStep(application);
    expect(await restarts(application)).toEqual([]);
  });

  test('and whose task keeps failing is found by the list of the server, ended after ten minutes, and started again from the record', async () => {
    const application = await inReview();
    const handle = await handleOf(application);
    await system.stopWorker();
    const throwing = await system.runBuild('throwing');
    try {
      await handle.signal('fileChanged');
      await eventually(async () => (await reconciler().restartLate())?.failing === 1, { within: 120_000 });
      expect(await stuck(application)).toEqual([]);
      await system.api.deps.sql`update run_checks set next_check_at = now() where application_id = ${application.id}`;
      expect(await reconciler().restartLate()).toMatchObject({ failing: 1 });
      const [run] = await stuck(application);
      expect(run).toMatchObject({ kind: 'run', what: 'failing', clientId: application.filed.clientId });
      expect((await system.api.post(`/v1/operations/stuck/${run!.id}/retry`, {})).status).toBe(204);
      expect(await reconciler().restartLate()).toMatchObject({ failing: 1 });
      await failFor(11, application);
      expect(await reconciler().restartLate()).toMatchObject({ restarted: 1 });
    } finally {
      await throwing();
      await system.startWorker();
    }
    await inStep(application);
    expect(await restarts(application)).toEqual(['task_failed']);
  });
});

test('a run that an earlier build left behind, and that today’s cannot follow, is started again from the record', async () => {
  const application = await inReview();
  const { workflowId } = await workflow(application);
  const { sql, dispatch, temporal: server } = system.api.deps;
  await deleteRun(application);
  await system.stopWorker();
  const earlier = await system.runBuild('earlier');
  try {
    const [{ snapshot } = { snapshot: null }] =
      await sql`select snapshot from applications where id = ${application.id}`;
    await server.client.workflow.start('payerApplication', {
      workflowId,
      taskQueue: system.taskQueue,
      args: [{ state: snapshot }],
      memo: { applicationId: application.id },
    });
    await eventually(async () => (await dispatch.describeRun(workflowId)).is === 'waiting');
  } finally {
    await earlier();
    await system.startWorker();
  }
  // it wakes as its time comes, and every task of it fails
  await makeLate(application);
  expect(await reconciler().restartLate()).toMatchObject({ woken: 1 });
  await eventually(async () => (await dispatch.describeRun(workflowId)).is === 'failing', { within: 120_000 });
  await sql`update run_checks set next_check_at = now() where application_id = ${application.id}`;
  expect(await reconciler().restartLate()).toMatchObject({ failing: 1 });
  await failFor(11, application);
  expect(await reconciler().restartLate()).toMatchObject({ restarted: 1 });
  await inStep(application);
  expect(await restarts(application)).toEqual(['task_failed']);
  expect(await application.contact('approved')).toMatchObject({ stage: 'approved' });
});

describe('a watch', () => {
  /** The upkeep of a person, once it waits. */
  async function upkeep() {
    const { providerId } = await system.file();
    const { sql, temporal: server, dispatch } = system.api.deps;
    const [person] = await sql<{ id: string }[]>`select person_id as id from providers where id = ${providerId}`;
    const subject = person!.id;
    const handle = server.client.workflow.getHandle(`providerUpkeep/${subject}`);
    const row = async () => (await sql`select * from watches where subject = ${subject}`)[0];
    const waits = () =>
      eventually(async () => {
        const isAnnounced = (await sql`select from outbox where subject = ${subject}`).length > 0;
        if (isAnnounced || !(Date.parse((await row())?.wakesAt) > Date.now())) return false;
        return (await dispatch.describeRun(handle.workflowId)).is === 'waiting';
      });
    const makeLate = (minutes = 3) => sql`
      update watches set wakes_at = now() - make_interval(mins => ${minutes}), next_check_at = null
      where subject = ${subject}`;
    const isRunning = () =>
      handle.describe().then(
        ({ status }) => status.name === 'RUNNING',
        () => false,
      );
    await waits();
    return { subject, handle, row, waits, makeLate, isRunning };
  }

  test('that was terminated is found among the closed ones, and started again', async () => {
    const { handle, isRunning } = await upkeep();
    await handle.terminate('by hand');
    expect(await isRunning()).toBe(false);
    await eventually(async () => {
      await reconciler().restartClosed();
      return isRunning();
    });
  });

  test('that was deleted is found once it is late, and started again', async () => {
    const { handle, row, waits, makeLate, isRunning } = await upkeep();
    const { workflowId } = handle;
    const { workflowService } = system.api.deps.temporal.connection;
    await workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } });
    await eventually(async () => !(await isRunning()));
    expect(await reconciler().restartLate()).not.toHaveProperty('restarted');
    // the server takes its time to delete
    await eventually(async () => {
      await makeLate();
      return (await reconciler().restartLate())?.restarted === 1;
    });
    await waits();
    expect(await isRunning()).toBe(true);
    expect(await row()).toMatchObject({ checks: 0, nextCheckAt: null });
  });

  test('that sleeps although its time has come asks its step', async () => {
    const { waits, makeLate } = await upkeep();
    await makeLate();
    expect(await reconciler().restartLate()).toMatchObject({ woken: 1 });
    await waits();
  });

  test('whose task is on its way is merely late, is looked at less and less often, and is listed after ten minutes', async () => {
    const { handle, row, waits, makeLate, subject } = await upkeep();
    await system.stopWorker();
    const listed = async () => {
      const { items } = (await system.api.get('/v1/operations/stuck?limit=200')).body as { items: StuckItem[] };
      return items.find(({ what }) => what === 'providerUpkeep');
    };
    try {
      await system.api.deps.dispatch.notifyWatch('providerUpkeep', subject);
      expect(Date.parse((await row())!.wakesAt)).toBeLessThanOrEqual(Date.now());
      await makeLate();
      const { historyLength } = await handle.describe();
      expect(await reconciler().restartLate()).toMatchObject({ late: 1 });
      expect(await reconciler().restartLate()).not.toHaveProperty('late');
      await makeLate(11);
      expect(await listed()).toBeUndefined();
      expect(await reconciler().restartLate()).toMatchObject({ late: 1 });
      expect((await handle.describe()).historyLength).toBe(historyLength);
      const run = await listed();
      expect(run).toMatchObject({
        kind: 'run',
        clientId: null,
        applicationId: null,
        againAt: (await row())!.nextCheckAt,
      });
      expect((await system.api.post(`/v1/operations/stuck/${run!.id}/retry`, {})).status).toBe(204);
      expect(await reconciler().restartLate()).toMatchObject({ late: 1 });
    } finally {
      await system.startWorker();
    }
    await waits();
    expect(await listed()).toBeUndefined();
  });

  test('whose task has kept failing for ten minutes since it was first seen to is ended and started again', async () => {
    const { handle, row, waits, makeLate, subject } = await upkeep();
    const { runId } = await handle.describe();
    await system.stopWorker();
    const throwing = await system.runBuild('throwing');
    try {
      await system.api.deps.dispatch.notifyWatch('providerUpkeep', subject);
      const { describeRun } = system.api.deps.dispatch;
      await eventually(async () => (await describeRun(handle.workflowId)).is === 'failing', { within: 120_000 });
      await makeLate();
      expect(await reconciler().restartLate()).toMatchObject({ failing: 1 });
      const { failingSince } = (await row())!;
      await makeLate();
      expect(await reconciler().restartLate()).toMatchObject({ failing: 1 });
      expect(await row()).toMatchObject({ failingRunId: runId, failingSince });
      // ten minutes before its last try
      await system.api.deps.sql`
        update watches set failing_since = now() - interval '11 minutes' where subject = ${subject}`;
      await makeLate();
      expect(await reconciler().restartLate()).toMatchObject({ restarted: 1 });
    } finally {
      await throwing();
      await system.startWorker();
    }
    await waits();
    expect((await handle.describe()).runId).not.toBe(runId);
    expect(await row()).toMatchObject({ failingRunId: null, failingSince: null });
  });
});

describe('a record that was restored', () => {
  test('to before an application was opened: its workflow ends, and a person is shown that it was there', async () => {
    const application = await inReview();
    const handle = await handleOf(application);
    const { sql } = system.api.deps;
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      for (const { name, key } of await listTables())
        await tx`delete from ${tx(name)} where ${tx(key)} = ${application.id}`;
    });
    await handle.signal('fileChanged');
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    const [run] = await stuck(application);
    expect(run).toMatchObject({ kind: 'run', what: 'not_on_record', clientId: null });
    expect((await system.api.post(`/v1/operations/stuck/${run!.id}/retry`, {})).status).toBe(204);
    expect(await stuck(application)).toEqual([]);
  });

  test('holds what its workflow knows more of, asks a person, and goes on with their word', async () => {
    const application = await inReview();
    const other = await inReview();
    const restore = await backup(application);
    await application.contact('approved');
    await restore();
    await makeLate(application);
    await reconciler().restartLate();
    await inStep(application);
    expect(await application.get()).toMatchObject({
      stage: 'in_review',
      held: { known: { stage: 'approved', attempt: 1 } },
      allowedActions: expect.arrayContaining(['restore-review']),
    });
    expect((await application.queue()).map(({ purpose }) => purpose)).toEqual(['enter_what_was_lost']);
    const [hold] = await stuck(application);
    expect(hold).toMatchObject({ kind: 'hold', what: 'restore-review', cause: 'found_behind', againAt: null });
    const retry = await system.api.post(`/v1/operations/stuck/${hold!.id}/retry`, {});
    expect([retry.status, retry.body.type]).toEqual([409, 'urn:countersign:problem:restore_review_needed']);

    const handle = await handleOf(application);
    const { historyLength } = await handle.describe();
    await application.act('notes', { text: 'looking into it', visibility: 'internal' });
    expect((await handle.describe()).historyLength - historyLength).toBeLessThan(10);
    expect((await kindsOf(application)).filter((kind) => kind === 'found_behind')).toHaveLength(1);

    const reason = 'the letter was about another provider';
    expect(await application.act('restore-review', { reason })).toMatchObject({ held: null, stage: 'in_review' });
    expect((await application.timeline()).at(-1)).toMatchObject({ kind: 'restore_review', reason });
    expect(await stuck(application)).toEqual([]);
    await inStep(application);
    expect(await other.get()).toMatchObject({ held: null, stage: 'in_review' });
  });

  test('goes on by itself once what was lost is entered, and only then sends its mail', async () => {
    const { sql } = system.api.deps;
    const application = await inReview();
    const { clientId, providerId } = application.filed;
    const restore = await backup(application);
    await application.contact('information_requested', { missingItems: ['W-9'] });
    await restore();
    await system.api.deps.dispatch.notifyFileChanged(application.id);
    await eventually(async () => (await application.get()).held !== null);

    const user = { name: 'A lead', email: `${randomUUID()}@example.org`, role: 'lead' };
    const { id: recipientId } = await system.api.make('/v1/users', user);
    const message = {
      key: randomUUID(),
      clientId,
      recipientType: 'user',
      recipientId,
      template: 'escalation',
    } as const;
    const asked = async () => sql.begin((tx) => batchDueMail(tx, recipientId, new Date().toISOString()));
    await sql`delete from outbox where topic = 'outreach' and subject = ${providerId}`;
    await queueMessages(sql, [
      { ...message, data: {}, applicationId: application.id, notBefore: new Date(0).toISOString() },
    ]);
    expect(await asked()).toEqual({ next: null });
    const entered = await application.contact('information_requested', { missingItems: ['W-9'] });
    expect(entered).toMatchObject({ stage: 'information_requested', held: null });
    expect((await asked()).next).not.toBeNull();
    await inStep(application);
  });

  test('and has come to the version that its workflow knows by other entries is not in step with it, and is held', async () => {
    const application = await inReview();
    const { sql } = system.api.deps;
    const restore = await backup(application);
    const { version } = await application.contact('approved');
    await inStep(application);
    await restore();
    for (let behind = version - (await application.get()).version; behind > 0; behind -= 1) {
      const [id, at] = [randomUUID(), new Date().toISOString()];
      const body = { text: 'x', visibility: 'internal' } as const;
      const command = { id, clientId: application.filed.clientId, applicationId: application.id } as const;
      await keepCommand(sql, { ...command, action: 'notes', body }, ACTOR);
      await recordStep(sql, {
        applicationId: application.id,
        known: null,
        at,
        intent: { type: 'command', commandId: id },
      });
    }
    expect(await application.get()).toMatchObject({ version, stage: 'in_review', held: null });
    expect(await workflow(application)).toMatchObject({ alive: true, inStep: false, progress: { version } });
    await makeLate(application);
    await reconciler().restartLate();
    await inStep(application);
    expect(await application.get()).toMatchObject({ held: { known: { version, stage: 'approved' } } });
  });

  test('is found by the comparison of everything where the workflow shows another stage, however long both sleep', async () => {
    const application = await inReview();
    const restore = await backup(application);
    await application.contact('approved');
    await restore();
    await reconciler().restartLate();
    expect(await application.get()).toMatchObject({ stage: 'in_review', held: null });
    await reconciler().compareSome();
    await inStep(application);
    expect(await application.get()).toMatchObject({ stage: 'in_review', held: { known: { stage: 'approved' } } });
  });

  test('to before its end is held with what the finished workflow knew', async () => {
    const application = await inReview();
    const restore = await backup(application);
    await application.act('withdrawal', { reason: 'moved away' });
    await restore();
    await makeLate(application);
    await reconciler().restartLate();
    await inStep(application);
    expect(await restarts(application)).toEqual(['completed']);
    expect(await application.get()).toMatchObject({ held: { known: { stage: 'withdrawn' } } });
    expect(await application.act('withdrawal', { reason: 'moved away' })).toMatchObject({ open: false, held: null });
  });
});

describe('a command that the record has lost, and whose update the workflow has answered', () => {
  const note = { text: 'called the payer', visibility: 'internal' } as const;
  const notesOf = async (application: OpenApplication): Promise<string[]> =>
    (await application.timeline()).flatMap(({ kind, text }) => (kind === 'note' ? [text] : []));

  test('is pending again in a record that was restored: it is recorded once, however often that happens', async () => {
    const application = await inReview();
    const { sql, dispatch } = system.api.deps;
    const id = randomUUID();
    const { clientId } = application.filed;
    const command = { id, clientId, applicationId: application.id, action: 'notes', body: note } as const;
    await keepCommand(sql, command, ACTOR);
    const restore = await backup(application);
    expect(await dispatch.deliverCommand(id, 10_000)).toEqual({ status: 'recorded' });
    for (let times = 0; times < 2; times += 1) {
      await restore();
      expect(await notesOf(application)).toEqual([]);
      await handToRelay(sql, id);
      const [row] = await eventually(async () => {
        const rows = await sql`select status from commands where id = ${id} and settled_at is not null`;
        return rows.length > 0 ? rows : null;
      });
      expect(row).toEqual({ status: 'applied' });
      expect(await notesOf(application)).toEqual([note.text]);
    }
    expect(await dispatch.deliverCommand(id, 10_000)).toEqual({ status: 'recorded' });
    expect(await notesOf(application)).toEqual([note.text]);
    await inStep(application);
  });

  test('is sent again by its caller under the same key: it is recorded once', async () => {
    const application = await inReview();
    const restore = await backup(application);
    const sent = { headers: { 'idempotency-key': randomUUID() } };
    await application.act('notes', note, sent);
    await restore();
    // the key was claimed by then, and the answer not yet kept
    await system.api.deps.sql`update idempotency_keys set status = null, location = null, response = null`;
    for (let times = 0; times < 2; times += 1) {
      expect(await application.act('notes', note, sent)).toMatchObject({ held: { known: { stage: 'in_review' } } });
      expect(await notesOf(application)).toEqual([note.text]);
    }
  });
});

test('what differs from its timeline is derived from it again, with an entry', async () => {
  const { sql } = system.api.deps;
  const [good, bad] = [await inReview(), await inReview()];
  await sql`
    update applications set stage = 'approved', snapshot = jsonb_set(snapshot, '{submittedOn}', '"2020-01-01"')
    where id = ${bad.id}`;
  const before = await good.get();
  await reconciler().compareSome();
  const repaired = (await bad.timeline()).at(-1);
  expect(repaired).toMatchObject({ kind: 'repaired', differs: expect.arrayContaining(['snapshot', 'stage']) });
  expect(await bad.get()).toMatchObject({ stage: 'in_review', submittedOn: before.submittedOn });
  await inStep(bad);
  await reconciler().compareSome();
  expect((await bad.timeline()).at(-1)).toEqual(repaired);
  expect((await good.get()).version).toBe(before.version);
});

test('a span that differs from what the timeline comes to is stated anew, and what was believed meanwhile is kept', async () => {
  const { sql } = system.api.deps;
  const [good, changed, lost, made] = [
    await system.at('confirmed'),
    await system.at('confirmed'),
    await system.at('confirmed'),
    await inReview(),
  ];
  const spans = ({ id }: OpenApplication) => sql`
    select effective_from, effective_to, approved, facts, loaded_seen, known_to is null as is_now from network_spans
    where application_id = ${id} order by id`;
  const before = await spans(changed);
  await sql`
    update network_spans set effective_from = '2020-01-01', facts = jsonb_set(facts, '{payerProviderId,value}', '"OTHER"')
    where application_id = ${changed.id}`;
  await sql`delete from network_spans where application_id = ${lost.id}`;
  await sql`
    insert into network_spans (client_id, application_id, provider_id, practice_id, payer_id, state, line_of_business, approved, facts, known_from)
    select client_id, id, provider_id, practice_id, payer_id, state, line_of_business, true, '{}', now()
    from applications where id = ${made.id}`;
  expect((await lost.readiness()).mayBill).toBe(false);
  const versions = async () => Promise.all([good, changed, lost, made].map(async (one) => (await one.get()).version));
  const first = await versions();
  await reconciler().compareSome();
  for (const one of [changed, lost, made])
    expect((await one.timeline()).at(-1)).toMatchObject({ kind: 'repaired', differs: ['span'] });
  expect((await spans(changed)).map(({ isNow }) => isNow)).toEqual([false, true]);
  expect((await spans(changed)).at(-1)).toEqual(before[0]);
  expect(await spans(lost)).toMatchObject([{ effectiveFrom: FACTS.effectiveDate, isNow: true }]);
  expect((await lost.readiness()).mayBill).toBe(true);
  expect(await spans(made)).toMatchObject([{ isNow: false }]);
  await reconciler().compareSome();
  expect(await versions()).toEqual(first.map((version, i) => (i === 0 ? version : version + 1)));
});

test('an application that cannot be compared is put before a person, and the others are compared', async () => {
  const { sql } = system.api.deps;
  const [bad, other] = [await system.at('confirmed'), await inReview()];
  await sql`update applications set stage = 'submitted' where id = ${other.id}`;
  await sql`update events set event = event - 'data' where application_id = ${bad.id} and seq = 2`;
  await reconciler().compareSome();
  expect(await sql`select found from run_checks where application_id = ${bad.id}`).toEqual([{ found: 'error' }]);
  expect((await other.timeline()).at(-1)).toMatchObject({ kind: 'repaired', differs: ['stage'] });
});

test('a round is made by one worker at a time, and a long one in parts', async () => {
  await inReview();
  await inReview();
  const { sql } = system.api.deps;
  const settings = { everySeconds: 60, compareEverySeconds: 3600 };
  const one = reconciler(settings);
  const [taken, late] = [await Promise.all([one.restartClosed(), one.restartClosed()]), await one.restartLate()];
  expect(taken.filter((summary) => summary !== null)).toHaveLength(1);
  expect(late).not.toBeNull();
  expect(await one.restartLate()).toBeNull();
  expect(await reconciler({ ...settings, perSecond: 1 }).compareSome()).toMatchObject({ looked: 1 });
  const [part] = await sql`select last_id, summary from rounds where name = 'comparison'`;
  expect(part).toMatchObject({ lastId: expect.any(String), summary: { looked: 1 } });
});
