import { announceFact } from '../kernel/subscribers';
import type { PlainDate } from '../../domain/time/instants';
import { toJson, toRows, type Db, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { isCountedFor } from '../kernel/person-scope';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';
import type { Provider } from './providers';

export interface AttestationInput {
  attestedOn: string;
  source: 'provider' | 'caqh' | 'operator';
  reference?: string;
  authorizedPayerIds?: string[];
}

export interface Attestation {
  id: string;
  /** The client that stated it; null: a registry did. */
  clientId: string | null;
  attestedOn: string;
  source: AttestationInput['source'];
  reference: string | null;
  /** null: not recorded. */
  authorizedPayerIds: string[] | null;
  recordedBy: Actor;
  createdAt: string;
}

// A client sees nothing from before it had the person: that would disclose another client.
const selectAttestations = (sql: Db, principal: Principal, { id }: Provider) => sql`
  select a.id, a.client_id, a.attested_on, a.source, a.reference, a.authorized_payer_ids, a.recorded_by,
    case when a.client_id is null then greatest(a.recorded_at, p.here_since) else a.recorded_at end as created_at
  from providers p join attestations a on a.person_id = p.person_id and ${isCountedFor(sql, 'a', 'recorded_at')}
  where p.id = ${id} and ${isInScope(sql, principal, 'p.client_id')}`;

interface Statement {
  table: 'attestations' | 'access_withdrawals';
  row: { id: string } & Record<string, unknown>;
  action: string;
  input: object;
}

/**
 * Keeps a statement by a provider's client about the person, and announces it to the readers of the file; repeated
 * under the same id it changes nothing.
 */
async function keepStatement(
  tx: Tx,
  principal: Principal,
  { id: providerId, clientId, personId }: Provider,
  { table, row, action, input }: Statement,
): Promise<void> {
  const whole = { ...row, clientId, personId, recordedBy: toJson(tx, buildActor(principal)) };
  const inserted = await tx`
    insert into ${tx(table)} ${toRows(tx, whole)} on conflict (id) do nothing returning id`;
  if (inserted.length === 0) return;
  await announceFact(tx, 'provider file changed', providerId);
  await recordAudit(tx, principal, {
    action,
    subjectType: 'provider',
    subjectId: providerId,
    clientId,
    detail: input,
  });
}

/** Records an attestation as the provider's client states it; repeated under the same id it changes nothing. */
export const recordAttestation = (
  sql: Sql,
  principal: Principal,
  id: string,
  provider: Provider,
  input: AttestationInput,
): Promise<Attestation> =>
  sql.begin(async (tx) => {
    const { attestedOn, source, reference = null, authorizedPayerIds = null } = input;
    const row = { id, attestedOn, source, reference, authorizedPayerIds };
    await keepStatement(tx, principal, provider, { table: 'attestations', row, action: 'attestation.record', input });
    return (await findAttestation(tx, principal, provider, id))!;
  });

export interface AccessWithdrawalInput {
  payerIds: string[];
  withdrawnOn: string;
  source: AttestationInput['source'];
  reference?: string;
}

export interface AccessWithdrawal {
  id: string;
  payerIds: string[];
  withdrawnOn: string;
  source: AttestationInput['source'];
  reference: string | null;
  recordedBy: Actor;
  createdAt: string;
}

const selectWithdrawals = (sql: Db, principal: Principal, { id }: Provider) => sql`
  select a.id, a.payer_ids, a.withdrawn_on, a.source, a.reference, a.recorded_by, a.recorded_at as created_at
  from providers p join access_withdrawals a on a.person_id = p.person_id and ${isCountedFor(sql, 'a', 'recorded_at')}
  where p.id = ${id} and ${isInScope(sql, principal, 'p.client_id')}`;

/** Records that payers may no longer see the profile, as the client states it; repeated under the same id it changes nothing. */
export const recordAccessWithdrawal = (
  sql: Sql,
  principal: Principal,
  id: string,
  provider: Provider,
  input: AccessWithdrawalInput,
): Promise<AccessWithdrawal> =>
  sql.begin(async (tx) => {
    const { payerIds, withdrawnOn, source, reference = null } = input;
    const row = { id, payerIds, withdrawnOn, source, reference };
    const action = 'profile_access.withdraw';
    await keepStatement(tx, principal, provider, { table: 'access_withdrawals', row, action, input });
    const [withdrawal] = await tx<AccessWithdrawal[]>`
      ${selectWithdrawals(tx, principal, provider)} and a.id = ${id}`;
    return withdrawal!;
  });

export const listAccessWithdrawals = (
  sql: Db,
  principal: Principal,
  provider: Provider,
  request: PageRequest,
): Promise<Page<AccessWithdrawal>> => readPage(sql, selectWithdrawals(sql, principal, provider), request);

/** Records the day on which a person attested by a registry's word; repeated under the same id it changes nothing. */
export const recordRegistryAttestation = (
  sql: Sql,
  principal: Principal,
  id: string,
  personId: string,
  attestedOn: PlainDate,
): Promise<void> =>
  sql.begin(async (tx) => {
    const row = { id, clientId: null, personId, attestedOn, source: 'caqh' };
    const inserted = await tx`
      insert into attestations ${tx({ ...row, recordedBy: toJson(tx, buildActor(principal)) })}
      on conflict (id) do nothing returning id`;
    if (inserted.length === 0) return;
    await announceFact(tx, 'person file changed', personId);
    const providers = await tx<{ id: string; clientId: string }[]>`
      select id, client_id from providers where person_id = ${personId} order by id`;
    for (const provider of providers)
      await recordAudit(tx, principal, {
        action: 'attestation.record',
        subjectType: 'provider',
        subjectId: provider.id,
        clientId: provider.clientId,
        detail: { attestedOn, source: 'caqh' },
      });
  });

export async function findAttestation(
  sql: Db,
  principal: Principal,
  provider: Provider,
  id: string,
): Promise<Attestation | null> {
  const [attestation] = await sql<Attestation[]>`${selectAttestations(sql, principal, provider)} and a.id = ${id}`;
  return attestation ?? null;
}

export const listAttestations = (
  sql: Db,
  principal: Principal,
  provider: Provider,
  request: PageRequest,
): Promise<Page<Attestation>> => readPage(sql, selectAttestations(sql, principal, provider), request);
