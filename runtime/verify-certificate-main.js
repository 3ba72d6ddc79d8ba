'use strict';
/** `npm run certificate:verify -- FILE [--key KEY]`: whether a certificate is as it was signed, without any network. */
const { existsSync, readFileSync } = require('node:fs');
const { parseArgs } = require('node:util');
const { verifyCertificate } = require('./certificate-check');

const USAGE = `usage: certificate:verify FILE [--key KEY]
KEY is a public key (base64url), or the file /.well-known/certificate-keys.json as the issuer serves it.`;

/** Reads the keys that are given: a file of them, or one that stands for whichever signed. */
function readKeys(given, keyId) {
  if (!given) return [];
  if (!existsSync(given)) return [{ id: keyId, publicKey: given }];
  return JSON.parse(readFileSync(given, 'utf8')).items;
}

const EXPLAINED = {
  valid: 'VALID: the certificate is as it was signed by this key. Whether it still holds, its issuer says.',
  invalid: 'NOT VALID: the certificate is not what this key signed.',
  unreadable: 'NOT VALID: this is no certificate, or the key is none.',
  unknown_key: 'UNDECIDED: give the public key that signed it.',
  unsupported: 'UNDECIDED: this version of Node knows no Ed25519.',
};
const EXIT_CODES = { valid: 0, invalid: 1, unreadable: 1, unknown_key: 2, unsupported: 2 };

async function runCheck() {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { key: { type: 'string' } } });
  if (positionals.length !== 1) throw new Error(USAGE);
  const text = readFileSync(positionals[0], 'utf8');
  const { keyId } = await verifyCertificate(text, []);
  const { result, certificate } = await verifyCertificate(text, readKeys(values.key, keyId));
  const lines = [
    EXPLAINED[result],
    keyId && `key ${keyId}`,
    result === 'valid' && JSON.stringify(certificate, null, 2),
  ];
  process.stdout.write(`${lines.filter(Boolean).join('\n')}\n`);
  process.exitCode = EXIT_CODES[result];
}

runCheck().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});
