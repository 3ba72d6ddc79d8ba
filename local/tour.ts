import { toUtcDate } from '../domain/time/dates';
import { readClock } from '../runtime/clock';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createApi, ProblemError, type Answer, type Api } from './http';
import { hashFile, inventDocuments, inventDigits, inventNpi, inventPdf } from './invented';
import { readPorts } from './ports';
import { findChild, isOwnerAlive } from './run-record';
import { demoPayer } from './sample-book';
import { locateAdminKey, readSettings } from './settings';

const PATIENCE = 180_000;
const PAUSE = 1_500;
const WIDTH = 150;
const STATE = 'CA';
const PLATFORM = 'Headway';
const today = toUtcDate(readClock());

const USAGE = 'npm run tour [-- --fast] [-- --act 1|2|3]';

interface ConnectedSystem {
  api: Api;
  dataDirectory: string;
  /** Returns where Temporal's UI shows a workflow. */
  showWorkflow(workflowId: string): string;
}

async function connectToSystem(): Promise<ConnectedSystem> {
  const { port, dataDirectory, namespace, temporalAddress } = readSettings(process.env);
  const base = `http://127.0.0.1:${port}`;
  const file = locateAdminKey(dataDirectory);
  const key = process.env.ADMIN_API_KEY || (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);
  const ready = await fetch(`${base}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
  if (!ready)
    throw new Error(
      `Nothing is ready at ${base}. Run \`npm start\` in another terminal, with the same PORT and DATA_DIR.`,
    );
  if (!key)
    throw new Error(
      `No admin key: set ADMIN_API_KEY, or DATA_DIR to the folder of the running system (${file} is not there).`,
    );
  const hasUi = !temporalAddress && isOwnerAlive(dataDirectory);
  return {
    api: createApi(base, key),
    dataDirectory,
    showWorkflow: (workflowId) =>
      hasUi
        ? `http://localhost:${readPorts(dataDirectory).temporalUi}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`
        : `workflow ${workflowId}`,
  };
}

async function findDemoPayer(api: Api): Promise<Answer> {
  for (let cursor = ''; ;) {
    const page = await api.get(`/v1/payers?limit=200${cursor}`);
    const found = page.items.find((payer: Answer) => payer.name === demoPayer.name);
    if (found) return found;
    if (!page.nextCursor) return api.post('/v1/payers', demoPayer);
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/** The people of one tour: an invented therapist in network with the demo payer through a platform alone. */
interface Cast {
  digits: string;
  payer: Answer;
  practice: Answer;
  provider: Answer;
  relationship: Answer;
  /** The ids of stored documents, to which facts refer. */
  letter: string;
  agreement: string;
}

async function makeCast(api: Api): Promise<Cast> {
  const digits = inventDigits(7);
  const payer = await findDemoPayer(api);
  const client = await api.post('/v1/clients', {
    name: `Tour Counseling ${digits}`,
    timeZone: 'America/Los_Angeles',
    contactEmail: 'office@tour.example',
  });
  const practice = await api.post(`/v1/clients/${client.id}/practices`, {
    legalName: `Tour Counseling ${digits} PC`,
    tin: { type: 'ein', value: `95${digits}` },
    npi: inventNpi(`11${digits}`),
    address: { line1: '1 Market Street', city: 'San Francisco', state: STATE, postalCode: '94105' },
  });
  const provider = await api.post(`/v1/clients/${client.id}/providers`, {
    firstName: 'Robin',
    lastName: 'Vale',
    npi: inventNpi(`10${digits}`),
    caqhId: `1${digits}`,
    taxonomyCode: '101YM0800X',
    email: 'robin@tour.example',
    ...inventDocuments(today, STATE, `LMFT-${digits}`),
  });
  const relationship = await api.post('/v1/platform-relationships', {
    providerId: provider.id,
    platform: PLATFORM,
    payerIds: [payer.id],
  });
  const storeDocument = async (kind: string): Promise<string> => {
    const file = inventPdf([`An invented ${kind}`, `${demoPayer.name}, Tour Counseling ${digits} PC`]);
    const document = { kind, name: `${kind} ${digits}.pdf`, sha256: hashFile(file) };
    const { id } = await api.post(`/v1/clients/${client.id}/documents`, document);
    await api.putFile(`/v1/documents/${id}/content`, file);
    return id;
  };
  const [letter, agreement] = [await storeDocument('welcome letter'), await storeDocument('agreement')];
  return { digits, payer, practice, provider, relationship, letter, agreement };
}

/** Shortens a body or a query to a line. */
function shortenText(text: string): string {
  const short = text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => `${id.slice(0, 8)}…`);
  return short.length > WIDTH ? `${short.slice(0, WIDTH - 1)}…` : short;
}

/** Prints one tour: each request and its answer, with time to read. */
class Narrator {
  constructor(
    private readonly connected: ConnectedSystem,
    readonly cast: Cast,
    private readonly fast: boolean,
  ) {}

  get api(): Api {
    return this.connected.api;
  }

  say(text: string): void {
    console.log(`${`${process.uptime().toFixed(1)} s`.padStart(7)}  ${text}`);
  }

  sayDetail(text: string): void {
    console.log(`           ${text}`);
  }

  async pause(): Promise<void> {
    if (!this.fast) await delay(PAUSE);
  }

  /** Says what happens, shows the request, and makes it. */
  async request(what: string, method: 'get' | 'put' | 'post', path: string, body?: object): Promise<Answer> {
    await this.pause();
    this.say(what);
    this.sayDetail(shortenText(`${method.toUpperCase()} ${path}${body ? ` ${JSON.stringify(body)}` : ''}`));
    return method === 'get' ? this.api.get(path) : this.api[method](path, body ?? {});
  }

  /** Asks for billing readiness, and says the whole answer. */
  async askReadiness(question: string): Promise<boolean> {
    const { provider, practice, payer } = this.cast;
    const scope = { providerId: provider.id, practiceId: practice.id, payerId: payer.id };
    const query = new URLSearchParams({ ...scope, state: STATE, dateOfService: today });
    const answer = await this.request(question, 'get', `/v1/billing-readiness?${query}`);
    const { mayBill, reasons, whatToDo, cautions, billThrough } = answer;
    if (mayBill) {
      this.sayDetail(`=> YES, under their own contract${cautions.length ? `; to note: ${cautions.join(', ')}` : ''}`);
      return true;
    }
    this.sayDetail(`=> NO: ${reasons.join(', ')}; billed through: ${billThrough}`);
    this.sayDetail(`   what to do first: ${whatToDo[0].do}`);
    return false;
  }

  async waitUntil(awaited: string, poll: () => Promise<Answer>): Promise<Answer> {
    for (const late = Date.now() + PATIENCE; Date.now() < late; await delay(250)) {
      const answer = await poll();
      if (answer) return answer;
    }
    throw new Error(`Waited ${PATIENCE / 1000} s for ${awaited}; it did not come.`);
  }

  /** Waits for a stage of an application, and says where it stands. */
  async waitForStage(path: string, stage: string): Promise<void> {
    const { waitingOn, nextFollowUpAt } = await this.waitUntil(`the stage ${stage}`, async () => {
      const application = await this.api.get(path);
      return application.stage === stage && application;
    });
    const next = nextFollowUpAt ? `, next follow-up ${nextFollowUpAt.slice(11, 19)} UTC` : '';
    this.sayDetail(`=> ${stage}; it is the turn of: ${waitingOn}${next}`);
  }

  /** Kills the worker as a crash would; false if it runs elsewhere. */
  killWorker(): boolean {
    const worker = findChild(this.connected.dataDirectory, 'worker');
    if (!worker) return false;
    process.kill(worker.pid, 'SIGKILL');
    return true;
  }

  end(workflowId: string): void {
    this.sayDetail(`Its workflow: ${this.connected.showWorkflow(workflowId)}`);
  }
}

/** Opens an application; returns its path. */
const openApplication = async (narrator: Narrator, more: object = {}): Promise<string> => {
  const { provider, practice, payer } = narrator.cast;
  const scope = { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: STATE };
  const what = 'An application for a direct contract is opened; it is a workflow of its own from now on';
  const { id } = await narrator.request(what, 'post', '/v1/applications', { ...scope, ...more });
  return `/v1/applications/${id}`;
};

/** Opens an application that was submitted before Countersign knew of it: the act before was left out. */
async function takeOverInReview(narrator: Narrator): Promise<string> {
  const { provider, digits } = narrator.cast;
  await narrator.api.post(`/v1/providers/${provider.id}/attestations`, { attestedOn: today, source: 'provider' });
  const adopt = { stage: 'in_review', submittedOn: today, referenceNumber: `DH-${digits}` };
  return openApplication(narrator, { adopt });
}

const endWithWorkflowOf = async (narrator: Narrator, path: string) =>
  narrator.end((await narrator.api.get(`${path}/workflow`)).workflowId);

async function showPlatform(narrator: Narrator): Promise<undefined> {
  const { provider, payer, relationship } = narrator.cast;
  const path = `/v1/platform-relationships/${relationship.id}`;
  narrator.say(`${provider.firstName} ${provider.lastName} is in network with ${payer.name} through ${PLATFORM}`);
  await narrator.askReadiness('"So I may bill this payer myself?"');

  const source = { answeredBy: `${PLATFORM} support`, answeredOn: today, channel: 'email' };
  const answerQuestion = (what: string, question: string, body: object) =>
    narrator.request(what, 'put', `${path}/answers/${question}`, { ...body, ...source });
  await answerQuestion('Six questions are asked. "Contracted directly, under my own TIN?"', 'direct_contract', {
    answer: 'no',
    words: 'You are credentialed under our group.',
  });
  await answerQuestion('"May I bill the same payer outside of the platform?"', 'bill_outside', {
    answer: 'unclear',
    words: 'That depends on the payer.',
  });
  const assessment = await narrator.request('What the answers come to', 'get', `${path}/assessment`);
  narrator.sayDetail(
    `=> ${assessment.verdict}, because of ${assessment.because.map((one: Answer) => one.question).join(', ')}`,
  );
  narrator.sayDetail(`   still unanswered: ${assessment.unanswered.join(', ')}`);
  await narrator.waitUntil('the questions to be written', async () => {
    const { asks } = await narrator.api.get(`${path}/inquiry`);
    return asks.length > 0;
  });
  const inquiry = await narrator.request('The open ones are chased by a durable timer', 'get', `${path}/inquiry`);
  // at night and at the weekend, mail waits for the next working morning
  const [{ delivery }] = inquiry.asks;
  narrator.sayDetail(`=> asked by a mail that is ${delivery}, to be asked again at ${inquiry.nextAskAt}`);
  const decision = { decision: 'bridge', reason: 'Keep the income while a direct application runs.' };
  await narrator.request('The client decides: keep the platform as a bridge', 'put', `${path}/decision`, decision);
  narrator.end(`platformInquiry/${relationship.id}`);
}

async function showApplication(narrator: Narrator): Promise<string> {
  const { provider, digits } = narrator.cast;
  const path = await openApplication(narrator);
  await narrator.waitForStage(path, 'awaiting_attestation');
  const attested = { attestedOn: today, source: 'provider' };
  await narrator.request('Robin attests in CAQH', 'post', `/v1/providers/${provider.id}/attestations`, attested);
  await narrator.waitForStage(path, 'ready_to_submit');
  const submission = { submittedOn: today, channel: 'payer_portal', referenceNumber: `DH-${digits}` };
  await narrator.request('It is submitted in the payer’s portal', 'post', `${path}/submission`, submission);
  await narrator.waitForStage(path, 'submitted');
  await narrator.pause();
  narrator.say('The timer of the follow-up sleeps, in Temporal');
  if (narrator.killWorker()) narrator.say('The worker is killed (kill -9) meanwhile; npm start starts it again ...');
  const queue = `/v1/work-queue?applicationId=${path.split('/').at(-1)}`;
  await narrator.waitUntil('the follow-up in the work queue', async () => (await narrator.api.get(queue)).items[0]);
  const { items } = await narrator.request('The nudge comes all the same', 'get', queue);
  narrator.sayDetail(`=> the work queue asks for: ${items[0].purpose}, by ${items[0].dueAt.slice(11, 19)} UTC`);
  const call = { channel: 'phone', rep: 'Dana', outcome: 'received', referenceNumber: `C1-${digits}` };
  await narrator.request('The call is logged, which arms the next follow-up', 'post', `${path}/contacts`, call);
  await narrator.waitForStage(path, 'in_review');
  await narrator.askReadiness('"May I bill now?"');
  await endWithWorkflowOf(narrator, path);
  return path;
}

async function showFourFacts(narrator: Narrator, application: string | undefined): Promise<undefined> {
  const { practice, digits, letter, agreement } = narrator.cast;
  const path = application ?? (await takeOverInReview(narrator));
  const approval = { channel: 'mail', outcome: 'approved' };
  await narrator.request('The payer’s committee says yes', 'post', `${path}/contacts`, approval);
  await narrator.waitForStage(path, 'approved');
  await narrator.askReadiness('"Approved: may I bill now?"');

  const welcome = { source: 'letter', reference: `Welcome letter ${digits}`, evidence: [letter] };
  const signed = { source: 'executed_contract', reference: `Agreement ${digits}`, evidence: [agreement] };
  const confirmFact = (what: string, fact: string, read: object, proof: object = welcome) =>
    narrator.request(what, 'put', `${path}/confirmations/${fact}`, { ...read, ...proof, confirmedOn: today });
  const platforms = { partyName: `${PLATFORM} Medical Group`, tinLast4: '0001' };
  try {
    await confirmFact(`A welcome letter, but it names ${PLATFORM}’s TIN`, 'contract', {
      value: 'executed',
      seen: platforms,
    });
    throw new Error('A letter that names another party was taken.');
  } catch (error) {
    if (!(error instanceof ProblemError) || !error.problem.type?.includes('wrong_party')) throw error;
    narrator.sayDetail(`=> refused (wrong_party): ${error.problem.title}`);
  }
  const seen = { partyName: practice.legalName, tinLast4: practice.tin.last4 };
  const contract = { value: 'executed', seen };
  await confirmFact('The contract that both have signed, in the practice’s own name', 'contract', contract, signed);
  await narrator.askReadiness('"And now?"');
  await confirmFact('The first day in network', 'effectiveDate', { value: today, seen });
  await confirmFact('The ID under which the payer pays', 'payerProviderId', { value: `DHP${digits}`, seen });
  await narrator.askReadiness('"And now?"');
  const route = { clearinghouse: 'Demo Clearing', payerId: 'DEMO1' };
  await confirmFact('The route that claims take', 'claimsRoute', { value: route, seen });
  await narrator.waitForStage(path, 'confirmed');
  if (!(await narrator.askReadiness('"And now?"')))
    throw new Error('All four facts are on file, and billing readiness is still a no.');
  await endWithWorkflowOf(narrator, path);
}

interface Act {
  title: string;
  /** Takes the path of the application that an earlier act opened; returns that of one that it opens. */
  play: (narrator: Narrator, application: string | undefined) => Promise<string | undefined>;
}

const ACTS: Act[] = [
  { title: '1. On a platform', play: showPlatform },
  { title: '2. The application', play: showApplication },
  { title: '3. Approved is not billable', play: showFourFacts },
];

function readArguments(args: string[]): { fast: boolean; acts: Act[] } {
  const options = { fast: { type: 'boolean', default: false }, act: { type: 'string' } } as const;
  try {
    const { fast, act } = parseArgs({ args, options }).values;
    if (act === undefined) return { fast, acts: ACTS };
    const chosen = ACTS[Number(act) - 1];
    if (!chosen) throw new Error(`--act must be 1 to ${ACTS.length}, not ${act}`);
    return { fast, acts: [chosen] };
  } catch (error) {
    throw new Error(`${(error as Error).message}. Usage: ${USAGE}`, { cause: error });
  }
}

/** Shows over HTTP, in three acts, what a platform does not give, how an application runs, and when one may bill. */
export async function runTour(args: string[]): Promise<void> {
  const { fast, acts } = readArguments(args);
  const connected = await connectToSystem();
  const narrator = new Narrator(connected, await makeCast(connected.api), fast);
  let application: string | undefined;
  for (const { title, play } of acts) {
    console.log(`\n${title}`);
    application = await play(narrator, application);
  }
}
