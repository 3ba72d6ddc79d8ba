import { randomUUID } from 'node:crypto';
import { addDays } from '../../domain/dates';
import { billingReadiness } from '../../domain/readiness';
import { recordEnding } from '../../record/endings';
import { writeEvidence } from '../../record/evidence';
import type { Principal } from '../../record/principal';
import { readinessEvidence } from '../../record/readiness';
import { putHold } from '../../record/retention';
import { eventually } from '../support/eventually';
import { adoptedConfirmed, type Book } from '../support/file';
import { Lives } from '../support/lives';

const PRINCIPAL: Principal = { type: 'system', id: 'test', name: 'Test', role: 'admin', clientIds: null };

let lives: Lives;
beforeAll(async () => {
  lives = await Lives.begin();
});
afterAll(() => lives.stop());

/** A client that left the day before yesterday, with a participation that is its provider's own. */
async function left() {
  const { sql, dispatch } = lives;
  const on = addDays(await lives.today(), -2);
  const life = await lives.open({ adopt: adoptedConfirmed(on) });
  const { clientId, providerId } = life.book;
  const dea = [{ state: 'CO', number: 'AB1234563', expiresOn: '2099-01-01' }];
  await sql`update providers set dea = ${sql.json(dea)} where id = ${providerId}`;
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
  await dispatch.changed('ending', recorded.ending.id);
  const tell = () => Promise.all([clientId, providerId].map((id) => dispatch.changed('retention', id)));
  await eventually(async () => {
    const [{ access }] = await sql<
      [{ access: object | null }]
    >`select access from endings where id = ${recorded.ending.id}`;
    return access;
  });
  return { ...life.book, id: life.id, on, tell };
}

async function secretsOf({ practiceId, providerId }: Book) {
  const [row] = await lives.sql<
    { tinSealed: string | null; tinHash: Buffer | null; tinLast4: string; policy: string | null; dea: [] }[]
  >`
    select tin_sealed, tin_hash, tin_last4, p.malpractice->>'policyNumber' as policy, p.dea
    from practices, providers p where practices.id = ${practiceId} and p.id = ${providerId}`;
  return row!;
}
const GONE = { tinSealed: null, tinHash: null, tinLast4: '6789', policy: null, dea: [] };

test('secrets of whoever left are purged after 90 days, once; evidence and the gate’s answers of before stay', async () => {
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
  expect((await writeEvidence(lives.sql, client.id)).file.practice.tin.last4).toBe('6789');
  const { providerId, practiceId, payerId } = client;
  const question = { providerId, practiceId, payerId, state: 'CO', dateOfService: addDays(client.on, -10) };
  const [onFile] = await readinessEvidence(lives.sql, PRINCIPAL, [question]);
  if (!onFile || 'unknown' in onFile) throw new Error('unknown');
  expect(billingReadiness(question, onFile.evidence).mayBill).toBe(true);
});

test('a legal hold stops the purge for as long as it lasts; released, what was due goes at once', async () => {
  const client = await left();
  const hold = (on: boolean) =>
    putHold(
      lives.sql,
      PRINCIPAL,
      'client',
      { id: client.clientId, clientId: client.clientId },
      { hold: on, reason: 'a claim' },
    );
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
