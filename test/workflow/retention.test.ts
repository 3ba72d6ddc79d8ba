import { randomUUID } from 'node:crypto';
import { addDays } from '../../domain/time/dates';
import { evaluateBillingReadiness } from '../../domain/billing/readiness';
import { recordEnding } from '../../record/offboarding/endings';
import { freezeEvidenceFile, writeEvidenceFile } from '../../record/applications/evidence-file';
import type { Principal } from '../../record/kernel/principal';
import { readReadinessEvidence } from '../../record/billing/readiness';
import { linkEntries } from '../../record/operations/audit-chain';
import { putHold } from '../../record/offboarding/retention';
import { recordReturn } from '../../record/offboarding/returns';
import { putSettings } from '../../record/kernel/settings';
import type { Tx } from '../../runtime/database';
import { eventually } from '../support/eventually';
import { adoptAsConfirmed, type Book } from '../support/file';
import { testKeyring } from '../support/keys';
import { Lives } from '../support/lives';

const PRINCIPAL: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin();
});
afterAll(() => lives.stop());

/** A client that left the day before yesterday, with a participation that is its provider's own. */
async function left({ open = false } = {}) {
  const { sql, dispatch } = lives;
  const on = addDays(await lives.today(), -2);
  const life = await lives.open({ adopt: adoptAsConfirmed(on) });
  const { clientId, providerId } = life.book;
  const other = open ? await lives.open({ book: life.book, key: { state: 'NM' } }) : null;
  const dea = [{ state: 'CO', number: 'AB1234563', expiresOn: '2099-01-01' }];
  const cover = [{ carrier: 'HPSO', policyNumber: 'P0', expiresOn: '2020-01-01' }];
  await sql`
    update providers set dea = ${sql.json(dea)}, former_dea = ${sql.json(dea)}, former_malpractice = ${sql.json(cover)}
    where id = ${providerId}`;
  await sql`update practices set billing = ${sql.json({ account: '000111' })} where client_id = ${clientId}`;
  const terms = {
    on,
    reason: 'closed',
    applications: 'withdraw',
    terminate: false,
    source: 'email',
    reference: 'mail',
  } as const;
  const recorded = await recordEnding(sql, PRINCIPAL, randomUUID(), { clientId, providerId: null }, terms);
  if ('existingId' in recorded) throw new Error('ended before');
  const { id } = recorded.ending;
  await dispatch.notifyWatch('ending', id);
  const tell = () => Promise.all([clientId, providerId].map((whom) => dispatch.notifyWatch('retention', whom)));
  await eventually(async () => {
    const [{ access }] = await sql<[{ access: object | null }]>`select access from endings where id = ${id}`;
    return access;
  });
  return { ...life.book, id: life.id, open: other, on, tell };
}

async function secretsOf({ practiceId, providerId }: Pick<Book, 'practiceId' | 'providerId'>) {
  const [row] = await lives.sql<
    {
      tinSealed: string | null;
      tinHash: Buffer | null;
      tinLast4: string;
      policy: string | null;
      dea: [];
      formerDea: [];
      formerMalpractice: object[];
      billing: object | null;
    }[]
  >`
    select tin_sealed, tin_hash, tin_last4, p.malpractice->>'policyNumber' as policy, p.dea, p.former_dea, p.former_malpractice, billing
    from practices, providers p where practices.id = ${practiceId} and p.id = ${providerId}`;
  return row!;
}
const GONE = {
  tinSealed: null,
  tinHash: null,
  tinLast4: '6789',
  policy: null,
  dea: [],
  formerDea: [],
  // the answers about billing readiness rest on its days
  formerMalpractice: [{ carrier: 'HPSO', expiresOn: '2020-01-01' }],
  billing: null,
};

test('secrets of a departed provider are purged after 90 days, once; evidence and earlier answers about billing readiness stay', async () => {
  const client = await left();
  await client.tell();
  await lives.env.sleep('80 days');
  expect((await secretsOf(client)).tinSealed).toBe('sealed');
  await lives.env.sleep('12 days');
  await eventually(
    async () => (await secretsOf(client)).tinSealed === null && (await secretsOf(client)).policy === null,
  );
  expect(await secretsOf(client)).toEqual(GONE);
  await client.tell();
  const purges = await lives.sql`
    select from audit_log where action = 'retention.purge' and client_id = ${client.clientId}`;
  expect(purges).toHaveLength(2);
  expect((await writeEvidenceFile(lives.sql, client.id)).file.practice.tin.last4).toBe('6789');
  const { providerId, practiceId, payerId } = client;
  const question = { providerId, practiceId, payerId, state: 'CO', dateOfService: addDays(client.on, -10) };
  const [onFile] = await readReadinessEvidence(lives.sql, PRINCIPAL, [question]);
  if (!onFile || 'unknown' in onFile) throw new Error('unknown');
  expect(evaluateBillingReadiness(question, onFile.evidence).mayBill).toBe(true);
});

const holdOn = (kind: 'client' | 'provider', id: string, clientId: string, hold: boolean) =>
  putHold(lives.sql, PRINCIPAL, kind, { id, clientId }, { hold, reason: 'a claim' });

test('a legal hold stops the purge for as long as it lasts; released, what was due goes at once', async () => {
  const client = await left();
  const hold = (on: boolean) => holdOn('client', client.clientId, client.clientId, on);
  await hold(true);
  await client.tell();
  await lives.env.sleep('200 days');
  expect(await secretsOf(client)).toMatchObject({ tinSealed: 'sealed', policy: 'P1' });
  await hold(false);
  await client.tell();
  await eventually(
    async () => (await secretsOf(client)).tinSealed === null && (await secretsOf(client)).policy === null,
  );
  expect(await secretsOf(client)).toEqual(GONE);
});

test('a hold on one provider keeps what is theirs, and nothing else', async () => {
  const client = await left();
  await holdOn('provider', client.providerId, client.clientId, true);
  await client.tell();
  await lives.env.sleep('100 days');
  await eventually(async () => (await secretsOf(client)).tinSealed === null);
  expect(await secretsOf(client)).toMatchObject({ policy: 'P1', dea: [{ number: 'AB1234563' }] });
  await holdOn('provider', client.providerId, client.clientId, false);
  await client.tell();
  await eventually(async () => (await secretsOf(client)).policy === null);
});

test('while an application is open nothing of it is purged; once it has closed, within a week', async () => {
  const client = await left({ open: true });
  await client.tell();
  await lives.env.sleep('150 days');
  expect(await secretsOf(client)).toMatchObject({ tinSealed: 'sealed', policy: 'P1' });
  await client.open!.act('withdrawal', { reason: 'too late' });
  expect((await secretsOf(client)).tinSealed).toBe('sealed');
  await lives.env.sleep('8 days');
  await eventually(
    async () => (await secretsOf(client)).tinSealed === null && (await secretsOf(client)).policy === null,
  );
});

test('a provider who returns before the day is not purged on it', async () => {
  const client = await left();
  await client.tell();
  const { clientId } = client;
  const said = { on: await lives.today(), source: 'email', reference: 'mail' } as const;
  const back = await recordReturn(
    lives.sql,
    testKeyring,
    PRINCIPAL,
    randomUUID(),
    { clientId, providerId: null },
    said,
  );
  expect(back).toMatchObject({ back: { providerIds: [client.providerId] } });
  await lives.env.sleep('100 days');
  await client.tell();
  await lives.env.sleep('1 day');
  expect(await secretsOf(client)).toMatchObject({ tinSealed: 'sealed', policy: 'P1' });
});

test('evidence, the answers about billing readiness and the audit log are kept for years, each as the settings have it, and one that is changed counts at once', async () => {
  const { sql } = lives;
  const client = await left();
  const { clientId } = client;
  await freezeEvidenceFile(sql, randomUUID(), { id: client.id, clientId });
  await sql`
    insert into readiness_answers ${sql({ clientId, askedBy: sql.json({}), question: sql.json({}), mayBill: false, reasons: [], entryIds: [] })}`;
  const kept = async () => {
    const [row] = await sql<{ evidence: number; answers: number; audit: number }[]>`
      select (select count(*) from evidence_files where client_id = ${clientId})::int as evidence,
        (select count(*) from readiness_answers where client_id = ${clientId})::int as answers,
        (select count(*) from audit_log where client_id = ${clientId} and action <> 'retention.purge')::int as audit`;
    return row!;
  };
  const before = await kept();
  expect(before).toMatchObject({ evidence: 1, answers: 1 });
  expect(before.audit).toBeGreaterThan(0);
  await putSettings(sql, PRINCIPAL, { evidenceKeepYears: 2, readinessKeepYears: 4, auditKeepYears: 9 });
  await client.tell();
  await lives.env.sleep('720 days');
  expect(await kept()).toEqual(before);
  await lives.env.sleep('20 days');
  await eventually(async () => (await kept()).evidence === 0);
  expect(await kept()).toEqual({ ...before, evidence: 0 });
  await lives.env.sleep('730 days');
  await eventually(async () => (await kept()).answers === 0);
  expect(await kept()).toMatchObject({ audit: before.audit });
  // the relay tells of a setting that is changed
  await putSettings(sql, PRINCIPAL, { auditKeepYears: 6 });
  await client.tell();
  await lives.env.sleep('725 days');
  // the database goes by its own clock: what it wrote today stays
  expect(await kept()).toMatchObject({ audit: before.audit });
  await rewrite((tx) => tx`update audit_log set at = at - interval '7 years' where client_id = ${clientId}`);
  await linkAll();
  await lives.env.sleep('2 days');
  await eventually(async () => (await kept()).audit === 0);
  // that it was done stays
  const purges = await sql<{ what: string }[]>`
    select detail->>'what' as what from audit_log where client_id = ${clientId} and subject_type = 'client' order by id`;
  expect(purges.map(({ what }) => what)).toEqual(['audit']);
});

/** As a superuser may, past every trigger. */
const rewrite = (change: (tx: Tx) => Promise<unknown>) =>
  lives.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await change(tx);
  });

/** Links all entries, as the worker does. */
async function linkAll(): Promise<void> {
  while ((await linkEntries(lives.sql)) > 0);
}

test('the database lets no entry of the audit log go before six years, of a client that has not left or is held', async () => {
  const { sql } = lives;
  const client = await left();
  const { clientId } = client;
  const taken = async () => (await sql`delete from audit_log where client_id = ${clientId} returning id`).length;
  const age = (years: number) =>
    rewrite(
      (tx) => tx`update audit_log set at = now() - make_interval(years => ${years}) where client_id = ${clientId}`,
    );
  const appendOnly = { code: '23001', message: expect.stringMatching('append-only') };
  await age(5);
  await linkAll();
  await expect(taken()).rejects.toMatchObject(appendOnly);
  await age(7);
  await holdOn('client', clientId, clientId, true);
  await age(7);
  await linkAll();
  await expect(taken()).rejects.toMatchObject(appendOnly);
  await holdOn('client', clientId, clientId, false);
  await age(7);
  // one is not linked yet, and would leave no hash
  await expect(taken()).rejects.toMatchObject(appendOnly);
  await linkAll();
  await expect(sql`update audit_log set outcome = 'refused' where client_id = ${clientId}`).rejects.toMatchObject(
    appendOnly,
  );
  await expect(sql`truncate audit_log cascade`).rejects.toMatchObject(appendOnly);
  expect(await taken()).toBeGreaterThan(0);
});
