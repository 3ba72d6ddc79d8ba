'use strict';
/*
 * Verifies certificates, in a browser and in Node alike: the page /verify has this text in it, the command and the product
 * load it. It reaches no network.
 */

/** Writes JSON as RFC 8785 has it: fields in the order of their UTF-16 units, and no spaces. */
function canonicalizeJson(value) {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalizeJson(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const names = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalizeJson(value[name])}`).join(',')}}`;
}

/** Reads base64url. */
const decodeBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));

/** Reads the certificate and the signature of a file; null if it has none. */
function readCertificateFile(text) {
  try {
    const { certificate, signature } = JSON.parse(text);
    const { algorithm, keyId, value } = signature;
    if (typeof certificate !== 'object' || certificate === null) return null;
    return algorithm === 'Ed25519' && [keyId, value].every((one) => typeof one === 'string')
      ? { certificate, keyId, signature: value }
      : null;
  } catch {
    return null;
  }
}

/**
 * Verifies the text of a certificate's file by the key of its id among `keys` ({id, publicKey: base64url}). Answers
 * {result, keyId, certificate}: `valid`, `invalid`, `unknown_key`, `unreadable` (the file, or the key) or `unsupported` (this
 * browser knows no Ed25519).
 */
async function verifyCertificate(text, keys) {
  const file = readCertificateFile(text);
  if (!file) return { result: 'unreadable' };
  const { certificate, keyId, signature } = file;
  const key = keys.find(({ id }) => id === keyId);
  if (!key) return { result: 'unknown_key', keyId, certificate };
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return { result: 'unsupported', keyId, certificate };
  let publicKey;
  let bytes;
  try {
    bytes = decodeBytes(signature);
    publicKey = await subtle.importKey('raw', decodeBytes(key.publicKey), { name: 'Ed25519' }, false, ['verify']);
  } catch (error) {
    return { result: error.name === 'NotSupportedError' ? 'unsupported' : 'unreadable', keyId, certificate };
  }
  const signed = new TextEncoder().encode(canonicalizeJson(certificate));
  const valid = await subtle.verify({ name: 'Ed25519' }, publicKey, bytes, signed);
  return { result: valid ? 'valid' : 'invalid', keyId, certificate };
}

if (typeof module !== 'undefined') module.exports = { canonicalizeJson, verifyCertificate };
