import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../local/paths';

const run = promisify(execFile);
const REQUIREMENTS = join(__dirname, 'requirements.txt');

/** Its executable, with what it needs in the versions of requirements.txt; installed into the cache where it isn't there. */
async function obtainSchemathesis(): Promise<string> {
  const versions = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(cacheDirectory, `schemathesis-${versions}`);
  const executable = join(folder, 'bin', 'schemathesis');
  const whole = join(folder, 'is-whole');
  if (existsSync(whole)) return executable;
  // remains of an interrupted run
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', '-r', REQUIREMENTS];
  await run(join(folder, 'bin', 'python3'), pip, { maxBuffer: 1 << 26 });
  writeFileSync(whole, '');
  return executable;
}

/** The checks of every answer: no 5xx, and nothing that the document doesn't describe. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

interface Run {
  /** An OpenAPI document. */
  document: object;
  url: string;
  key: string;
  seed: number;
  /** Generated for each operation, beside its examples. */
  perOperation: number;
  /** A folder for what it reads and writes. */
  folder: string;
}

/** Generates requests from the document, sends them, and checks the answers; returns what it found wrong, as it says it. */
export async function runSchemathesis({ document, url, key, seed, perOperation, folder }: Run) {
  const executable = await obtainSchemathesis();
  const [described, report] = [join(folder, 'openapi.json'), join(folder, 'requests.ndjson')];
  writeFileSync(described, JSON.stringify(document));
  const options = {
    url,
    header: `Authorization: Bearer ${key}`,
    phases: 'examples,fuzzing',
    mode: 'positive',
    checks: CHECKS.join(','),
    seed: String(seed),
    'max-examples': String(perOperation),
    workers: '2',
    'suppress-health-check': 'all',
    report: 'ndjson',
    'report-ndjson-path': report,
  };
  const child = spawn(
    executable,
    [
      'run',
      described,
      '--generation-deterministic',
      '--continue-on-failure',
      '--no-color',
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, failures: readFailures(output), answers: await readAnswers(report) };
}

/** The part of its output that describes what failed; all of it if it has no such part. */
const readFailures = (output: string): string => /^=+ FAILURES =+$([^]*?)^=+ [A-Z ]+ =+$/m.exec(output)?.[1] ?? output;

export interface Answered {
  operation: string;
  status: number;
}

async function readAnswers(report: string): Promise<Answered[]> {
  const answers: Answered[] = [];
  for await (const line of createInterface({ input: createReadStream(report) })) {
    const recorder = JSON.parse(line).ScenarioFinished?.recorder;
    for (const { response } of Object.values<{ response?: { status_code: number } }>(recorder?.interactions ?? {}))
      if (response) answers.push({ operation: recorder.label, status: response.status_code });
  }
  return answers;
}
