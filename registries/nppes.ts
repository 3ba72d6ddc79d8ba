import { z } from 'zod';
import type { NppesRecord, Snapshot } from '../domain/sources/findings';
import { flag, listOf, words } from './answers';
import { callService, parseJson, ServiceError } from './http';

const TIMEOUT_MS = 15_000;

/** A postal code that has lost its leading zeros as a number. */
const postalCode = z.union([
  z.int().transform((digits) => String(digits).padStart(digits > 99_999 ? 9 : 5, '0')),
  words,
]);

const basic = z.object({ first_name: words, middle_name: words, last_name: words, name_suffix: words, status: words });

const answer = z.object({
  result_count: words,
  Errors: listOf(z.object({ number: words })),
  results: listOf(
    z.object({
      number: words,
      enumeration_type: words,
      basic: basic.nullish().transform((said) => said ?? basic.parse({})),
      addresses: listOf(
        z.object({
          address_purpose: words,
          address_1: words,
          address_2: words,
          city: words,
          state: words,
          postal_code: postalCode,
        }),
      ),
      taxonomies: listOf(z.object({ code: words, primary: flag, state: words, license: words })),
    }),
  ),
});

/** The public registry of NPIs (domain.md, 2): self-reported, so it shows what differs and verifies nothing. */
export class Nppes {
  constructor(private readonly settings: { url: string; timeoutMs?: number }) {}

  async readRecord(npi: string): Promise<NppesRecord> {
    const { url, timeoutMs = TIMEOUT_MS } = this.settings;
    const target = new URL(url);
    target.search = new URLSearchParams({ version: '2.1', number: npi }).toString();
    const { status, body } = await callService(target, { timeoutMs });
    if (status !== 200) throw new ServiceError('nonsense', `answered ${status}`);
    return readRecord(parseJson(body), npi);
  }
}

/** Reads an answer of NPPES about an NPI. */
export function readRecord(body: unknown, npi: string): NppesRecord {
  const read = answer.safeParse(body);
  if (!read.success) throw new ServiceError('nonsense', 'the answer has another form');
  const { Errors: errors, result_count: count, results } = read.data;
  // NPPES answers 200 even to a query that it does not like
  if (errors.length > 0) throw new ServiceError('nonsense', `answered error ${errors[0]!.number}`.trim());
  if (!/^\d+$/.test(count)) throw new ServiceError('nonsense', 'the answer has another form');
  const [found] = results;
  if (!found || Number(count) === 0) return { status: 'not_found' };
  if (found.number !== npi) throw new ServiceError('nonsense', 'answered about another NPI');
  if (found.basic.status && found.basic.status !== 'A') return { status: 'deactivated' };
  return { status: 'found', snapshot: readSnapshot(found) };
}

const TYPES = ['NPI-1', 'NPI-2'] as const;

function readSnapshot({
  enumeration_type,
  basic,
  addresses,
  taxonomies,
}: z.infer<typeof answer>['results'][number]): Omit<Snapshot, 'source'> {
  const place = addresses.find((one) => one.address_purpose === 'LOCATION');
  const taxonomy = taxonomies.find(({ primary }) => primary) ?? taxonomies[0];
  const { address_1: line1, address_2: line2, city, state, postal_code: postalCode } = place ?? {};
  const enumerationType = TYPES.find((type) => type === enumeration_type);
  // one licence may stand for several taxonomies
  const licences = new Map(
    taxonomies.flatMap(({ state: at, license }) =>
      at && license ? [[`${at} ${license}`, { state: at, number: license }] as const] : [],
    ),
  );
  return {
    ...(enumerationType && { enumerationType }),
    ...(basic.first_name && { firstName: basic.first_name }),
    ...(basic.middle_name && { middleName: basic.middle_name }),
    ...(basic.last_name && { lastName: basic.last_name }),
    // two hyphens stand for a missing suffix
    ...(basic.name_suffix && /\w/.test(basic.name_suffix) && { suffix: basic.name_suffix }),
    ...(taxonomy?.code && { taxonomyCode: taxonomy.code }),
    ...(line1 &&
      city &&
      state &&
      postalCode && { address: { line1, ...(line2 && { line2 }), city, state, postalCode } }),
    ...(licences.size > 0 && { licences: [...licences.values()] }),
  };
}
