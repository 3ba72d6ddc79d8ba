import { randomUUID } from 'node:crypto';
import type { Adoption } from '../../domain/applications/bodies';
import { addDays } from '../../domain/time/dates';
import type { Playbook } from '../../domain/registry/playbook';
import { toJson, type Sql } from '../../runtime/database';

/** An invented book entry: one client with a practice, a provider with a complete file, and a payer. */
export interface Book {
  clientId: string;
  practiceId: string;
  providerId: string;
  personId: string;
  payerId: string;
}

let npis = 100_000_000 + (process.pid % 1000) * 100_000;

/** A valid NPI that nobody else in this run has. */
export function inventNpi(): string {
  const body = `80840${++npis}`;
  const sum = [...body].reverse().reduce((total, digit, i) => {
    const doubled = i % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${npis}${(10 - (sum % 10)) % 10}`;
}

const ADDRESS = { line1: '1 Main St', city: 'Denver', state: 'CO', postalCode: '80202' };

/** Writes a book straight into the record; attested where a date is given. */
export async function createBook(
  sql: Sql,
  { playbook = {}, attestedOn, state = 'CO' }: { playbook?: Playbook; attestedOn?: string; state?: string } = {},
): Promise<Book> {
  const [clientId, practiceId, providerId, personId, payerId] = Array.from({ length: 5 }, () => randomUUID()) as [
    string,
    string,
    string,
    string,
    string,
  ];
  await sql`insert into clients ${sql({ id: clientId, name: 'Aspen Therapy', timeZone: 'America/Denver', contactEmail: 'a@aspen.example' })}`;
  await sql`insert into practices ${sql({
    id: practiceId,
    clientId,
    legalName: 'Aspen Therapy PLLC',
    tinType: 'ein',
    tinSealed: 'sealed',
    tinHash: Buffer.from(practiceId),
    tinLast4: '6789',
    address: sql.json(ADDRESS),
  })}`;
  await sql`insert into persons ${sql({ id: personId, npi: inventNpi() })}`;
  await sql`insert into providers ${sql({
    id: providerId,
    clientId,
    personId,
    firstName: 'Ada',
    lastName: 'Rivera',
    email: 'ada@aspen.example',
    caqhId: '12345678',
    malpractice: sql.json({ carrier: 'HPSO', policyNumber: 'P1', expiresOn: '2099-12-31' }),
  })}`;
  await sql`insert into licences ${sql({ clientId, providerId, state, number: 'LPC.1', expiresOn: '2099-12-31' })}`;
  if (attestedOn) await attestPerson(sql, { clientId, personId }, attestedOn);
  await sql`insert into payers ${sql({ id: payerId, name: `Payer ${payerId}` })}`;
  await sql`insert into playbooks ${sql({ payerId, version: 1, body: toJson(sql, playbook) })}`;
  return { clientId, practiceId, providerId, personId, payerId };
}

/** Records an attestation of a book's provider; without a client it is a registry's. */
export async function attestPerson(
  sql: Sql,
  { clientId, personId }: { clientId?: string; personId: string },
  attestedOn: string,
) {
  await sql`insert into attestations ${sql({
    id: randomUUID(),
    clientId: clientId ?? null,
    personId,
    attestedOn,
    source: 'provider',
    recordedBy: sql.json({ type: 'system', id: 'test', name: 'test' }),
  })}`;
}

/** Describes the adoption of an application that was confirmed on a day; in network for a hundred days. */
export const adoptAsConfirmed = (on: string): Adoption => {
  const proof = { source: 'letter', reference: 'L1', confirmedOn: on } as const;
  return {
    stage: 'confirmed',
    confirmations: {
      contract: { value: 'executed', ...proof },
      effectiveDate: { value: addDays(on, -100), ...proof },
      payerProviderId: { value: 'PIN-1', ...proof },
      claimsRoute: { value: { clearinghouse: 'Availity', payerId: '60054' }, ...proof },
    },
  };
};
