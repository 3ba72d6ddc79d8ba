import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { createApi } from '../local/http';
import { writeBook } from './book';
import { bootSystem, computeQuantile } from './booted';

const CLINICIANS = { neighbour: 500, loud: 60 };
const ROUNDS = Number(process.env.ROUNDS ?? 4);
/** How long each part of a round lasts. */
const PART_MS = 6_000;
/** How much the loud caller sends at once. */
const AT_ONCE = 10;
const PAUSE_MS = 10;

/** The requests that the loud caller sends, again and again. */
interface Noise {
  url: string;
  key: string;
  sent: { method: string; path: string; type?: string; body?: string }[];
}

/** The answers to it. */
interface NoiseCount {
  answered: number;
  refused: number;
}

/** Runs in a process of its own: sends what it is given, and says what came of it when it is asked to stop. */
async function makeNoise(): Promise<void> {
  setPriority(10);
  const asked = once(process, 'message');
  process.send!('ready');
  const [{ url, key, sent }] = (await asked) as [Noise];
  const heard: NoiseCount = { answered: 0, refused: 0 };
  let stopped = false;
  process.once('message', () => (stopped = true));
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let n = 0; !stopped; n += 1) {
        const { method, path, type, body } = sent[n % sent.length]!;
        const headers = { authorization: `Bearer ${key}`, ...(type && { 'content-type': type }) };
        const response = await fetch(url + path, { method, headers, ...(body && { body }) });
        await response.arrayBuffer();
        if (response.status < 400) heard.answered += 1;
        else heard.refused += 1;
      }
    }),
  );
  process.send!(heard);
  process.disconnect();
}

/** Reads the processor time, in seconds, that a process has used. */
function readProcessorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Measures one client's key at full tilt beside another's that asks one thing after the other: quiet and loud parts, interleaved. */
export async function measureNeighbour(): Promise<void> {
  const { url, api, sql, findPid, stop } = await bootSystem();
  try {
    const neighbour = await writeBook(sql, { clinicians: CLINICIANS.neighbour });
    const loud = await writeBook(sql, { clinicians: CLINICIANS.loud, first: 1_000_000 });
    const makeKey = async (clientId: string) =>
      (await api.post('/v1/api-keys', { name: 'bench', role: 'lead', clientIds: [clientId] })).key as string;
    const [own, loudKey] = [await makeKey(neighbour), await makeKey(loud)];
    const takeScopes = (clientId: string) => sql<{ providerId: string; practiceId: string; payerId: string }[]>`
      select provider_id, practice_id, payer_id from applications where client_id = ${clientId} order by id limit 1000`;
    const [scopes, loudScopes] = [await takeScopes(neighbour), await takeScopes(loud)];
    const asked = { state: 'CA', dateOfService: '2026-06-01' };
    const items = loudScopes.map((scope) => ({ ...scope, ...asked }));
    const pdf = { method: 'GET', path: `/v1/clients/${loud}/coverage?format=pdf` };
    const csv = { method: 'GET', path: `/v1/clients/${loud}/coverage?format=csv` };
    const batch = {
      method: 'POST',
      path: '/v1/billing-readiness',
      type: 'application/json',
      body: JSON.stringify({ items }),
    };
    const rows = Array.from(
      { length: 2_000 },
      (_, n) => `${String(n).padStart(10, '1')},Active,2026-01-0${(n % 9) + 1}`,
    );
    const upload = {
      method: 'POST',
      path: '/v1/caqh-exports?dryRun=true',
      type: 'text/csv',
      body: ['npi,status,status_date', ...rows].join('\n'),
    };
    const wrong = { method: 'GET', path: '/v1/clients' };
    const noises: Record<string, Noise> = {
      PDFs: { url, key: loudKey, sent: [pdf] },
      'batches of 1,000 questions': { url, key: loudKey, sent: [batch] },
      'CSV, written and read': { url, key: loudKey, sent: [csv, upload] },
      'wrong keys': { url, key: `${loudKey}x`, sent: [wrong] },
      'all of it': { url, key: loudKey, sent: [pdf, batch, csv, upload] },
    };
    const asks = createApi(url, own);
    /** Asks as a person does, one thing after the other; returns what each took. */
    const measureAnswers = async (): Promise<number[]> => {
      const took: number[] = [];
      const until = performance.now() + PART_MS;
      for (let n = 0; performance.now() < until; n += 1) {
        const query = new URLSearchParams({ ...scopes[n % scopes.length]!, ...asked });
        const path = [`/v1/clients/${neighbour}`, '/v1/applications?limit=50', `/v1/billing-readiness?${query}`][
          n % 3
        ]!;
        const began = performance.now();
        await asks.get(path);
        took.push(performance.now() - began);
        await setTimeout(PAUSE_MS);
      }
      return took;
    };
    const apiPid = findPid('api');
    await measureAnswers();
    console.log(
      `${ROUNDS} rounds of ${PART_MS / 1000} s quiet and ${PART_MS / 1000} s of ${AT_ONCE} at once; ms of the neighbour's`,
    );
    for (const [name, noise] of Object.entries(noises)) {
      const [quiet, beside]: [number[], number[]] = [[], []];
      const total = { answered: 0, refused: 0, processor: 0, seconds: 0 };
      for (let round = 0; round < ROUNDS; round += 1) {
        quiet.push(...(await measureAnswers()));
        const child: ChildProcess = fork(__filename, ['noise']);
        await once(child, 'message');
        child.send(noise);
        await setTimeout(500);
        const [began, used] = [performance.now(), readProcessorTime(apiPid)];
        beside.push(...(await measureAnswers()));
        total.processor += readProcessorTime(apiPid) - used;
        total.seconds += (performance.now() - began) / 1000;
        child.send('stop');
        const [heard] = (await once(child, 'message')) as [NoiseCount];
        total.answered += heard.answered;
        total.refused += heard.refused;
      }
      const [p50, p95, loud50, loud95] = [quiet, beside].flatMap((took) =>
        [0.5, 0.95].map((share) => computeQuantile(took, share)),
      ) as [number, number, number, number];
      console.log(
        `  ${name.padEnd(28)} quiet p50 ${p50.toFixed(1)} p95 ${p95.toFixed(1)}; loud p50 ${loud50.toFixed(1)} p95 ${loud95.toFixed(1)}` +
          ` (${(loud95 / p95).toFixed(1)} times); answered ${total.answered}, refused ${total.refused};` +
          ` API's processor time ${((100 * total.processor) / total.seconds).toFixed(0)}%`,
      );
    }
  } finally {
    await stop();
  }
}

if (process.argv[2] === 'noise') void makeNoise();
