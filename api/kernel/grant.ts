import type { Role } from '../../domain/kernel/codes';
import type { Principal } from '../../record/kernel/principal';
import { selectKnownClients } from '../../record/registry/clients';
import type { Sql } from '../../runtime/database';
import { Problem } from './errors';
import { mayGrant } from './policy';
import { unknownIn } from './references';
import { refuse } from './validation';

/** Refuses clients that the maker cannot see, and a role or scope beyond the maker's own. */
export async function checkGrant(
  sql: Sql,
  maker: Principal,
  { role, clientIds }: { role: Role; clientIds?: string[] },
): Promise<void> {
  if (clientIds) refuse(unknownIn('clientIds', clientIds, await selectKnownClients(sql, maker, clientIds)));
  if (!mayGrant(maker, role, clientIds ?? null)) throw new Problem('forbidden');
}
