import { randomUUID } from 'node:crypto';
import type { Sql } from '../runtime/database';

export const APPLICATIONS = 100_000;
const CLINICIANS = 5_000;
const PAYERS = 20;

/**
 * Writes a book of confirmed applications straight into the tables: twenty payers for each of the clinicians of one
 * practice, 100,000 where no number is given. A second book of other clinicians is another client's; returns the client's id.
 */
export const writeBook = (sql: Sql, { clinicians = CLINICIANS, first = 1 } = {}): Promise<string> =>
  sql.begin(async (tx) => {
    // on a busy machine more than a statement of the product's may take
    await tx`set local statement_timeout = 0`;
    const [client, practice] = [randomUUID(), randomUUID()];
    await tx`
    insert into clients (id, name, time_zone, contact_email) values (${client}, 'Book', 'America/Chicago', 'a@b.example')`;
    await tx`
    insert into practices (id, client_id, legal_name, tin_type, tin_sealed, tin_hash, tin_last4, address)
    values (${practice}, ${client}, 'Book PC', 'ein', '', '', '1234', '{}')`;
    await tx`
    insert into payers (id, name) select gen_random_uuid(), 'Payer ' || n from generate_series(1, ${PAYERS}::int) n
    where not exists (select from payers where name = 'Payer ' || n)`;
    await tx`insert into playbooks (payer_id, version, body) select id, 1, '{}' from payers on conflict do nothing`;
    await tx`
    insert into persons (id, npi)
    select gen_random_uuid(), n::text from generate_series(${first}::int, ${first + clinicians - 1}::int) n`;
    await tx`
    insert into providers (id, client_id, person_id, first_name, last_name, email)
    select gen_random_uuid(), ${client}, id, 'Robin', npi, 'a@b.example' from persons
    where id not in (select person_id from providers)`;
    await tx`
    insert into licences (client_id, provider_id, state, number, expires_on)
    select client_id, id, 'CA', 'L', '2099-12-31' from providers where client_id = ${client}`;
    const buildFact = (value: string | { portal: string }) => ({
      status: 'confirmed',
      value,
      entryId: randomUUID(),
      source: 'letter',
      evidence: [],
      partySeen: true,
    });
    const facts = {
      contract: buildFact('executed'),
      effectiveDate: buildFact('2026-01-01'),
      payerProviderId: buildFact('PIN'),
      claimsRoute: buildFact({ portal: 'https://payer.example' }),
    };
    await tx`
    insert into applications (id, client_id, provider_id, practice_id, payer_id, state, line_of_business, kind,
      natural_key, playbook_version, rules_version, open, stage, waiting_on, version, snapshot, created_at, updated_at)
    select gen_random_uuid(), p.client_id, p.id, ${practice}, y.id, 'CA', 'commercial', 'new_individual',
      p.id || '/' || y.id, 1, 1, false, 'confirmed', 'nobody', 9, '{}', now(), now()
    from providers p, payers y where p.client_id = ${client} and y.name like 'Payer %'`;
    await tx`
    insert into network_spans (client_id, application_id, provider_id, practice_id, payer_id, state, line_of_business,
      approved, effective_from, facts, known_from)
    select client_id, id, provider_id, practice_id, payer_id, state, line_of_business, true, '2026-01-01',
      ${tx.json(facts)}, now()
    from applications where client_id = ${client}`;
    await tx`analyze`;
    const [{ count }] = await tx<[{ count: number }]>`
      select count(*)::int from applications where client_id = ${client}`;
    const wanted = clinicians * PAYERS;
    if (count !== wanted) throw new Error(`wanted ${wanted} applications, wrote ${count}`);
    return client;
  });
