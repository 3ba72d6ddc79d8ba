import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadApiConfig, loadRolesConfig, loadWorkerConfig } from '../../../runtime/config';

const urls = {
  DATABASE_URL: 'postgres://cs_owner@localhost/countersign',
  DATABASE_URL_SCOPED: 'postgres://cs_scoped@localhost/countersign',
  DATABASE_URL_EVERY: 'postgres://cs_every@localhost/countersign',
  DATABASE_URL_WORKER: 'postgres://cs_worker@localhost/countersign',
  DATABASE_URL_PURGE: 'postgres://cs_purge@localhost/countersign',
};
const node = { ...urls, ENCRYPTION_KEYS: 'k1:secret-of-ours' };
const api = { ...node, ADMIN_API_KEY: 'a'.repeat(32) };

test('what is set is read, the rest has defaults', () => {
  expect(loadApiConfig({ ...api, RUN_ID: 'r1' })).toEqual({
    databaseUrls: {
      owner: urls.DATABASE_URL,
      scoped: urls.DATABASE_URL_SCOPED,
      every: urls.DATABASE_URL_EVERY,
      worker: urls.DATABASE_URL_WORKER,
    },
    budget: { perMinute: 30_000, burst: 30_000 },
    signIn: null,
    temporalUiOrigin: null,
    maxFileBytes: 26_214_400,
    scanner: null,
    adminApiKey: 'a'.repeat(32),
    host: '127.0.0.1',
    port: 3000,
    documents: null,
    encryptionKeys: 'k1:secret-of-ours',
    logLevel: 'info',
    runId: 'r1',
    stuckAfterMs: 20_000,
    mailFrom: 'Countersign <countersign@localhost>',
    smtpTls: true,
    webhooksToPrivate: false,
    plainPayloads: 'refused',
  });
  expect(loadApiConfig({ ...api, PORT: '8080' })).toMatchObject({ port: 8080, host: '127.0.0.1' });
});

test('every bad variable is named at once with its rule', () => {
  const env = {
    ...urls,
    DATABASE_URL: 'mysql://localhost',
    DATABASE_URL_SCOPED: undefined,
    PORT: '70000',
    ADMIN_API_KEY: 'short-secret',
  };
  expect(() => loadApiConfig(env)).toThrow(
    [
      'The environment is not usable:',
      '  ENCRYPTION_KEYS: is required',
      '  DATABASE_URL: must start with postgres:// or postgresql://',
      '  DATABASE_URL_SCOPED: is required',
      '  PORT: must be a port number, 0 to 65535',
      '  ADMIN_API_KEY: must have at least 32 characters',
    ].join('\n'),
  );
});

describe('a secret that is named as a file', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'secrets-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const inFile = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  test('is read from it, without the line break at its end', () => {
    const { encryptionKeys, adminApiKey, databaseUrls } = loadApiConfig({
      ...urls,
      DATABASE_URL_SCOPED: undefined,
      DATABASE_URL_SCOPED_FILE: inFile('scoped', `${urls.DATABASE_URL_SCOPED}\n`),
      ENCRYPTION_KEYS_FILE: inFile('keys', 'k1:from-a-file\n'),
      ADMIN_API_KEY_FILE: inFile('admin', 'b'.repeat(32)),
    });
    expect([encryptionKeys, adminApiKey, databaseUrls.scoped]).toEqual([
      'k1:from-a-file',
      'b'.repeat(32),
      urls.DATABASE_URL_SCOPED,
    ]);
  });

  test('is held to the same rules, and refused without a word of what is in it', () => {
    const env = { ...node, ADMIN_API_KEY_FILE: inFile('admin', 'short-secret\n') };
    const error = 'The environment is not usable:\n  ADMIN_API_KEY: must have at least 32 characters';
    expect(() => loadApiConfig(env)).toThrow(new Error(error));
  });

  test('must be there, and in one place only', () => {
    const env = {
      ...node,
      ENCRYPTION_KEYS_FILE: inFile('keys', 'k1:other'),
      ADMIN_API_KEY_FILE: join(folder, 'nothing'),
    };
    expect(() => loadApiConfig(env)).toThrow(
      [
        'The environment is not usable:',
        '  ENCRYPTION_KEYS_FILE: is given beside ENCRYPTION_KEYS: give one of the two',
        '  ADMIN_API_KEY_FILE: names a file that cannot be read (ENOENT)',
      ].join('\n'),
    );
  });
});

test('how often workflows are compared with the record has defaults and bounds', () => {
  expect(loadWorkerConfig({ ...node, RECONCILE_LATE_SECONDS: '300' }).reconcile).toEqual({
    everySeconds: 60,
    lateSeconds: 300,
    failingSeconds: 600,
    compareEverySeconds: 86_400,
    perSecond: 20,
  });
  expect(() => loadWorkerConfig({ ...node, RECONCILE_EVERY_SECONDS: '301' })).toThrow(
    'RECONCILE_EVERY_SECONDS: must be a whole number, 5 to 300',
  );
});

test.each(['', '3e3', 'http', '-1', '80.5'])('PORT=%j is refused', (PORT) => {
  expect(() => loadApiConfig({ ...api, PORT })).toThrow('PORT: must be');
});

test('the watchdog waits for as long as it is given, or is off', () => {
  expect(loadWorkerConfig({ ...node, WATCHDOG_SECONDS: '5' }).stuckAfterMs).toBe(5000);
  expect(loadWorkerConfig({ ...node, WATCHDOG_SECONDS: '9999' }).stuckAfterMs).toBe(9_999_000);
  expect(loadWorkerConfig({ ...node, WATCHDOG_SECONDS: 'off' }).stuckAfterMs).toBeNull();
});

test.each(['', '0', '4', '-5', '1e2', '5.5', '10000', 'on'])('WATCHDOG_SECONDS=%j is refused', (WATCHDOG_SECONDS) => {
  expect(() => loadWorkerConfig({ ...node, WATCHDOG_SECONDS })).toThrow('WATCHDOG_SECONDS: must be off, or a number');
});

test('the address of a service has no user name or password in it, as it is called without', () => {
  for (const CAQH_URL of ['https://kim:secret@proview.example.org', 'https://kim@proview.example.org'])
    expect(() => loadWorkerConfig({ ...node, CAQH_URL })).toThrow(
      'CAQH_URL: must have no user name or password in it: it is called without',
    );
  expect(() => loadWorkerConfig({ ...node, CAQH_URL: 'nowhere' })).toThrow('CAQH_URL: must be an http or https URL');
});

test('a service is called over https, unless it is on this machine', () => {
  for (const name of ['CAQH_URL', 'NPPES_URL', 'LEIE_URL']) {
    for (const url of [
      'http://caqh.example.org',
      'http://10.0.0.7/',
      'http://localhost.example.org',
      'http://128.0.0.1',
    ])
      expect(() => loadWorkerConfig({ ...node, [name]: url })).toThrow(`${name}: must be https`);
    for (const url of ['http://localhost:9/x', 'http://127.0.0.1:9', 'http://[::1]:9/', 'https://caqh.example.org'])
      expect(() => loadWorkerConfig({ ...node, [name]: url })).not.toThrow();
  }
});

test('mail leaves without TLS only to a relay on this machine, and where that is wished for', () => {
  const SMTP_URL = 'smtp://mail.example.org:25';
  expect(loadWorkerConfig({ ...node, SMTP_URL }).smtpTls).toBe(true);
  expect(loadWorkerConfig({ ...node, SMTP_URL: 'smtp://localhost:25', SMTP_TLS: 'off' }).smtpTls).toBe(false);
  expect(() => loadWorkerConfig({ ...node, SMTP_URL, SMTP_TLS: 'off' })).toThrow('SMTP_TLS: must be required');
  expect(() => loadApiConfig({ ...api, SMTP_URL, SMTP_TLS: 'off' })).toThrow('SMTP_TLS: must be required');
});

describe('who signs people in', () => {
  const provider = {
    PUBLIC_URL: 'https://countersign.example.org/',
    OIDC_ISSUER: 'https://login.example.org/realms/staff',
    OIDC_CLIENT_ID: 'countersign',
    OIDC_CLIENT_SECRET: 's3cret',
  };

  test('is nobody without an issuer; with one, all that it takes is read', () => {
    expect(loadApiConfig({ ...api, PUBLIC_URL: provider.PUBLIC_URL }).signIn).toBeNull();
    expect(loadApiConfig({ ...api, ...provider }).signIn).toEqual({
      issuer: 'https://login.example.org/realms/staff',
      clientId: 'countersign',
      clientSecret: 's3cret',
      publicUrl: 'https://countersign.example.org',
    });
    expect(() => loadApiConfig({ ...api, OIDC_ISSUER: provider.OIDC_ISSUER })).toThrow(
      [
        'The environment is not usable:',
        '  PUBLIC_URL: is required where OIDC_ISSUER is set',
        '  OIDC_CLIENT_ID: is required where OIDC_ISSUER is set',
        '  OIDC_CLIENT_SECRET: is required where OIDC_ISSUER is set',
      ].join('\n'),
    );
  });

  test('is reached over https, as the API is, unless it is on this machine', () => {
    for (const name of ['PUBLIC_URL', 'OIDC_ISSUER']) {
      expect(() => loadApiConfig({ ...api, ...provider, [name]: 'http://10.0.0.7' })).toThrow(`${name}: must be https`);
      expect(() => loadApiConfig({ ...api, ...provider, [name]: 'http://localhost:3000' })).not.toThrow();
    }
    for (const path of ['/app', '/?a=1', '/#a'])
      expect(() => loadApiConfig({ ...api, ...provider, PUBLIC_URL: `https://a.example${path}` })).toThrow(
        'PUBLIC_URL: must have no path',
      );
  });
});

describe('where documents are kept', () => {
  const bucket = { DOCUMENTS_S3_BUCKET: 'papers', DOCUMENTS_S3_REGION: 'eu-west-1' };
  const account = { DOCUMENTS_S3_ACCESS_KEY_ID: 'AK', DOCUMENTS_S3_SECRET_ACCESS_KEY: 'secret-of-theirs' };

  test('is a folder or a bucket, whose account has to be named', () => {
    expect(loadWorkerConfig({ ...node, DOCUMENTS_DIR: '/documents' }).documents).toEqual({ directory: '/documents' });
    expect(loadWorkerConfig({ ...node, ...bucket, ...account, DOCUMENTS_DIR: '/spool' }).documents).toEqual({
      s3: {
        endpoint: 'https://s3.eu-west-1.amazonaws.com',
        region: 'eu-west-1',
        bucket: 'papers',
        accessKeyId: 'AK',
        secretAccessKey: 'secret-of-theirs',
        spool: '/spool',
      },
    });
    expect(() => loadWorkerConfig({ ...node, ...bucket })).toThrow(
      'DOCUMENTS_S3_ACCESS_KEY_ID: is required where DOCUMENTS_S3_BUCKET is given\n' +
        '  DOCUMENTS_S3_SECRET_ACCESS_KEY: is required',
    );
    expect(() =>
      loadWorkerConfig({ ...node, ...bucket, ...account, DOCUMENTS_S3_ENDPOINT: 'http://s3.example.com' }),
    ).toThrow('DOCUMENTS_S3_ENDPOINT: must be https');
  });

  test('and what may refuse a file is a program with its arguments', () => {
    const read = (command?: string) => loadApiConfig({ ...api, DOCUMENT_SCAN_COMMAND: command }).scanner;
    expect(read()).toBeNull();
    expect(read('clamdscan  --fdpass -')).toEqual({ command: ['clamdscan', '--fdpass', '-'], seconds: 60 });
    expect(read('["/opt/my scanner", "--name=$HOME"]')?.command).toEqual(['/opt/my scanner', '--name=$HOME']);
    for (const bad of ['', '  ', '[]', '[1]', '["a"']) expect(() => read(bad)).toThrow('DOCUMENT_SCAN_COMMAND');
  });
});

test('the making of the roles takes the URL of each and an administrator’s', () => {
  expect(() => loadRolesConfig({})).toThrow(
    ['DATABASE_URL_ADMIN', ...Object.keys(urls)].map((name) => `  ${name}: is required`).join('\n'),
  );
  expect(loadRolesConfig({ ...urls, DATABASE_URL_ADMIN: 'postgres://root@localhost/countersign' })).toMatchObject({
    administratorUrl: 'postgres://root@localhost/countersign',
    urls: { owner: urls.DATABASE_URL, purge: urls.DATABASE_URL_PURGE },
  });
});
