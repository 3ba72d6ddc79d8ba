import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../api/app';
import { createAccessCounter, type AccessCounter } from '../../api/kernel/access-counter';
import type { Budgets } from '../../api/kernel/budgets';
import type { Deps } from '../../api/kernel/deps';
import { listStatuses } from '../../api/kernel/openapi';
import type { Route } from '../../api/kernel/route';
import { listRoutes } from '../../api/routes';
import { createDispatch } from '../../dispatch/dispatch';
import { makePaper } from '../../papers/papers';
import type { Press } from '../../papers/press';
import { hashFile, inventPdf } from '../../local/invented';
import { createCallerDatabase } from '../../runtime/callers';
import { createDatabase, type Sql } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import type { DatabaseUrls } from '../../runtime/row-security';
import { createLogger } from '../../runtime/logger';
import type { Mailer } from '../../outreach/mail';
import type { SignInConfig } from '../../runtime/config';
import { connectTemporal } from '../../runtime/temporal';
import { createDiskStore } from '../../runtime/storage/disk';
import { testKeyring, testKeyWrapper } from './keys';
import { createTestDatabase } from './servers';

export const ADMIN_KEY = 'an admin key that only tests know of';

/** The longest file that a test's API takes. */
const MOST_BYTES = 1_000_000;

/** An address at which no Temporal answers: starts wait in the outbox, and no request waits for long. */
const NOBODY = '127.0.0.1:1';

export interface Reply {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line no-explicit-any -- what comes back is what the test is about
  body: any;
}
export interface Sent {
  body?: unknown;
  key?: string;
  headers?: Record<string, string>;
}

/** An API on a port of its own over a database of its own, whose answers are all compared with its own description. */
export class TestApi {
  private constructor(
    readonly deps: Deps,
    readonly counter: AccessCounter,
    readonly url: string,
    readonly databaseUrls: DatabaseUrls,
    private readonly routes: Route[],
    /** Ends every connection to PostgreSQL, as if it were gone. */
    readonly loseDatabase: () => Promise<void>,
    private readonly end: () => Promise<void>,
  ) {}

  static async start({
    temporalAddress = NOBODY,
    taskQueue = 'nobody',
    patienceMs = temporalAddress === NOBODY ? 100 : 5000,
    connections = 5,
    webhooksToPrivate = false,
    budgets,
    press = { make: (kind, ...content) => makePaper(kind, content) },
    signIn,
    openKeys,
    mailer,
    files: hasFiles = true,
    temporalUiOrigin,
    log,
    watch,
  }: {
    temporalAddress?: string;
    taskQueue?: string;
    patienceMs?: number;
    connections?: number;
    webhooksToPrivate?: boolean;
    /** Left out: requests cost nothing. */
    budgets?: Budgets;
    /** Left out: papers are made in this thread. */
    press?: Press;
    /** Left out: there is no mail server. */
    mailer?: Mailer;
    /** Starts the identity provider by which people sign in, given the address of this API. */
    signIn?: (publicUrl: string) => Promise<SignInConfig>;
    temporalUiOrigin?: string;
    /** Other keys than the one of the tests. */
    openKeys?: (sql: Sql) => Promise<Keyring>;
    /** Whether there is a store for files of documents. */
    files?: boolean;
    /** Takes each line that is logged, at every level. */
    log?: (line: string) => void;
    /** Takes each statement that the API sends, with its parameters. */
    watch?: (statement: string, parameters: unknown[]) => void;
  } = {}): Promise<TestApi> {
    const database = await createTestDatabase();
    // a test looks and tampers as the owner; the API has the roles that it has elsewhere
    const sql = createDatabase(database.url, { max: 5 });
    const open = (url: string) => {
      const pool = createDatabase(url, { max: connections });
      if (watch) pool.options.debug = (_connection, statement, parameters) => watch(statement, parameters);
      return pool;
    };
    const { scoped, every, worker } = database.urls;
    const pools = { scoped: open(scoped), every: open(every), worker: open(worker) };
    const keyring = openKeys ? await openKeys(sql) : testKeyring;
    const temporal = connectTemporal({ TEMPORAL_ADDRESS: temporalAddress }, keyring);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const people = signIn ? { signIn: await signIn(url) } : {};
    const config = {
      adminApiKey: ADMIN_KEY,
      runId: undefined,
      webhooksToPrivate,
      temporalUiOrigin: temporalUiOrigin ?? null,
      ...people,
    };
    const dispatch = createDispatch({ sql: pools.every, client: temporal.client, taskQueue });
    const logger = log
      ? createLogger('test', 'trace', { write: log })
      : createLogger('test', process.env.TEST_LOG_LEVEL ?? 'silent');
    const directory = mkdtempSync(join(tmpdir(), 'countersign-files-'));
    const files = hasFiles ? { store: createDiskStore(directory), maxBytes: MOST_BYTES, scanner: null } : undefined;
    const servers = { sql, system: sql, keyring, keyWrapper: testKeyWrapper, logger, temporal, dispatch };
    const deps: Deps = { ...servers, press, mailer, files, patienceMs, readinessKeptMs: 0, config };
    const served = { ...deps, sql: createCallerDatabase(pools), system: pools.every };
    const counter = createAccessCounter(pools.every);
    server.on('request', createApp(served, counter, budgets));
    const loseDatabase = async () => {
      await Promise.all([sql, ...Object.values(pools)].map((pool) => pool.end()));
    };
    return new TestApi(deps, counter, url, database.urls, listRoutes(deps), loseDatabase, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await loseDatabase();
      await temporal.close();
      await database.drop();
      rmSync(directory, { recursive: true });
    });
  }

  stop(): Promise<void> {
    return this.end();
  }

  /** Sends a request as the admin, or with another `key`; a body that is no string or bytes goes as JSON. */
  async call(method: string, path: string, { body, key = ADMIN_KEY, headers = {} }: Sent = {}): Promise<Reply> {
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key && { Authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw(body) ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = JSON_TYPE.test(response.headers.get('content-type') ?? '');
    const reply = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    this.holdAgainstDescription(method, path, reply);
    return reply;
  }

  get = (path: string, sent?: Sent): Promise<Reply> => this.call('GET', path, sent);
  post = (path: string, body: unknown, sent?: Sent): Promise<Reply> => this.call('POST', path, { ...sent, body });
  /** Registers an invented PDF and stores its file; returns the id. */
  async storeDocument(
    clientId: string,
    { name = 'letter', ...more }: { name?: string; kind?: string } = {},
  ): Promise<string> {
    const file = inventPdf([name]);
    const document = { kind: 'letter', name, sha256: hashFile(file), evenIfExists: true, ...more };
    const { id } = await this.make(`/v1/clients/${clientId}/documents`, document);
    const { status } = await this.putFile(id, file);
    if (status !== 200) throw new Error(`the file of ${name} was answered ${status}`);
    return id;
  }

  /** Sends the file of a document. */
  putFile = (id: string, file: Uint8Array, { headers, ...sent }: Sent = {}): Promise<Reply> =>
    this.call('PUT', `/v1/documents/${id}/content`, {
      ...sent,
      body: file,
      headers: { 'Content-Type': 'application/octet-stream', ...headers },
    });

  put = (path: string, body: unknown, sent?: Sent): Promise<Reply> => this.call('PUT', path, { ...sent, body });
  patch = (path: string, body: unknown, sent?: Sent): Promise<Reply> => this.call('PATCH', path, { ...sent, body });

  /** Creates a resource, which has to work, and returns it. */
  async make(path: string, body: unknown, sent?: Sent): Promise<Reply['body']> {
    const reply = await this.post(path, body, sent);
    if (reply.status !== 201) throw new Error(`POST ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** A new key; one of role `client`, which never sees every client, is a new client's where none is named. */
  async keyOf(role: string, named?: string[]): Promise<string> {
    const clientIds = named ?? (role === 'client' ? [(await this.make('/v1/clients', CLIENT)).id] : undefined);
    return (await this.make('/v1/api-keys', { name: `a ${role}`, role, clientIds })).key;
  }

  private holdAgainstDescription(method: string, path: string, { status, headers, body }: Reply): void {
    const [asked] = path.split('?');
    const route = this.routes.find((one) => one.method === method.toLowerCase() && patternOf(one.path).test(asked!));
    if (status >= 400 && headers.get('content-type')?.startsWith('application/problem+json')) {
      if (body.status !== status || !/^urn:countersign:problem:\w+$/.test(body.type) || !body.title)
        throw new Error(`${method} ${path}: not a problem: ${JSON.stringify(body)}`);
      if (route && !listStatuses(route).includes(status))
        throw new Error(`${method} ${path}: the problem ${status} is not described`);
      return;
    }
    const described = route?.responses[status];
    if (described && !JSON_TYPE.test(headers.get('content-type') ?? '')) return;
    if (route && !described) throw new Error(`${method} ${path}: ${status} is not described`);
    const result = described?.schema?.safeParse(body);
    if (result?.success === false) throw new Error(`${method} ${path}: ${result.error.message}`);
  }
}

const isRaw = (body: unknown): body is string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' || body instanceof Uint8Array;

/** The rules that a refused request breaks, each behind the path of its field. */
export const listBrokenRules = ({ body }: Pick<Reply, 'body'>): string[] =>
  body.errors?.map((error: { path: string; rule: string }) => `${error.path} ${error.rule}`);

/** Reads the type of the problem that was answered. */
export const readProblemType = ({ body }: Pick<Reply, 'body'>): string =>
  body.type?.replace('urn:countersign:problem:', '');

/** Not lines of JSON. */
const JSON_TYPE = /[/+]json\b/;

/** Each answer is compared with the routes: the pattern of a path is made once. */
const patterns = new Map<string, RegExp>();
function patternOf(template: string): RegExp {
  const made = patterns.get(template);
  if (made) return made;
  const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`);
  patterns.set(template, pattern);
  return pattern;
}

/** Names and numbers of an invented therapist and practice; the NPIs have right check digits. */
export const NPI = '1234567893';
export const OTHER_NPI = '1245319599';
export const ADDRESS = { line1: '1 Elm Street', city: 'Springfield', state: 'CA', postalCode: '94107' };
export const CLIENT = {
  name: 'Elm Therapy',
  timeZone: 'America/Los_Angeles',
  contactEmail: 'office@example.org',
  // tests make many clients of this name
  evenIfExists: true,
};
export const PRACTICE = {
  legalName: 'Elm Therapy PLLC',
  tin: { type: 'ein', value: '12-3456789' },
  npi: OTHER_NPI,
  address: ADDRESS,
  // tests give many practices of one client this tax id
  evenIfExists: true,
};
export const PROVIDER = {
  firstName: 'Robin',
  lastName: 'Vale',
  npi: NPI,
  caqhId: '12345678',
  taxonomyCode: '101YM0800X',
  email: 'robin@example.org',
  licences: [{ state: 'CA', number: 'LMFT 1', expiresOn: '2099-01-31' }],
  malpractice: { carrier: 'Good Cover', policyNumber: 'P-1', expiresOn: '2099-01-31' },
};
export const PAYER = { name: 'Acme Health', electronicPayerIds: [], playbook: {} };
