import { announceFact } from '../kernel/subscribers';
import type { PlainDate } from '../../domain/time/instants';
import type { AuthorisationScope } from '../../domain/kernel/codes';
import { toJson, toRows, type Db, type Sql, type Tx } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { selectEntriesIds } from '../kernel/one-entry';
import { Duplicate } from '../kernel/duplicate';
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
  /** Whether it is added beside another that is the same. */
  evenIfExists?: boolean | undefined;
}

/** The permission that a provider gave the operator. */
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
  /** The first day on which it no longer holds. */
  revokedOn: PlainDate | null;
  revocation: { reason: string; recordedBy: Actor } | null;
  createdAt: string;
}

interface Signer {
  id: string;
  clientId: string;
}

/**
 * Creates an authorisation. Repeated under the same id it changes nothing. Throws a Duplicate if the same is in force.
 */
export const createAuthorisation = (
  sql: Sql,
  principal: Principal,
  id: string,
  { id: providerId, clientId }: Signer,
  { evenIfExists, ...input }: AuthorisationInput,
): Promise<Authorisation> =>
  sql.begin(async (tx) => {
    // one after the other
    await tx`select from providers where id = ${providerId} for no key update`;
    const row = { ...input, id, clientId, providerId, recordedBy: toJson(tx, buildActor(principal)) };
    const made = await tx`insert into authorisations ${toRows(tx, row)} on conflict (id) do nothing returning id`;
    if (made.length > 0) {
      if (!evenIfExists) await refuseSameTerms(tx, id);
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

/**
 * Refuses an authorisation with a Duplicate if one on the same terms is in force: of two, one would go on after the
 * other was revoked.
 */
async function refuseSameTerms(tx: Tx, id: string): Promise<void> {
  const [own, others] = [selectEntriesIds(tx, tx`made.payer_ids`), selectEntriesIds(tx, tx`o.payer_ids`)];
  const [existing] = await tx<{ id: string }[]>`
    select o.id from authorisations o join authorisations made on made.id = ${id}
    where o.provider_id = made.provider_id and o.id <> made.id and o.revoked_on is null
      and o.signed_on = made.signed_on and o.until is not distinct from made.until
      and o.scopes @> made.scopes and o.scopes <@ made.scopes
      and (${others} is null) = (${own} is null)
      and coalesce(${others} @> ${own} and ${others} <@ ${own}, true)
    order by o.created_at, o.id limit 1`;
  if (existing) throw new Duplicate(existing.id);
}

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
