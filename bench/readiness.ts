import { randomUUID } from 'node:crypto';
import type { Sql } from '../runtime/database';
import { boot, quantile } from './booted';

const APPLICATIONS = 100_000;
const BATCH = 1000;
const ROUNDS = 20;

/** A book of confirmed applications, written straight into the tables: twenty payers for each of five thousand providers. */
async function writeBook(sql: Sql): Promise<{ providerId: string; practiceId: string; payerId: string }[]> {
  const [client, practice] = [randomUUID(), randomUUID()];
  await sql`
    insert into clients (id, name, time_zone, contact_email) values (${client}, 'Book', 'America/Chicago', 'a@b.example')`;
  await sql`
    insert into practices (id, client_id, legal_name, tin_type, tin_sealed, tin_hash, tin_last4, address)
    values (${practice}, ${client}, 'Book PC', 'ein', '', '', '1234', '{}')`;
  await sql`
    insert into payers (id, name) select gen_random_uuid(), 'Payer ' || n from generate_series(1, 20) n`;
  await sql`insert into playbooks (payer_id, version, body) select id, 1, '{}' from payers on conflict do nothing`;
  await sql`insert into persons (id, npi) select gen_random_uuid(), n::text from generate_series(1, 5000) n`;
  await sql`
    insert into providers (id, client_id, person_id, first_name, last_name, email)
    select gen_random_uuid(), ${client}, id, 'Robin', npi, 'a@b.example' from persons`;
  await sql`
    insert into licences (client_id, provider_id, state, number, expires_on)
    select client_id, id, 'CA', 'L', '2099-12-31' from providers`;
  const fact = (value: unknown) => ({
    status: 'confirmed',
    value,
    entryId: randomUUID(),
    source: 'letter',
    evidence: [],
    partySeen: true,
  });
  const facts = {
    contract: fact('executed'),
    effectiveDate: fact('2026-01-01'),
    payerProviderId: fact('PIN'),
    claimsRoute: fact({ portal: 'https://payer.example' }),
  };
  await sql`
    insert into applications (id, client_id, provider_id, practice_id, payer_id, state, line_of_business, kind,
      natural_key, playbook_version, open, stage, waiting_on, version, snapshot, created_at, updated_at)
    select gen_random_uuid(), p.client_id, p.id, ${practice}, y.id, 'CA', 'commercial', 'new_individual',
      p.id || '/' || y.id, 1, false, 'confirmed', 'nobody', 9, '{}', now(), now()
    from providers p, payers y where y.name like 'Payer %'`;
  await sql`
    insert into network_spans (client_id, application_id, provider_id, practice_id, payer_id, state, line_of_business,
      approved, effective_from, facts, known_from)
    select client_id, id, provider_id, practice_id, payer_id, state, line_of_business, true, '2026-01-01',
      ${sql.json(facts as never)}, now()
    from applications`;
  await sql`analyze`;
  return sql`
    select provider_id, practice_id, payer_id from applications order by md5(id::text) limit ${BATCH * (ROUNDS + 1)}`;
}

/** A batch of 1,000 readiness checks against one check, over HTTP on a book of 100,000 applications, interleaved. */
export async function measure(): Promise<void> {
  const { api, sql, stop } = await boot();
  try {
    const scopes = await writeBook(sql);
    const [{ count }] = await sql<[{ count: number }]>`select count(*)::int from applications`;
    if (count !== APPLICATIONS) throw new Error(`wanted ${APPLICATIONS} applications, wrote ${count}`);
    const question = (scope: object) => ({ ...scope, state: 'CA', dateOfService: '2026-06-01' });
    const ask = async (items: object[]): Promise<number> => {
      const began = performance.now();
      const { items: answers } = await api.post('/v1/billing-readiness', { items: items.map(question) });
      const took = performance.now() - began;
      if (!answers.every(({ mayBill }: { mayBill: boolean }) => mayBill)) throw new Error('an answer was no');
      return took;
    };
    const one: number[] = [];
    const batch: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const items = scopes.slice(round * BATCH, (round + 1) * BATCH);
      const took = [await ask(items.slice(0, 1)), await ask(items)] as const;
      if (round === 0) continue; // warms up
      one.push(took[0]);
      batch.push(took[1]);
    }
    const ratio = quantile(batch, 0.5) / quantile(one, 0.5);
    console.log(`${APPLICATIONS} applications, medians of ${ROUNDS} rounds`);
    console.log(`  one check          ${quantile(one, 0.5).toFixed(1)} ms`);
    console.log(`  a batch of ${BATCH}    ${quantile(batch, 0.5).toFixed(1)} ms, ${ratio.toFixed(0)} times one`);
  } finally {
    await stop();
  }
}
