import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { checkOldCertificates } from '../../record/billing/certificates';
import { emitReadinessChange } from '../../record/billing/readiness-watch';
import { batchDueMail, claimMail } from '../../record/outreach/mail';
import { verifyCertificate } from '../../runtime/certificate-check';
import {
  CLIENT,
  PAYER,
  PRACTICE,
  PROVIDER,
  listBrokenRules,
  readProblemType,
  TestApi,
  type Reply,
} from '../support/api';
import { inventNpi } from '../support/file';
import { createAllFacts, daysAgo, TODAY } from '../support/system';

const PATH = '/v1/billing-readiness/certificates';
const HOLDER = { name: 'Elm Billing', email: 'claims@elm-billing.example' };
let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

/** As much of an element as the page uses. */
class PageElement {
  value = '';
  files = [];
  dataset: Record<string, string> = {};
  textContent = '';
  listen: (() => void) | undefined;

  addEventListener(_event: string, listen: () => void): void {
    this.listen = listen;
  }
}

const statusOf = ({ status }: Reply): number => status;

/** A client whose provider may bill a payer, with a document behind each fact. */
async function file() {
  const { id: clientId } = await api.make('/v1/clients', CLIENT);
  const practice = await api.make(`/v1/clients/${clientId}/practices`, { ...PRACTICE, npi: inventNpi() });
  const provider = await api.make(`/v1/clients/${clientId}/providers`, { ...PROVIDER, npi: inventNpi() });
  const payer = await api.make('/v1/payers', { ...PAYER, name: `Payer ${randomUUID()}` });
  const sha256 = createHash('sha256').update(clientId).digest('hex');
  const letter = await api.make(`/v1/clients/${clientId}/documents`, {
    kind: 'letter',
    name: 'Welcome letter',
    sha256,
  });
  const place = { providerId: provider.id, practiceId: practice.id, payerId: payer.id, state: 'CA' };
  const adopt = { stage: 'confirmed', confirmations: createAllFacts({ evidence: [letter.id] }) };
  const { id: applicationId } = await api.make('/v1/applications', { ...place, adopt });
  return { clientId, applicationId, provider, sha256, question: { ...place, dateOfService: TODAY } };
}
const issue = (question: object, sent = {}) => api.make(PATH, { ...question, holder: HOLDER }, sent);
const readKeys = async () => (await api.get('/.well-known/certificate-keys.json', { key: '' })).body.items;
const check = async (issued: object) => (await verifyCertificate(JSON.stringify(issued), await readKeys())).result;
/** The step of the watch over an application's billing readiness. */
const wake = (applicationId: string) =>
  api.deps.sql.begin((tx) => emitReadinessChange(tx, applicationId, new Date().toISOString()));
const exclude = (providerId: string) =>
  api.make(`/v1/providers/${providerId}/exclusion-checks`, {
    source: 'sam',
    result: 'confirmed',
    checkedOn: TODAY,
    excludedOn: daysAgo(100),
  });

test('a certificate says what the answer rests on, and is verified by the keys that anybody may read', async () => {
  const { clientId, provider, question, sha256 } = await file();
  const issued = await issue(question);
  expect(issued).toMatchObject({ clientId, holder: HOLDER, holds: true, endedAt: null, endedBecause: null });
  const { certificate } = issued;
  expect(certificate).toMatchObject({
    id: issued.id,
    holder: HOLDER.name,
    answer: { mayBill: true, reasons: [], billThrough: 'own' },
    question: { provider: { npi: provider.npi }, practice: { tin: { last4: '6789' } }, dateOfService: TODAY },
    documents: [{ kind: 'letter', name: 'Welcome letter', sha256 }],
    checkAt: `/verify/${issued.id}`,
  });
  expect(certificate.facts.map(({ fact }: { fact: string }) => fact)).toEqual([
    'contract',
    'effectiveDate',
    'payerProviderId',
    'claimsRoute',
  ]);
  expect(certificate.facts[0]).toMatchObject({
    status: 'confirmed',
    value: 'executed',
    source: 'letter',
    reference: 'letter of the payer',
    confirmedOn: TODAY,
    documents: [certificate.documents[0].id],
  });
  // neither the address of the holder nor a whole tax id
  expect(JSON.stringify(certificate)).not.toMatch(/elm-billing|3456789/);
  expect(await check(issued)).toBe('valid');
  const read = await api.get(`${PATH}/${issued.id}`);
  expect(read.body).toEqual(issued);
  const pdf = await api.get(`${PATH}/${issued.id}/pdf`);
  expect([pdf.status, pdf.body.slice(0, 5)]).toEqual([200, '%PDF-']);
  expect(pdf.body).toContain('certificate.json');
});

test('a no is certified with its reasons, and an unknown question is not', async () => {
  const { question } = await file();
  const early = await issue({ ...question, dateOfService: '2020-01-01' });
  expect(early.certificate.answer).toMatchObject({ mayBill: false, reasons: ['before_effective_date'] });
  const missing = await api.post(PATH, { ...question, payerId: randomUUID(), holder: HOLDER });
  expect([missing.status, listBrokenRules(missing)]).toEqual([404, ['payerId unknown_reference']]);
});

describe('a file that is verified', () => {
  test('is not valid once anything in it is another, or another key signed it', async () => {
    const { question } = await file();
    const issued = await issue(question);
    const { certificate, signature } = issued;
    const forged = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x!;
    const text = JSON.stringify({ certificate, signature });
    const keys = await readKeys();
    expect((await verifyCertificate(text.replace('"mayBill":true', '"mayBill":false'), keys)).result).toBe('invalid');
    expect((await verifyCertificate(text.replace(HOLDER.name, `${HOLDER.name}x`), keys)).result).toBe('invalid');
    // order and spaces are none of its content
    const turned = { signature, certificate: Object.fromEntries(Object.entries(certificate).reverse()) };
    expect((await verifyCertificate(JSON.stringify(turned, null, 4), keys)).result).toBe('valid');
    const other = [{ id: signature.keyId, publicKey: forged }];
    expect((await verifyCertificate(text, other)).result).toBe('invalid');
    expect((await verifyCertificate(text, [])).result).toBe('unknown_key');
    expect((await verifyCertificate(text, [{ id: signature.keyId, publicKey: 'none' }])).result).toBe('unreadable');
    expect((await verifyCertificate('{"certificate":{}}', keys)).result).toBe('unreadable');
  });

  test('stays valid after the key is replaced, and the next is signed by the new one', async () => {
    const { question } = await file();
    const before = await issue(question);
    const made = await api.make('/v1/certificate-keys', undefined);
    const after = await issue(question);
    expect([await check(before), await check(after)]).toEqual(['valid', 'valid']);
    expect([after.signature.keyId, (await readKeys())[0].id]).toEqual([made.id, made.id]);
    expect(before.signature.keyId).not.toBe(made.id);
    expect(JSON.stringify(await readKeys())).not.toContain('rivate');
  });

  test('is verified by the command, offline', async () => {
    const { question } = await file();
    const issued = await issue(question);
    const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
    const path = join(folder, 'certificate.json');
    const [key] = await readKeys();
    const runCheck = async (...args: string[]): Promise<[number, string]> =>
      promisify(execFile)(process.execPath, [
        join(__dirname, '../../runtime/verify-certificate-main.js'),
        ...args,
      ]).then(
        ({ stdout }) => [0, stdout],
        ({ code, stdout }: { code: number; stdout: string }) => [code, stdout],
      );
    try {
      writeFileSync(path, JSON.stringify(issued));
      expect(await runCheck(path, '--key', key.publicKey)).toEqual([0, expect.stringMatching(/^VALID:/)]);
      expect(await runCheck(path)).toEqual([2, expect.stringMatching(/^UNDECIDED:/)]);
      const keyFile = join(folder, 'keys.json');
      writeFileSync(keyFile, JSON.stringify({ items: [key] }));
      expect((await runCheck(path, '--key', keyFile))[0]).toBe(0);
      writeFileSync(path, JSON.stringify({ ...issued, certificate: { ...issued.certificate, holder: 'Other' } }));
      expect(await runCheck(path, '--key', key.publicKey)).toEqual([1, expect.stringMatching(/^NOT VALID:/)]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is verified by the page, which reaches no network and runs nothing else', async () => {
    const { question } = await file();
    const issued = await issue(question);
    const page = await api.get('/verify', { key: '' });
    const policy = page.headers.get('Content-Security-Policy')!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-/);
    const [, script] = /<script>([\s\S]*)<\/script>/.exec(page.body)!;
    expect(policy).toContain(createHash('sha256').update(script!).digest('base64'));
    const [, keys] = /id="keys">(.*?)<\/script>/.exec(page.body)!;
    const elements = new Map<string, PageElement>();
    const getElementById = (id: string): PageElement => {
      const known = elements.get(id) ?? new PageElement();
      elements.set(id, known);
      return known;
    };
    getElementById('keys').textContent = keys!;
    runInNewContext(script!, { document: { getElementById }, crypto, TextEncoder, atob });
    const show = async (text: string, key = '') => {
      Object.assign(getElementById('text'), { value: text });
      Object.assign(getElementById('key'), { value: key });
      delete getElementById('result').dataset.result;
      getElementById('text').listen?.();
      for (let turn = 0; turn < 1000 && !getElementById('result').dataset.result; turn += 1)
        await new Promise(setImmediate);
      return [getElementById('title').textContent, getElementById('content').textContent !== ''];
    };
    const text = JSON.stringify(issued);
    expect(await show(text)).toEqual(['Valid', true]);
    expect(await show(text.replace('"mayBill":true', '"mayBill":false'))).toEqual(['Not valid', false]);
    expect(await show(text.replaceAll(issued.signature.keyId, 'another'))).toEqual(['Undecided', false]);
    const { publicKey } = (await readKeys()).find(({ id }: { id: string }) => id === issued.signature.keyId);
    expect(await show(text, publicKey)).toEqual(['Valid', true]);
  });
});

describe('a later change', () => {
  test('ends the certificates whose answer is another now: once, with an event and a mail to the holder', async () => {
    const { clientId, applicationId, provider, question } = await file();
    const [held, early] = [await issue(question), await issue({ ...question, dateOfService: '2020-01-01' })];
    await wake(applicationId);
    expect((await api.get(`${PATH}/${held.id}`)).body.holds).toBe(true);
    await exclude(provider.id);
    await wake(applicationId);
    await wake(applicationId);
    const ended = (await api.get(`${PATH}/${held.id}`)).body;
    expect(ended).toMatchObject({ holds: false, endedBecause: 'changed', certificate: held.certificate });
    expect(await check(ended)).toBe('valid');
    // the other day came before the exclusion
    const list = async (holds: boolean) =>
      (await api.get(`${PATH}?clientId=${clientId}&holds=${holds}`)).body.items.map(({ id }: { id: string }) => id);
    expect([await list(false), await list(true)]).toEqual([[held.id], [early.id]]);
    const { items } = (await api.get('/v1/events?type=certificate.ended&limit=200')).body;
    const events = items.filter(({ subjectId }: { subjectId: string }) => subjectId === held.id);
    expect(events).toMatchObject([{ clientId, data: { because: 'changed' } }]);
    const { sql } = api.deps;
    const batch = (now: string) => sql.begin((tx) => batchDueMail(tx, held.id, now));
    const first = await batch(new Date().toISOString());
    // outside of mailing hours it waits for them
    const { send } = first.send ? first : await batch(first.next!);
    const mail = await claimMail(sql, send!.id, { paced: false });
    expect(mail).toMatchObject({
      recipientType: 'holder',
      address: HOLDER.email,
      recipientName: HOLDER.name,
      messages: [{ template: 'certificate_ended', data: { certificateId: held.id, because: 'changed' } }],
    });
    const status = await api.get(`/verify/${held.id}`, { key: '' });
    expect(status.body).toEqual({ id: held.id, holds: false, endedAt: ended.endedAt, endedBecause: 'changed' });
  });

  test('of a fact ends them too, also where the answer stays yes', async () => {
    const { applicationId, question } = await file();
    const { id } = await issue(question);
    await api.deps.sql`
      update network_spans set facts = jsonb_set(facts, '{payerProviderId,value}', '"PIN-2"') where application_id = ${applicationId}`;
    await wake(applicationId);
    expect((await api.get(`${PATH}/${id}`)).body).toMatchObject({ holds: false, endedBecause: 'changed' });
  });

  test('that no watch noticed is found by the daily comparison', async () => {
    const { provider, question } = await file();
    const { id } = await issue(question);
    await exclude(provider.id);
    const { sql } = api.deps;
    await checkOldCertificates(sql);
    expect((await api.get(`${PATH}/${id}`)).body.holds).toBe(true);
    await sql`update certificates set checked_at = now() - interval '25 hours' where id = ${id}`;
    expect(await checkOldCertificates(sql)).toBe(1);
    expect((await api.get(`${PATH}/${id}`)).body.holds).toBe(false);
  });
});

test('who revokes one gives the reason, once; who has no address is not written to', async () => {
  const { question } = await file();
  const issued = await api.make(PATH, { ...question, holder: { name: 'No address' } });
  const reason = 'Issued for the wrong practice';
  const revoked = await api.post(`${PATH}/${issued.id}/revocation`, { reason });
  expect(revoked.body).toMatchObject({ holds: false, endedBecause: 'revoked', endedReason: reason });
  const again = await api.post(`${PATH}/${issued.id}/revocation`, { reason });
  expect([again.status, readProblemType(again)]).toEqual([409, 'certificate_ended']);
  const [{ count }] = await api.deps.sql<[{ count: number }]>`
    select count(*) from messages where recipient_id = ${issued.id}`;
  expect(count).toBe(0);
});

test('a key sees the certificates of its clients only, and issues them for these', async () => {
  const [mine, other] = [await file(), await file()];
  const [client, service, auditor] = await Promise.all(
    ['client', 'service', 'auditor'].map((role) => api.keyOf(role, [mine.clientId])),
  );
  const issued = await issue(mine.question, { key: client });
  const foreign = await issue(other.question);
  const own = await issue(mine.question, { key: service });
  const list = async (key?: string) =>
    (await api.get(PATH, { key })).body.items.map(({ id }: { id: string }) => id).sort();
  for (const key of [client, service, auditor]) expect(await list(key)).toEqual([issued.id, own.id].sort());
  for (const path of [`${PATH}/${foreign.id}`, `${PATH}/${foreign.id}/pdf`])
    expect(statusOf(await api.get(path, { key: client }))).toBe(404);
  const ask = (question: object, key?: string) => api.post(PATH, { ...question, holder: HOLDER }, { key });
  expect(statusOf(await ask(other.question, client))).toBe(404);
  expect(statusOf(await ask(mine.question, auditor))).toBe(403);
  expect(statusOf(await api.post(`${PATH}/${issued.id}/revocation`, { reason: 'no' }, { key: client }))).toBe(403);
  expect(statusOf(await api.post('/v1/certificate-keys', undefined, { key: client }))).toBe(403);
});

test('a retry under the same Idempotency-Key issues nothing more', async () => {
  const { clientId, question } = await file();
  const sent = { headers: { 'Idempotency-Key': randomUUID() } };
  const [one, two] = [await issue(question, sent), await issue(question, sent)];
  expect(two).toEqual(one);
  expect((await api.get(`${PATH}?clientId=${clientId}`)).body.items).toHaveLength(1);
});
