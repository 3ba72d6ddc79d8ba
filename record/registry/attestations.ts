import type { Db, Sql } from '../../runtime/database';
import { audit } from '../audit';
import { enqueue } from '../outbox';
import { actorOf, inScope } from '../principal';
import type { Actor, Principal } from '../principal';
import { page } from './page';
import type { Page, PageRequest } from './page';
import type { Provider } from './providers';

export interface AttestationInput {
  attestedOn: string;
  source: 'provider' | 'caqh' | 'operator';
  reference?: string;
  authorizedPayerIds?: string[];
}

export interface Attestation {
  id: string;
  clientId: string;
  attestedOn: string;
  source: AttestationInput['source'];
  reference: string | null;
  /** null: not recorded. */
  authorizedPayerIds: string[] | null;
  recordedBy: Actor;
  createdAt: string;
}

// The date counts for the person, with every client; the record of it is seen by the client that made it.
const selectAttestations = (sql: Db, principal: Principal, { personId, clientId }: Provider) => sql`
  select id, client_id, attested_on, source, reference, authorized_payer_ids, recorded_by,
    recorded_at as created_at
  from attestations
  where person_id = ${personId} and client_id = ${clientId} and ${inScope(sql, principal)}`;

/** Records an attestation of the provider's person; repeated under the same id it changes nothing. */
export const recordAttestation = (
  sql: Sql,
  principal: Principal,
  id: string,
  provider: Provider,
  input: AttestationInput,
): Promise<Attestation> =>
  sql.begin(async (tx) => {
    const { clientId, personId } = provider;
    const { attestedOn, source, reference = null, authorizedPayerIds = null } = input;
    const row = {
      id,
      clientId,
      personId,
      attestedOn,
      source,
      reference,
      recordedBy: tx.json({ ...actorOf(principal) }),
    };
    const inserted = await tx`
      insert into attestations ${tx({ ...row, authorizedPayerIds } as never)} on conflict (id) do nothing returning id`;
    if (inserted.length > 0) {
      await enqueue(tx, 'file_changed_person', personId);
      await audit(tx, principal, {
        action: 'attestation.record',
        subjectType: 'provider',
        subjectId: provider.id,
        clientId,
        detail: input,
      });
    }
    return (await findAttestation(tx, principal, provider, id))!;
  });

export async function findAttestation(
  sql: Db,
  principal: Principal,
  provider: Provider,
  id: string,
): Promise<Attestation | null> {
  const [attestation] = await sql<Attestation[]>`${selectAttestations(sql, principal, provider)} and id = ${id}`;
  return attestation ?? null;
}

export const listAttestations = (
  sql: Db,
  principal: Principal,
  provider: Provider,
  request: PageRequest,
): Promise<Page<Attestation>> => page(sql, selectAttestations(sql, principal, provider), request);
