import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { SEARCH_ATTRIBUTES } from '../../domain/kernel/search-attributes';
import { QUIET_LOG } from '../../local/postgres';
import { nameType } from '../../runtime/search-attributes';

const root = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

interface Service {
  image: string;
  build?: { args: Record<string, string> };
  command?: string[];
  /** A variable without a value is given on where it is set. */
  environment?: Record<string, string | null>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  ports?: string[];
  configs?: { source: string }[];
  container_name?: string;
  restart?: string;
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { content: string }>;
}

const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const versions = Object.fromEntries(
  read('.env')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split('=') as [string, string]),
);
/** The version of Node without the digest that `npm run images:pin` may have added. */
const nodeVersion = versions.NODE_VERSION!.replace(/@.*/, '');
const dockerfile = read('Dockerfile');
const ENDED = 'service_completed_successfully';
/** An entry point of the image, as its source. */
const source = (compiled: string) => compiled.replace(/^dist\//, '').replace(/\.js$/, '.ts');

describe('docker-compose.yml', () => {
  test('every service waits for services that exist, and for a state that they can reach', () => {
    const waits = services.flatMap(([name, { depends_on = {} }]) =>
      Object.entries(depends_on).map(([other, { condition }]) => ({ name, other, condition })),
    );
    expect(waits.length).toBeGreaterThan(0);
    const reachable = waits.filter(({ other, condition }) => {
      const { healthcheck, command } = compose.services[other] ?? {};
      return condition === 'service_healthy' ? healthcheck?.test : condition === ENDED && command;
    });
    expect(reachable).toEqual(waits);
  });

  test('whatever is to stay up is started again when it ends', () => {
    const setups = new Set(
      services.flatMap(([, { depends_on = {} }]) =>
        Object.entries(depends_on).flatMap(([name, { condition }]) => (condition === ENDED ? [name] : [])),
      ),
    );
    const staying = services.filter(([name]) => !setups.has(name));
    expect(staying.map(([name]) => name)).toEqual(expect.arrayContaining(['api', 'worker', 'temporal', 'postgresql']));
    expect(staying.filter(([, { restart }]) => restart !== 'unless-stopped')).toEqual([]);
  });

  test('every image is pinned by a variable of .env, and .env holds nothing else', () => {
    const used = services.flatMap(([, { image, build }]) => [image, ...Object.values(build?.args ?? {})]);
    const names = used.map((value) => /^(?:[\w./-]+:)?\$\{(\w+)\}$/.exec(value)?.[1]);
    expect(new Set(names)).toEqual(new Set(Object.keys(versions)));
    for (const version of Object.values(versions))
      expect(version).toMatch(/^\d+\.\d+(\.\d+)?(-bookworm-slim)?(@sha256:[0-9a-f]{64})?$/);
  });

  test('the version of the image is that of the package, and Node is the same with and without compose', () => {
    expect(versions.COUNTERSIGN_VERSION).toBe((JSON.parse(read('package.json')) as { version: string }).version);
    expect(dockerfile).toContain(`ARG NODE_VERSION=${nodeVersion}\n`);
  });

  test('a secret has no default: where it is unset, compose says so and stops', () => {
    const secrets = [...text.matchAll(/\$\{(\w*(?:PASSWORD|KEYS?))(:\?)?/g)];
    expect(new Set(secrets.map(([, name]) => name))).toEqual(
      new Set([
        'ADMIN_API_KEY',
        'COUNTERSIGN_DB_PASSWORD',
        'COUNTERSIGN_EVERY_PASSWORD',
        'COUNTERSIGN_PURGE_PASSWORD',
        'COUNTERSIGN_SCOPED_PASSWORD',
        'COUNTERSIGN_WORKER_PASSWORD',
        'ENCRYPTION_KEYS',
        'POSTGRES_PASSWORD',
        'TEMPORAL_DB_PASSWORD',
      ]),
    );
    expect(secrets.filter(([, , required]) => !required)).toEqual([]);
  });

  test('PostgreSQL logs no more of what callers sent than the one of npm start does', () => {
    const given = compose.services
      .postgresql!.command!.slice(1)
      .map((setting) => setting.replace(/^-c/, '').split('='));
    expect(Object.fromEntries(given)).toEqual(QUIET_LOG);
  });

  test('only the API and the Temporal UI are published, to this host alone', () => {
    expect(services.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['temporal-ui', 'api']);
    for (const port of services.flatMap(([, { ports = [] }]) => ports)) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(services.filter(([, service]) => service.container_name)).toEqual([]);
  });

  test('Temporal gets every search attribute that workflows are started with', () => {
    const { content } = compose.configs['temporal-namespace']!;
    expect([...content.matchAll(/--type (\w+) --name (\w+)/g)].map(([, type, name]) => [name, type])).toEqual(
      Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, nameType(type)]),
    );
  });

  test('API and worker see the same Temporal namespace as the setup and the UI', () => {
    const of = (name: string) => compose.services[name]!.environment!;
    const namespace = of('temporal-namespace').TEMPORAL_NAMESPACE;
    expect(namespace).toBeTruthy();
    expect(of('api').TEMPORAL_NAMESPACE).toBe(namespace);
    expect(of('worker').TEMPORAL_NAMESPACE).toBe(namespace);
    expect(of('temporal-ui').TEMPORAL_DEFAULT_NAMESPACE).toBe(namespace);
  });

  test('API and worker are given every variable that they read, and docs/operations.md tells of each', () => {
    const [node, api, worker] = read('runtime/config.ts')
      .split(/^const \w+Schema = /m)
      .slice(1)
      .map((schema) => [...schema.split(/^}\);$/m)[0]!.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name!));
    // The supervisor's own, and the image's.
    const fixed = ['RUN_ID', 'PORT', 'HOST'];
    const reads = { api: [...node!, ...api!], worker: [...node!, ...worker!] };
    for (const [name, variables] of Object.entries(reads))
      expect([name, Object.keys(compose.services[name]!.environment!)]).toEqual([
        name,
        expect.arrayContaining(variables.filter((variable) => !fixed.includes(variable))),
      ]);
    const described = [...read('docs/operations.md').matchAll(/^\| (`[A-Z_`, ]+`)/gm)].flatMap(([, names]) =>
      names!.match(/[A-Z_]{4,}/g),
    );
    for (const variable of new Set([...node!, ...api!, ...worker!]))
      if (variable !== 'RUN_ID') expect(described).toContain(variable);
    expect(described).toEqual(expect.arrayContaining(['SMTP_URL', 'ENCRYPTION_KEYS', 'PORT']));
  });

  test('every text that a service mounts is there', () => {
    const mounted = services.flatMap(([, { configs = [] }]) => configs.map(({ source: name }) => name));
    expect(mounted.sort()).toEqual(Object.keys(compose.configs).sort());
  });
});

describe('npm run images:pin', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'pin-images-'));
    for (const file of ['docker-compose.yml', 'Dockerfile', '.env', '.ci/pin-images.js'])
      cpSync(join(root, file), join(copy, file));
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  /** Runs it beside a docker that answers as the script does. */
  function pinImages(docker: string) {
    mkdirSync(join(copy, 'bin'));
    writeFileSync(join(copy, 'bin', 'docker'), `#!/bin/sh\n${docker}\n`, { mode: 0o755 });
    const env = { ...process.env, PATH: join(copy, 'bin') + delimiter + process.env.PATH };
    const { status, stderr } = spawnSync(process.execPath, [join(copy, '.ci/pin-images.js')], {
      env,
      encoding: 'utf8',
    });
    return { status, stderr, pinned: readFileSync(join(copy, '.env'), 'utf8').split('\n') };
  }

  test('writes the digest of each image, and again where it is another', () => {
    const before = read('.env').split('\n');
    const digest = 'sha256:' + 'a'.repeat(64);
    const { status, stderr, pinned } = pinImages(`echo "$4" >> ${join(copy, 'asked')}; echo ${digest}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(pinned).toEqual(
      before.map((line) => (/^(?!COUNTERSIGN|#)\w+=/.test(line) ? `${line.replace(/@.*/, '')}@${digest}` : line)),
    );
    const asked = new Set(readFileSync(join(copy, 'asked'), 'utf8').trim().split('\n'));
    expect(asked).toContain(`node:${nodeVersion}`);
    expect(asked.size).toBe(Object.keys(versions).length - 1);
    rmSync(join(copy, 'bin'), { recursive: true });
    const other = 'sha256:' + 'b'.repeat(64);
    expect(pinImages(`echo ${other}`).pinned).toEqual(pinned.map((line) => line.replace(digest, other)));
  });

  test.each([
    ['a registry that refuses', 'echo "no such tag" >&2; exit 1'],
    ['an answer that is no digest', 'echo latest'],
  ])('changes nothing after %s', (_case, docker) => {
    const { status, pinned } = pinImages(docker);
    expect(status).toBe(1);
    expect(pinned).toEqual(read('.env').split('\n'));
  });
});

describe('Dockerfile', () => {
  const entryPoints = services.flatMap(([, { command = [] }]) => command.filter((word) => word.startsWith('dist/')));

  test('every program that compose runs, and every file that a build stage copies, exists', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => files!.split(' '));
    expect(entryPoints.length).toBe(4);
    expect(copied.length).toBeGreaterThan(0);
    for (const file of [...entryPoints.map(source), ...copied])
      expect([file, existsSync(join(root, file))]).toEqual([file, true]);
  });

  test('the build makes everything itself and leaves out only what production does without', () => {
    const left = read('.dockerignore')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'));
    expect(left).toEqual(expect.arrayContaining(['node_modules', 'dist', '.data']));
    const rooms = ['domain', 'record', 'workflows', 'activities', 'dispatch', 'worker', 'api', 'runtime', 'local'];
    expect(left.filter((name) => rooms.includes(name) || /^[!/]|\*\*/.test(name))).toEqual([]);
  });

  test('the image runs as a user other than root, on production dependencies, and checks its health', () => {
    const [, image] = dockerfile.split(/\nFROM (?!.* AS )/);
    expect(image).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(image).toMatch(/^HEALTHCHECK /m);
    expect(image).toContain('/healthz');
    expect(image).toContain('--from=production-dependencies');
    expect(dockerfile).toMatch(/AS production-dependencies\nRUN npm ci --omit=dev$/m);
  });
});
