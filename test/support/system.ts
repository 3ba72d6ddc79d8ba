import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../../activities';
import { toLocalDate } from '../../domain/time/calendar';
import { addDays } from '../../domain/time/dates';
import type { Stage } from '../../domain/kernel/codes';
import type { Playbook } from '../../domain/registry/playbook';
import { createStepDatabase } from '../../runtime/callers';
import { createDatabase, type Sql } from '../../runtime/database';
import { createDataConverter } from '../../runtime/codec';
import { WORKER_OPTIONS } from '../../worker/options';
import { startRelay, type Relay } from '../../worker/relay';
import { CLIENT, PAYER, PRACTICE, PROVIDER, TestApi, type Reply, type Sent } from './api';
import { inventNpi } from './file';
import { silenceWorkers } from './quiet';
import { readDevServerAddress, readWorkflowBundle } from './servers';

/** One client's file, made over HTTP. */
export interface Filed {
  clientId: string;
  practiceId: string;
  providerId: string;
  payerId: string;
  practiceNpi: string;
  providerNpi: string;
}

export const TODAY = toLocalDate(new Date().toISOString(), CLIENT.timeZone);
export const daysAhead = (days: number): string => addDays(TODAY, days);
export const daysAgo = (days: number): string => addDays(TODAY, -days);

/** A good value of each fact, with its proof. */
export const FACTS = {
  contract: 'executed',
  effectiveDate: '2026-01-01',
  payerProviderId: 'PIN-1',
  claimsRoute: { clearinghouse: 'Availity', payerId: '60054' },
} as const;
export const createProof = <V>(value: V, more: object = {}) => ({
  value,
  source: 'letter' as const,
  reference: 'letter of the payer',
  confirmedOn: TODAY,
  ...more,
});
/** The party of a filed application, as evidence names it. */
export const SEEN = { partyName: PRACTICE.legalName, tinLast4: PRACTICE.tin.value.slice(-4) };
export const createAllFacts = (more: object = {}) =>
  Object.fromEntries(Object.entries(FACTS).map(([fact, value]) => [fact, createProof(value, more)]));

/** API, worker and relay in this process, on real servers, over a database and a task queue of their own. */
export class System {
  private worker: { worker: Worker; running: Promise<void>; relay: Relay } | undefined;

  private constructor(
    readonly api: TestApi,
    readonly taskQueue: string,
    private readonly connection: NativeConnection,
  ) {}

  static async start({
    worker = true,
    patienceMs = 20_000,
    log,
  }: { worker?: boolean; patienceMs?: number; log?: (line: string) => void } = {}): Promise<System> {
    silenceWorkers();
    const taskQueue = `countersign-${randomUUID()}`;
    const temporalAddress = readDevServerAddress();
    const api = await TestApi.start({ temporalAddress, taskQueue, patienceMs, connections: 10, ...(log && { log }) });
    const system = new System(api, taskQueue, await NativeConnection.connect({ address: temporalAddress }));
    if (worker) await system.startWorker();
    return system;
  }

  async startWorker(): Promise<void> {
    const { databaseUrls, deps } = this.api;
    const [every, steps, purge] = [databaseUrls.every, databaseUrls.worker, databaseUrls.purge].map((url) =>
      createDatabase(url, { max: 10 }),
    ) as [Sql, Sql, Sql];
    const worker = await Worker.create({
      ...WORKER_OPTIONS,
      connection: this.connection,
      namespace: 'default',
      taskQueue: this.taskQueue,
      workflowBundle: readWorkflowBundle(),
      activities: createActivities({
        sql: every,
        steps: createStepDatabase({ every, worker: steps }),
        purge,
        keyring: deps.keyring,
        privateWebhooks: true,
      }),
      dataConverter: createDataConverter(deps.keyring),
    });
    const relay = startRelay({ sql: every, dispatch: deps.dispatch, logger: deps.logger });
    this.worker = {
      worker,
      relay,
      running: worker.run().finally(() => void Promise.all([every, steps, purge].map((pool) => pool.end()))),
    };
  }

  /** Runs a worker of a build whose workflows throw, end as failed or are those of an earlier time; returns what stops it. */
  async runBuild(workflows: 'throwing' | 'failing' | 'earlier'): Promise<() => Promise<void>> {
    const worker = await Worker.create({
      connection: this.connection,
      namespace: 'default',
      taskQueue: this.taskQueue,
      workflowsPath: join(__dirname, `${workflows}-workflows.ts`),
      dataConverter: createDataConverter(this.api.deps.keyring),
    });
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
    };
  }

  async stopWorker(): Promise<void> {
    if (!this.worker) return;
    const { worker, relay, running } = this.worker;
    this.worker = undefined;
    await relay.stop();
    worker.shutdown();
    await running;
  }

  async stop(): Promise<void> {
    await this.stopWorker();
    await this.connection.close();
    await this.api.stop();
  }

  /** Another practice, provider and payer; of a client of its own unless one is given. */
  async file({
    clientId,
    playbook = {},
    attested = true,
    payerId,
  }: { clientId?: string; playbook?: Playbook; attested?: boolean; payerId?: string } = {}): Promise<Filed> {
    const { api } = this;
    const client = clientId ?? (await api.make('/v1/clients', CLIENT)).id;
    const [practiceNpi, providerNpi] = [inventNpi(), inventNpi()];
    const practice = await api.make(`/v1/clients/${client}/practices`, {
      ...PRACTICE,
      npi: practiceNpi,
      locations: [{ name: 'Main', address: PRACTICE.address }],
    });
    const provider = await api.make(`/v1/clients/${client}/providers`, { ...PROVIDER, npi: providerNpi });
    const payer = payerId ?? (await this.payer(playbook));
    if (attested) await api.make(`/v1/providers/${provider.id}/attestations`, { attestedOn: TODAY, source: 'caqh' });
    const ids = { clientId: client, practiceId: practice.id, providerId: provider.id, payerId: payer };
    return { ...ids, practiceNpi, providerNpi };
  }

  async payer(playbook: Playbook = {}): Promise<string> {
    return (await this.api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}`, playbook })).id;
  }

  /** Opens an application on a file; its body may be added to. */
  async open(filed: Filed, more: object = {}): Promise<OpenApplication> {
    const { providerId, practiceId, payerId } = filed;
    const made = await this.api.make('/v1/applications', { providerId, practiceId, payerId, state: 'CA', ...more });
    return new OpenApplication(this.api, made.id, filed);
  }

  /** An application that was adopted in a stage, or, before submission, brought there by its file. */
  async at(stage: Stage, more: { filed?: Filed; playbook?: Playbook } = {}): Promise<OpenApplication> {
    const before: Partial<Record<Stage, () => Promise<OpenApplication>>> = {
      preparing: async () => {
        const filed = more.filed ?? (await this.file(more));
        await this.api.patch(`/v1/providers/${filed.providerId}`, { malpractice: null });
        return this.open(filed);
      },
      awaiting_attestation: async () => this.open(more.filed ?? (await this.file({ ...more, attested: false }))),
      ready_to_submit: async () => this.open(more.filed ?? (await this.file(more))),
    };
    const adopt = { stage, ...(stage === 'confirmed' && { confirmations: createAllFacts() }) };
    const application = await (before[stage]?.() ?? this.open(more.filed ?? (await this.file(more)), { adopt }));
    const reached = (await application.get()).stage;
    if (reached !== stage) throw new Error(`wanted ${stage}, is ${reached}`);
    return application;
  }
}

/** One application under test, over HTTP. */
export class OpenApplication {
  readonly path: string;

  constructor(
    readonly api: TestApi,
    readonly id: string,
    readonly filed: Filed,
  ) {
    this.path = `/v1/applications/${id}`;
  }

  async get(sent?: Sent): Promise<Reply['body']> {
    return (await this.api.get(this.path, sent)).body;
  }

  /** Tries an action. */
  try(action: string, body: object = {}, sent?: Sent): Promise<Reply> {
    const method = /^(confirmations\/\w+|assignment)$/.test(action) ? 'PUT' : 'POST';
    return this.api.call(method, `${this.path}/${action}`, { ...sent, body });
  }

  /** Takes an action, which has to work, and returns the application. */
  async act(action: string, body: object = {}, sent?: Sent): Promise<Reply['body']> {
    const reply = await this.try(action, body, sent);
    if (reply.status !== 200) throw new Error(`${action} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  submit = (more: object = {}) => this.act('submission', { submittedOn: TODAY, channel: 'payer_portal', ...more });
  contact = (outcome: string, more: object = {}) => this.act('contacts', { channel: 'portal', outcome, ...more });
  confirm = (fact: keyof typeof FACTS, more: object = {}) =>
    this.act(`confirmations/${fact}`, createProof(FACTS[fact], more));

  async timeline(sent?: Sent): Promise<Reply['body'][]> {
    return (await this.api.get(`${this.path}/timeline?limit=200`, sent)).body.items;
  }

  async queue(): Promise<Reply['body'][]> {
    return (await this.api.get(`/v1/work-queue?applicationId=${this.id}`)).body.items;
  }

  /** Reads the billing readiness of this application's scope. */
  async readiness(more: Record<string, string> = {}): Promise<Reply['body']> {
    const { providerId, practiceId, payerId } = this.filed;
    const query = new URLSearchParams({ providerId, practiceId, payerId, state: 'CA', dateOfService: TODAY, ...more });
    return (await this.api.get(`/v1/billing-readiness?${query}`)).body;
  }
}
