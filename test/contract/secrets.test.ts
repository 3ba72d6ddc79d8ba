import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyring } from '../../runtime/keyring';

const root = join(__dirname, '../..');
const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], { cwd: root })
  .toString()
  .split('\n')
  .filter((file) => file && !file.startsWith('test/'));
const using = (words: RegExp) => sources.filter((file) => words.test(readFileSync(join(root, file), 'utf8'))).sort();

test('nothing but the keyring turns ENCRYPTION_KEYS into something else, and it makes no secret for a caller', () => {
  expect(using(/\b(hkdf|pbkdf2|scrypt)(Sync)?\(/)).toEqual(['runtime/keyring.ts']);
  // a webhook is signed with its own secret; the embedded server's roles have passwords by its superuser's, which is random
  expect(using(/\bcreateHmac\(/)).toEqual(['local/postgres.ts', 'outreach/webhook.ts', 'runtime/keyring.ts']);
  const keyring = createKeyring(`k:${Buffer.alloc(32).toString('base64')}`);
  expect(Object.keys(keyring).sort()).toEqual([
    'computeLookupHash',
    'computeLookupHashes',
    'decrypt',
    'encrypt',
    'open',
    'readKeyId',
    'seal',
  ]);
});

test('what callers authenticate with comes from the generator of random secrets', () => {
  expect(using(/\bcreateSecret\(/)).toEqual([
    'record/outreach/webhooks.ts',
    'record/registry/api-keys.ts',
    'record/registry/document-links.ts',
    'record/registry/invitations.ts',
    'record/registry/sessions.ts',
    'record/work-queue/calendar-feeds.ts',
  ]);
});

test('what is sealed in the database is in the one list, by which it is sealed anew', () => {
  expect(using(/\bkeyring\.(seal|open)\(/)).toEqual([
    'api/registry/sign-in.ts', // a cookie of ten minutes
    'record/kernel/sealed-fields.ts',
    'record/operations/key-rotation.ts',
  ]);
});
