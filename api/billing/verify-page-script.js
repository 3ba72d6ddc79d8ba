'use strict';
/* The page /verify: shows what is signed and whether it is, without any network. `verifyCertificate` stands before it. */

const find = (id) => document.getElementById(id);
const knownKeys = JSON.parse(find('keys').textContent);

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
  const [file] = find('file').files;
  const text = file ? await file.text() : find('text').value;
  if (text.trim() === '') return;
  const given = find('key').value.trim();
  const { keyId } = await verifyCertificate(text, []);
  const keys = given ? [{ id: keyId, publicKey: given }] : knownKeys;
  const { result, certificate } = await verifyCertificate(text, keys);
  const [title, explanation] = SAID[result];
  find('result').dataset.result = result;
  find('title').textContent = title;
  find('explanation').textContent = explanation;
  find('content').textContent = result === 'valid' ? JSON.stringify(certificate, null, 2) : '';
}

for (const id of ['file', 'text', 'key']) find(id).addEventListener('input', () => void showResult());
