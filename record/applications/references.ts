import { selectEntryIds } from '../kernel/one-entry';
import { isInScope, isWithinReach, type Principal } from '../kernel/principal';
import { isSeen } from '../registry/users';
import type { Db } from '../../runtime/database';

/** The kinds of things that an id of a request can refer to. */
export type Referent =
  | 'agreement'
  | 'application'
  | 'call'
  | 'client'
  | 'document'
  | 'location'
  | 'payer'
  | 'practice'
  | 'provider'
  | 'relationship'
  | 'user';

/** An id that a request names, and what it may refer to: one of these. */
export interface Reference {
  path: string;
  id: string;
  to: readonly Referent[];
}

/** The limits of a reference: whose the request's subject is, and beside which practice the ids stand. */
export interface ReferenceLimits {
  clientId?: string | undefined;
  practiceId?: string | undefined;
}

/** Lists those references that name nothing which the principal sees, or something of another client or practice. */
export async function listUnknownReferences(
  sql: Db,
  principal: Principal,
  references: readonly Reference[],
  { clientId, practiceId }: ReferenceLimits = {},
): Promise<Reference[]> {
  const asked = references.flatMap(({ id, to }, place) => to.map((referent) => ({ place, id, referent })));
  if (asked.length === 0) return [];
  const ofClient = clientId === undefined ? sql`true` : sql`client_id = ${clientId}`;
  const itsPractices =
    practiceId === undefined ? sql`true` : sql`practice_id in ${selectEntryIds(sql, 'practices', practiceId)}`;
  // if the subject belongs to no client, the practice says whose evidence counts
  const ofOwner =
    clientId === undefined && practiceId !== undefined
      ? sql`client_id = (select client_id from practices where id = ${practiceId})`
      : ofClient;
  const seen = isInScope(sql, principal);
  const rows = await sql<{ place: number }[]>`
    select place from unnest(${asked.map((one) => one.place)}::int[], ${asked.map((one) => one.id)}::uuid[],
      ${asked.map((one) => one.referent)}::text[]) as named (place, named_id, referent)
    group by place having not bool_or(case referent
      when 'agreement' then exists (select from agreements where id = named_id and ${seen} and ${ofOwner} and ${itsPractices})
      when 'application' then exists (select from applications where id = named_id and ${seen} and ${ofClient})
      when 'call' then exists (select from calls where id = named_id and ${isWithinReach(sql, principal)})
      when 'client' then exists (select from clients where id = named_id and ${seen})
      when 'document' then exists (select from documents where id = named_id and ${seen} and ${ofOwner})
      when 'location' then exists (select from locations where id = named_id and ${seen} and ${ofOwner} and ${itsPractices})
      when 'payer' then exists (select from payers where id = named_id)
      when 'practice' then exists (select from practices where id = named_id and ${seen} and ${ofClient})
      when 'provider' then exists (select from providers where id = named_id and ${seen} and ${ofClient})
      when 'relationship' then exists (select from platform_relationships where id = named_id and ${seen} and ${ofClient})
      when 'user' then exists (select from users where id = named_id and ${isSeen(sql, principal)})
    end)`;
  return rows.map(({ place }) => references[place]!);
}
