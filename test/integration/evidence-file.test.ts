import { createHash } from 'node:crypto';
import { ADMIN_KEY } from '../support/api';
import {
  createAllFacts,
  daysAgo,
  daysAhead,
  FACTS,
  createProof,
  System,
  TODAY,
  type OpenApplication,
} from '../support/system';

let system: System;
beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system.stop());

const SHA = 'ab'.repeat(32);
const evidence = async (application: OpenApplication, query = '', sent = {}) =>
  system.api.get(`${application.path}/evidence${query}`, sent);
/** The bytes of an answer. */
async function bytes(path: string): Promise<Buffer> {
  const response = await fetch(system.api.url + path, { headers: { Authorization: `Bearer ${ADMIN_KEY}` } });
  return Buffer.from(await response.arrayBuffer());
}

/** An application with all that can happen to one: two attempts, a strike, a dispute, a contract, notes. */
async function eventful() {
  const filed = await system.file();
  const document = async (name: string, sha256: string) =>
    (await system.api.make(`/v1/clients/${filed.clientId}/documents`, { kind: 'letter', name, sha256 })).id;
  const [fax, letter] = [
    await document('Fax of the application.pdf', SHA),
    await document('Welcome letter.pdf', 'cd'.repeat(32)),
  ];
  const application = await system.open(filed);
  await application.submit({ submittedOn: daysAgo(40), referenceNumber: 'REF-1', proof: [fax] });
  await application.contact('received', { rep: 'Jo', department: 'Intake', referenceNumber: 'C-1', notes: 'rude' });
  await application.contact('denied', { channel: 'phone', rep: 'Wrong Person' });
  const denied = (await application.timeline()).find(({ kind, outcome }) => kind === 'contact' && outcome === 'denied');
  await application.act('corrections', { entryId: denied.id, reason: 'that was another provider' });
  await application.contact('information_requested', { missingItems: ['Certificate of insurance', 'W-9'] });
  await application.act('information', { providedOn: TODAY, items: ['Certificate of insurance', 'W-9'], proof: [fax] });
  await application.act('resubmission', { reason: 'the payer lost it' });
  await application.submit({ channel: 'availity', referenceNumber: 'REF-2' });
  await application.act('notes', { text: 'the client owes us money', visibility: 'internal' });
  await application.act('notes', { text: 'All is well.', visibility: 'client' });
  await application.contact('approved', { channel: 'mail' });
  await application.act('contract', { status: 'sent', on: daysAgo(3), reference: 'ENV-1' });
  await application.act('contract', { status: 'signed', on: daysAgo(2), termNoticeDays: 90, renewsOn: daysAhead(300) });
  await application.confirm('payerProviderId', { source: 'phone', rep: 'Sam', reference: 'C-9' });
  await application.confirm('effectiveDate', { evidence: [letter], seen: { tinLast4: '6789' } });
  await application.confirm('effectiveDate', { value: '2026-02-01', reason: 'the letter was corrected' });
  await application.confirm('contract', { source: 'executed_contract' });
  await application.confirm('claimsRoute');
  return { application, fax, letter };
}

test('an evidence file has what was sent, every contact, the contract, every confirmation, and what was struck out as such', async () => {
  const { application, fax, letter } = await eventful();
  const { body, headers, status } = await evidence(application);
  expect(status).toBe(200);
  expect(headers.get('content-disposition')).toContain('attachment; filename=');
  expect(body.application).toMatchObject({ id: application.id, stage: 'confirmed', attempt: 2 });
  expect(body.practice.tin).toEqual({ type: 'ein', last4: '6789' });
  expect(body.attempts).toMatchObject([
    { number: 1, submittedOn: daysAgo(40), endedBy: 'resubmission' },
    { number: 2, submittedOn: TODAY, endedBy: null },
  ]);
  expect(body.submissions).toMatchObject([
    { attempt: 1, channel: 'payer_portal', referenceNumber: 'REF-1', documents: [{ id: fax, sha256: SHA }] },
    { attempt: 2, channel: 'availity', referenceNumber: 'REF-2', documents: [] },
  ]);
  expect(body.contacts.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'received',
    'denied',
    'information_requested',
    'approved',
  ]);
  expect(body.contacts[0]).toMatchObject({ attempt: 1, rep: 'Jo', department: 'Intake', referenceNumber: 'C-1' });
  expect(body.contacts[1].struck).toEqual({ reason: 'that was another provider' });
  expect(body.contacts[2].missingItems).toEqual(['Certificate of insurance', 'W-9']);
  expect(body.contract).toMatchObject([{ status: 'sent' }, { status: 'signed', termNoticeDays: 90 }]);
  const dates = body.confirmations.filter(({ fact }: { fact: string }) => fact === 'effectiveDate');
  expect(dates).toMatchObject([
    { status: 'superseded', value: '2026-01-01', documents: [{ id: letter }], seen: { tinLast4: '6789' } },
    { status: 'confirmed', value: '2026-02-01', reason: 'the letter was corrected' },
  ]);
  expect(body.participation).toEqual({ effectiveFrom: '2026-02-01', effectiveTo: null });
  expect(body.documents).toHaveLength(2);
});

/** A participation with everything that is looked after in one. */
async function lookedAfter() {
  const filed = await system.file();
  const { id: document } = await system.api.make(`/v1/clients/${filed.clientId}/documents`, {
    kind: 'other',
    name: 'Screenshot of the portal.png',
    sha256: SHA,
  });
  const application = await system.open(filed, { adopt: { stage: 'confirmed', confirmations: createAllFacts() } });
  const seen = (status: string, more: object = {}) => ({
    status,
    seenOn: daysAgo(1),
    source: 'portal',
    reference: 'P-1',
    ...more,
  });
  await application.act('loading', seen('not_loaded', { evidence: [document] }));
  await application.act('issues', { code: 'wrong_tin', since: daysAgo(5), reference: 'EOB-7', evidence: [document] });
  await application.act('directory', seen('inaccurate'));
  const by = { resolvedOn: TODAY, source: 'test_claim', reference: 'TC-1' };
  await application.act('issue-resolution', { code: 'wrong_tin', ...by });
  await application.act('issues', { code: 'not_loaded', since: daysAgo(3) });
  await application.act('loading', seen('loaded', { source: 'phone', rep: 'Jo', reference: 'C-3' }));
  await application.act('issues', { code: 'claims_denied', since: daysAgo(2) });
  await application.act('directory', seen('listed', { source: 'directory' }));
  await application.act('committee-date', { on: daysAgo(900), source: 'letter', reference: 'L-1' });
  await application.act('recredentialing', { startedOn: daysAgo(4), source: 'email', reference: 'E-1' });
  return { application, document };
}

test('of a participation it has what was seen, every issue with its end, and the cycles of recredentialing', async () => {
  const { application, document } = await lookedAfter();
  const { body } = await evidence(application);
  const [proved, documents] = [{ source: 'portal', reference: 'P-1', seenOn: daysAgo(1) }, [{ id: document }]];
  expect(body.loading).toMatchObject([
    { status: 'not_loaded', ...proved, documents },
    { status: 'loaded', source: 'phone', rep: 'Jo', documents: [] },
  ]);
  expect(body.directory).toMatchObject([
    { status: 'inaccurate', ...proved },
    { status: 'listed', source: 'directory' },
  ]);
  expect(body.issues).toMatchObject([
    {
      code: 'wrong_tin',
      since: daysAgo(5),
      disproves: ['claimsRoute'],
      reference: 'EOB-7',
      documents,
      resolvedOn: TODAY,
      resolution: { source: 'test_claim', reference: 'TC-1' },
    },
    { code: 'not_loaded', disproves: [], resolvedOn: daysAgo(1), resolution: null },
    { code: 'claims_denied', resolvedOn: null, resolution: null },
  ]);
  const { cycle, steps } = body.recredentialing;
  expect(cycle).toMatchObject({ from: daysAgo(900), basis: 'stated' });
  expect(steps.slice(0, 2)).toMatchObject([
    { what: 'committee_date', on: daysAgo(900), source: 'letter', reference: 'L-1' },
    { what: 'recredentialing', on: daysAgo(4), source: 'email', reference: 'E-1' },
  ]);
  expect(steps[2]).toMatchObject({ what: 'recredentialing_due', on: cycle.from, dueOn: cycle.dueOn });
  // an issue that was raised in error stays as such
  const raised = (await application.timeline()).find(({ code }) => code === 'claims_denied');
  await application.act('corrections', { entryId: raised.id, reason: 'another provider' });
  const [, , struck] = (await evidence(application)).body.issues;
  expect(struck).toMatchObject({ code: 'claims_denied', struck: { reason: 'another provider' }, resolvedOn: null });
});

test('a file that was frozen as version 1 is still a paper', async () => {
  const { application } = await lookedAfter();
  const { loading: _, directory: _d, issues: _i, recredentialing: _r, ...rest } = (await evidence(application)).body;
  const file = JSON.stringify({ ...rest, v: 1 });
  const sha256 = createHash('sha256').update(file).digest('hex');
  const { id: applicationId, filed } = application;
  await system.api.deps.sql`
    insert into evidence_files ${system.api.deps.sql({ id: applicationId, clientId: filed.clientId, applicationId, sha256, file })}`;
  expect((await evidence(application, `?sha256=${sha256}`)).body).toEqual(JSON.parse(file));
  const pdf = await bytes(`${application.path}/evidence?format=pdf&sha256=${sha256}`);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
});

test('it says nothing of the operator’s own notes, of whole tax ids, of anything sealed', async () => {
  const { application } = await eventful();
  const json = JSON.stringify((await evidence(application)).body);
  expect(json).toContain('All is well.');
  for (const secret of ['owes us money', 'rude', '3456789', 'sealed', 'P-1']) expect(json).not.toContain(secret);
});

test('the file is the same byte for byte until something is recorded, and its digest is on the PDF', async () => {
  const { application } = await eventful();
  const path = `${application.path}/evidence`;
  const before = await bytes(path);
  expect(await bytes(path)).toEqual(before);
  const pdf = await bytes(`${path}?format=pdf`);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect(pdf.length).toBeGreaterThan(10_000);
  await application.act('notes', { text: 'one more', visibility: 'client' });
  const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
  expect(sha256(await bytes(path))).not.toBe(sha256(before));
  expect((await evidence(application, `?sha256=${sha256(before)}`)).status).toBe(404);
});

test('what was taken over from elsewhere shows what it came with', async () => {
  const filed = await system.file();
  const adopt = {
    stage: 'confirmed',
    submittedOn: daysAgo(90),
    referenceNumber: 'OLD-1',
    confirmations: createAllFacts(),
  };
  const application = await system.open(filed, { adopt });
  const { body } = await evidence(application);
  expect(body.submissions).toMatchObject([{ channel: null, submittedOn: daysAgo(90), referenceNumber: 'OLD-1' }]);
  expect(body.confirmations).toHaveLength(Object.keys(FACTS).length);
  expect(body.confirmations.map(({ value }: { value: unknown }) => value)).toEqual(Object.values(FACTS));
});

test('it renders whatever was written: ten thousand characters, lines without end, letters of every alphabet', async () => {
  const application = await system.at('submitted');
  await application.act('pause', { reason: 'line\n'.repeat(1999) });
  await application.act('resume', { reason: `Nguyễn ${'x'.repeat(9_900)}` });
  await application
    .confirm('contract', createProof({ none: true, basis: 'group_contract', saidBy: 'Zoë' }))
    .catch(() => null);
  const pdf = await bytes(`${application.path}/evidence?format=pdf`);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect((await evidence(application)).status).toBe(200);
});

test('a user who may not see the application finds no evidence; one who may see it may take it', async () => {
  const { application } = await eventful();
  const stranger = { key: await system.api.keyOf('client', [(await system.file()).clientId]) };
  expect((await evidence(application, '', stranger)).status).toBe(404);
  for (const role of ['client', 'auditor'])
    expect(
      (await evidence(application, '', { key: await system.api.keyOf(role, [application.filed.clientId]) })).status,
    ).toBe(200);
  expect((await evidence(application, '?format=docx')).status).toBe(400);
  expect((await evidence(application, '?sha256=abc')).body.errors).toMatchObject([{ path: 'sha256', rule: 'sha256' }]);
});
