import type { Actor } from '../../record/kernel/principal';
import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createActivities } from '../../activities';
import type { OutsideServices } from '../../activities/outreach';
import type { Delivery } from '../../dispatch/delivery';
import { createDispatch, TASK_QUEUE, type Dispatch, type WorkflowView } from '../../dispatch/dispatch';
import type { Adoption, ActionWithBody } from '../../domain/applications/bodies';
import type { Action } from '../../domain/kernel/codes';
import type { ApplicationEvent, ApplicationKey } from '../../domain/applications/events';
import type { PlainDate } from '../../domain/time/instants';
import { buildApplicationWorkflowId } from '../../domain/applications/key';
import type { ApplicationState } from '../../domain/applications/state';
import { addDays } from '../../domain/time/dates';
import type { Playbook } from '../../domain/registry/playbook';
import type { Progress } from '../../domain/applications/progress';
import { readRun, type ApplicationRun } from '../../record/applications/application-run';
import { keepCommand } from '../../record/applications/commands';
import { openApplication } from '../../record/applications/opening';
import { readHistory } from '../../record/applications/recording-step';
import { createDataConverter } from '../../runtime/codec';
import { createStepDatabase } from '../../runtime/callers';
import { createDatabase, type Sql } from '../../runtime/database';
import { registerSearchAttributes } from '../../runtime/search-attributes';
import type { ApplicationInput, RecordStep } from '../../workflows/messages';
import { createBook, attestPerson, type Book } from './file';
import { testKeyring } from './keys';
import { silenceWorkers } from './quiet';
import { createTestDatabase, createSkippingEnvironment, readWorkflowBundle } from './servers';

type Step = RecordStep['recordStep'];

const ACTOR: Actor = { type: 'system', id: 'test', name: 'Test' };
const WITHIN_MS = 20_000;

/** So many processes that deliver commands, side by side. */
const PROCESSES = 12;

/** Real workflows on the time-skipping server over a real database: applications live for months in seconds. */
export class Lives {
  private readonly doors: Dispatch[];
  private delivered = 0;

  private constructor(
    readonly env: TestWorkflowEnvironment,
    readonly sql: Sql,
    readonly dispatch: Dispatch,
    private readonly end: () => Promise<void>,
  ) {
    const others = Array.from({ length: PROCESSES - 1 }, () => createDispatch({ sql, client: env.client }));
    this.doors = [dispatch, ...others];
  }

  /** Delivers a command as one of several processes, another one each time. */
  deliver(commandId: string): Promise<Delivery> {
    this.delivered += 1;
    return this.doors[this.delivered % PROCESSES]!.deliverCommand(commandId, WITHIN_MS);
  }

  /** `through` stands between the workflows and the recording step, to do what networks do; the rest is what goes outside. */
  static async begin({
    through = (step) => step,
    ...outside
  }: { through?: (step: Step) => Step } & Omit<Partial<OutsideServices>, 'keyring'> = {}): Promise<Lives> {
    silenceWorkers();
    const converting = { dataConverter: createDataConverter(testKeyring), identity: 'lives' };
    const env = await createSkippingEnvironment(converting);
    await registerSearchAttributes(env.connection as Connection, env.namespace ?? 'default');
    const database = await createTestDatabase();
    const sql = createDatabase(database.url, { max: 8 });
    const { urls } = database;
    const [every, steps, purge] = [urls.every, urls.worker, urls.purge].map((url) =>
      createDatabase(url, { max: 8 }),
    ) as [Sql, Sql, Sql];
    const roles = { sql: every, steps: createStepDatabase({ every, worker: steps }), purge };
    const activities = createActivities({ ...roles, keyring: testKeyring, ...outside });
    const worker = await Worker.create({
      ...converting,
      connection: env.nativeConnection,
      taskQueue: TASK_QUEUE,
      workflowBundle: readWorkflowBundle(),
      activities: { ...activities, recordStep: through((request) => activities.recordStep(request)) },
    });
    const running = worker.run();
    return new Lives(env, sql, createDispatch({ sql: every, client: env.client }), async () => {
      worker.shutdown();
      await running;
      await env.teardown();
      await Promise.all([sql, every, steps, purge].map((pool) => pool.end()));
      await database.drop();
    });
  }

  stop(): Promise<void> {
    return this.end();
  }

  async now(): Promise<string> {
    return new Date(await this.env.currentTimeMs()).toISOString();
  }

  async today(): Promise<PlainDate> {
    return (await this.now()).slice(0, 10);
  }

  /** Opens an application on a fresh book. */
  async open(
    how: {
      playbook?: Playbook;
      attestedDaysAgo?: number;
      key?: Partial<ApplicationKey>;
      adopt?: Adoption;
      book?: Book;
      /** Continue as new once the history is this long. */
      continueAfter?: number;
      /** The progress that the workflow takes for the one on record. */
      believes?: Partial<Progress>;
    } = {},
  ): Promise<Life> {
    const attestedOn =
      how.attestedDaysAgo === undefined ? undefined : addDays(await this.today(), -how.attestedDaysAgo);
    const on = how.book ?? (await createBook(this.sql, { playbook: how.playbook, attestedOn }));
    const key: ApplicationKey = {
      providerId: on.providerId,
      practiceId: on.practiceId,
      payerId: on.payerId,
      state: 'CO',
      lineOfBusiness: 'commercial',
      kind: 'new_individual',
      locationId: null,
      ...how.key,
    };
    const id = randomUUID();
    const body = { ...key, ...(how.adopt && { adopt: how.adopt }) };
    const opened = await openApplication(
      this.sql,
      { id, clientId: on.clientId, key, body, at: await this.now() },
      ACTOR,
    );
    if ('existingId' in opened) throw new Error(`open already: ${opened.existingId}`);
    if (how.continueAfter || how.believes) await this.startOtherwise(opened.run, how);
    else await this.dispatch.startApplication(id);
    return new Life(this, id, on);
  }

  private async startOtherwise(
    { applicationId, key, progress }: ApplicationRun,
    { continueAfter, believes }: { continueAfter?: number; believes?: Partial<Progress> },
  ): Promise<void> {
    const input: ApplicationInput = {
      applicationId,
      progress: { ...progress, ...believes },
      ...(continueAfter && { continueAfter }),
    };
    await this.env.client.workflow.start('payerApplication', {
      workflowId: buildApplicationWorkflowId(key),
      taskQueue: TASK_QUEUE,
      args: [input],
      memo: { applicationId },
    });
  }
}

/** One application under test. */
export class Life {
  constructor(
    private readonly lives: Lives,
    readonly id: string,
    readonly book: Book,
  ) {}

  /** Reads what the workflow answers for itself, and what it has to know by the record. */
  async inStep(): Promise<{ knows: WorkflowView | null; should: Partial<WorkflowView> }> {
    const { progress } = await readRun(this.lives.sql, this.id);
    return { knows: await this.lives.dispatch.query(this.id, 5000), should: { alive: true, progress } };
  }

  /** Gives a command as the API would, and returns what became of it. */
  async give(
    action: Action,
    body: object,
    {
      commandId = randomUUID() as string,
      version,
      actor = ACTOR,
    }: { commandId?: string; version?: number; actor?: Actor } = {},
  ): Promise<Delivery> {
    await keepCommand(
      this.lives.sql,
      {
        id: commandId,
        clientId: this.book.clientId,
        applicationId: this.id,
        ...({ action, body } as ActionWithBody),
        ...(version !== undefined && { version }),
      },
      actor,
    );
    const delivery = await this.lives.deliver(commandId);
    if ((await this.state()).stage === 'confirmed') await this.lives.dispatch.startParticipation(this.id);
    return delivery;
  }

  /** Gives a command that must be taken; returns the state after it. */
  async act(action: Action, body: object = {}, by: { actor?: Actor } = {}): Promise<ApplicationState> {
    const delivery = await this.give(action, body, by);
    if (delivery.status !== 'recorded') throw new Error(`${action}: ${JSON.stringify(delivery)}`);
    return this.state();
  }

  contact(outcome: string, more: object = {}): Promise<ApplicationState> {
    return this.act('contacts', { channel: 'portal', outcome, ...more });
  }

  /** Confirms a fact with its proof. */
  async confirm(fact: keyof typeof VALUES, more: object = {}): Promise<ApplicationState> {
    const on = await this.lives.today();
    return this.act('confirmations', {
      fact,
      value: VALUES[fact],
      source: 'letter',
      reference: 'L1',
      confirmedOn: on,
      ...more,
    });
  }

  /** Attests the provider today, and signals the workflow that the file changed. */
  async attest(): Promise<void> {
    await attestPerson(this.lives.sql, this.book, await this.lives.today());
    await this.lives.dispatch.notifyFileChanged(this.id);
  }

  /** Lets time pass until the application is in a state; throws when the given span has passed without. */
  async until(what: (state: ApplicationState) => boolean, atMost = '400 days'): Promise<ApplicationState> {
    const days = Number.parseInt(atMost, 10);
    for (let passed = 0; passed <= days * 4; passed += 1) {
      const state = await this.state();
      if (what(state)) return state;
      await this.lives.env.sleep('6 hours');
    }
    throw new Error(`not within ${atMost}: ${JSON.stringify(await this.state())}`);
  }

  async state(): Promise<ApplicationState> {
    const [row] = await this.lives.sql<{ snapshot: ApplicationState }[]>`
      select snapshot from applications where id = ${this.id}`;
    return row!.snapshot;
  }

  entries(): Promise<ApplicationEvent[]> {
    return readHistory(this.lives.sql, this.id);
  }

  async items(): Promise<string[]> {
    const rows = await this.lives.sql<{ purpose: string }[]>`
      select purpose from work_items where application_id = ${this.id} order by purpose`;
    return rows.map((row) => row.purpose);
  }
}

export const VALUES = {
  contract: 'executed',
  effectiveDate: '2027-03-01',
  payerProviderId: 'PIN-1',
  claimsRoute: { clearinghouse: 'Availity', payerId: '60054' },
} as const;
