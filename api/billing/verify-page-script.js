'use strict';
/* The page /verify: shows what is signed and whether it is, without any network. `verifyCertificate` stands before it. */

const findPart = (id) => document.getElementById(id);
const knownKeys = JSON.parse(findPart('keys').textContent);

const SAID = {
  valid: [
    'Valid',
    'The certificate is as it was signed. Whether it still holds, its issuer says at the path of checkAt.',
  ],
  invalid: ['Not valid', 'This is not what the key signed: something in it was changed.'],
  unreadable: ['Not valid', 'This is no certificate of billing readiness, or the key is none.'],
  unknown_key: ['Undecided', 'This page does not have the key that signed it. Put in the public key of the issuer.'],
  unsupported: [
    'Undecided',
    'This browser cannot verify Ed25519 signatures. A newer one can, and so can the command certificate:verify.',
  ],
};

async function showResult() {
  const [file] = findPart('file').files;
  const text = file ? await file.text() : findPart('text').value;
  if (text.trim() === '') return;
  const given = findPart('key').value.trim();
  const { keyId } = await verifyCertificate(text, []);
  const keys = given ? [{ id: keyId, publicKey: given }] : knownKeys;
  const { result, certificate } = await verifyCertificate(text, keys);
  const [title, explanation] = SAID[result];
  findPart('result').dataset.result = result;
  findPart('title').textContent = title;
  findPart('explanation').textContent = explanation;
  findPart('content').textContent = result === 'valid' ? JSON.stringify(certificate, null, 2) : '';
}

for (const id of ['file', 'text', 'key']) findPart(id).addEventListener('input', () => void showResult());
