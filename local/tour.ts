import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createApi, type Answer, type Api } from './http';
import { documents, freshDigits, npi } from './invented';
import { demoPayer } from './sample-book';
import { adminKeyFile, readSettings } from './settings';

const PATIENCE = 60_000;
const STATE = 'CA';
const today = new Date().toISOString().slice(0, 10);

const say = (text: string) => console.log(`${`${process.uptime().toFixed(1)} s`.padStart(7)}  ${text}`);
const heading = (text: string) => console.log(`\n${text}`);
const clock = (instant: string | null) => (instant ? instant.slice(11, 19) : 'none');

/** What an entry of the timeline says beside its kind. */
function what({ kind, actor, ...entry }: Answer): string {
  if (kind === 'stage') return `${entry.from} -> ${entry.to}`;
  const said = [entry.purpose, entry.outcome, entry.fact, entry.channel, entry.referenceNumber, entry.reference];
  return [...said.filter(Boolean), `by ${actor.name}`].join(', ');
}

async function until(poll: () => Promise<Answer>, awaited: string): Promise<Answer> {
  for (const late = Date.now() + PATIENCE; Date.now() < late; await delay(250)) {
    const answer = await poll();
    if (answer) return answer;
  }
  throw new Error(`Waited ${PATIENCE / 1000} s for ${awaited}, in vain.`);
}

async function openApi(): Promise<Api> {
  const { port, dataDirectory } = readSettings(process.env);
  const base = `http://127.0.0.1:${port}`;
  const file = adminKeyFile(dataDirectory);
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
  return createApi(base, key);
}

async function payerWithAClockInSeconds(api: Api): Promise<Answer> {
  for (let cursor = ''; ;) {
    const page = await api.get(`/v1/payers?limit=200${cursor}`);
    const found = page.items.find((payer: Answer) => payer.name === demoPayer.name);
    if (found) return found;
    if (!page.nextCursor) return api.post('/v1/payers', demoPayer);
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/** Walks one application through its whole life over HTTP, and says what happens. */
export async function tour(): Promise<void> {
  const api = await openApi();
  const digits = freshDigits(7);

  heading('The file: a client, its practice and a clinician, all invented');
  const payer = await payerWithAClockInSeconds(api);
  const client = await api.post('/v1/clients', {
    name: `Tour Counseling ${digits}`,
    timeZone: 'America/Los_Angeles',
    contactEmail: 'office@tour.example',
  });
  const practice = await api.post(`/v1/clients/${client.id}/practices`, {
    legalName: `Tour Counseling ${digits} PC`,
    tin: { type: 'ein', value: `95${digits}` },
    npi: npi(`11${digits}`),
    address: { line1: '1 Market Street', city: 'San Francisco', state: STATE, postalCode: '94105' },
  });
  const provider = await api.post(`/v1/clients/${client.id}/providers`, {
    firstName: 'Robin',
    lastName: `Tour ${digits}`,
    npi: npi(`10${digits}`),
    caqhId: `1${digits}`,
    taxonomyCode: '101YM0800X',
    email: 'robin@tour.example',
    ...documents(today, STATE, `LMFT-${digits}`),
  });
  say(`${provider.firstName} ${provider.lastName} of ${practice.legalName} wants a direct contract with ${payer.name}`);

  const scope = { providerId: provider.id, practiceId: practice.id, payerId: payer.id };
  const { id } = await api.post('/v1/applications', { ...scope, state: STATE });
  const path = `/v1/applications/${id}`;

  let seen = '';
  /** Says where the application stands, when that is news. */
  const look = async (): Promise<Answer> => {
    const application = await api.get(path);
    const { stage, waitingOn, nextFollowUpAt } = application;
    const now = `stage ${stage}, waiting on ${waitingOn}, next follow-up ${clock(nextFollowUpAt)}`;
    if (now !== seen) say(`  ${now}`);
    seen = now;
    return application;
  };
  const stage = (name: string) => until(async () => (await look()).stage === name, `the stage ${name}`);
  const act = async (told: string, request: Promise<Answer>) => {
    say(told);
    await request;
    await look();
  };
  const mayWeBill = async () => {
    const query = new URLSearchParams({ ...scope, state: STATE, dateOfService: today });
    const { mayBill, reasons = [] } = await api.get(`/v1/billing-readiness?${query}`);
    say(
      `  may we bill as in network today? ${mayBill ? 'YES' : `no: ${reasons.map((reason: Answer) => reason.code ?? reason).join(', ')}`}`,
    );
  };
  const nudge = async () => {
    say('... waiting for the payer; the next follow-up is a durable timer');
    const item = await until(
      async () => (await api.get(`/v1/work-queue?applicationId=${id}`)).items[0],
      'the nudge in the work queue',
    );
    say(`the timer fired, the work queue asks: ${item.purpose}, by ${clock(item.dueAt)}`);
  };

  heading('Before submission');
  say('an application is opened');
  await stage('awaiting_attestation');
  await mayWeBill();
  const attestation = { attestedOn: today, source: 'provider' };
  await act('the provider attests in CAQH', api.post(`/v1/providers/${provider.id}/attestations`, attestation));
  await stage('ready_to_submit');

  heading('Submission, and the chase');
  const submission = { submittedOn: today, channel: 'payer_portal', referenceNumber: `DH-${digits}` };
  await act('the specialist submits in the payer portal', api.post(`${path}/submission`, submission));
  await nudge();
  const call = (body: object) => api.post(`${path}/contacts`, { channel: 'phone', rep: 'Dana', ...body });
  await act('a call: received, in process', call({ outcome: 'received', referenceNumber: `C1-${digits}` }));
  await mayWeBill();
  await nudge();
  const missing = ['Malpractice certificate with the practice address'];
  await act(
    `a call: they want "${missing[0]}"`,
    call({ outcome: 'information_requested', missingItems: missing, referenceNumber: `C2-${digits}` }),
  );
  await act('it is sent', api.post(`${path}/information`, { providedOn: today, items: missing }));
  await nudge();

  heading('Approved is not billable');
  await act('a call: approved by the committee', call({ outcome: 'approved', referenceNumber: `C3-${digits}` }));
  await mayWeBill();
  const confirm = async (fact: string, body: object) => {
    await act(
      `on file with evidence: ${fact}`,
      api.put(`${path}/confirmations/${fact}`, { confirmedOn: today, ...body }),
    );
    await mayWeBill();
  };
  const letter = { source: 'letter', reference: `Welcome letter ${digits}` };
  await confirm('contract', { value: 'executed', source: 'executed_contract', reference: `Agreement ${digits}` });
  await confirm('effectiveDate', { value: today, ...letter });
  await confirm('payerProviderId', { value: `DHP${digits}`, ...letter });
  await confirm('claimsRoute', {
    value: { clearinghouse: 'Demo Clearing', payerId: 'DEMO1' },
    source: 'portal',
    reference: `Route ${digits}`,
  });
  await stage('confirmed');

  heading(`The timeline, as GET ${path}/timeline answers it`);
  const { items } = await api.get(`${path}/timeline?limit=200`);
  for (const entry of items) console.log(`  ${clock(entry.at)}  ${entry.kind.padEnd(14)}${what(entry)}`);
}
