import { announceFact } from '../kernel/subscribers';
import type { PlainDate } from '../../domain/time/instants';
import type { AuthorisationScope } from '../../domain/kernel/codes';
import { toJson, toRows, type Db, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { buildActor, isInScope, type Actor, type Principal } from '../kernel/principal';
import { readPage, type Page, type PageRequest } from '../kernel/page';

export interface AuthorisationInput {
  scopes: AuthorisationScope[];
  /** Left out: every payer. */
  payerIds?: string[] | undefined;
  signedOn: PlainDate;
  /** The last day. */
  until?: PlainDate | undefined;
  evidence?: string[] | undefined;
}

/** What a provider let the operator do. */
export interface Authorisation {
  id: string;
  clientId: string;
  providerId: string;
  scopes: AuthorisationScope[];
  payerIds: string[] | null;
  signedOn: PlainDate;
  until: PlainDate | null;
  evidence: string[];
  recordedBy: Actor;
  /** From this day on it no longer holds. */
  revokedOn: PlainDate | null;
  revocation: { reason: string; recordedBy: Actor } | null;
  createdAt: string;
}

interface Signer {
  id: string;
  clientId: string;
}

/** Repeated under the same id it changes nothing. */
export const createAuthorisation = (
  sql: Sql,
  principal: Principal,
  id: string,
  { id: providerId, clientId }: Signer,
  input: AuthorisationInput,
): Promise<Authorisation> =>
  sql.begin(async (tx) => {
    const row = { ...input, id, clientId, providerId, recordedBy: toJson(tx, buildActor(principal)) };
    const made = await tx`insert into authorisations ${toRows(tx, row)} on conflict (id) do nothing returning id`;
    if (made.length > 0) {
      await recordAudit(tx, principal, {
        action: 'authorisation.create',
        subjectType: 'provider',
        subjectId: providerId,
        clientId,
        detail: input,
      });
      await announceFact(tx, 'provider file changed', providerId);
    }
    return (await findAuthorisation(tx, principal, id))!;
  });

/** Ends an authorisation, once: what rests on it stops as soon as its day has come. */
export const revokeAuthorisation = (
  sql: Sql,
  principal: Principal,
  { id, clientId, providerId }: Authorisation,
  { on, reason }: { on: PlainDate; reason: string },
): Promise<Authorisation> =>
  sql.begin(async (tx) => {
    const revocation = toJson(tx, { reason, recordedBy: { ...buildActor(principal) } });
    const revoked = await tx`
      update authorisations set revoked_on = ${on}, revocation = ${revocation}
      where id = ${id} and revoked_on is null returning id`;
    if (revoked.length > 0) {
      await recordAudit(tx, principal, {
        action: 'authorisation.revoke',
        subjectType: 'provider',
        subjectId: providerId,
        clientId,
        detail: { id, on, reason },
      });
      await announceFact(tx, 'provider file changed', providerId);
    }
    return (await findAuthorisation(tx, principal, id))!;
  });

export async function findAuthorisation(sql: Db, principal: Principal, id: string): Promise<Authorisation | null> {
  const [one] = await sql<
    Authorisation[]
  >`select * from authorisations where id = ${id} and ${isInScope(sql, principal)}`;
  return one ?? null;
}

export const listAuthorisations = (
  sql: Db,
  principal: Principal,
  providerId: string,
  request: PageRequest,
): Promise<Page<Authorisation>> =>
  readPage(
    sql,
    sql`select * from authorisations where provider_id = ${providerId} and ${isInScope(sql, principal)}`,
    request,
  );
