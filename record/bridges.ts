import type { ApplicationState } from '../domain/application/state';
import { platformChecks } from '../domain/bridge';
import { sameValue } from '../domain/facts';
import type { Db, Tx } from '../runtime/database';

/** The platform on which a provider stays while an application runs. */
export interface Bridge {
  relationshipId: string;
  platform: string;
}

export async function bridgeOf(sql: Db, applicationId: string): Promise<Bridge | null> {
  const [bridge] = await sql<Bridge[]>`
    select r.id as relationship_id, r.platform
    from bridges b join platform_relationships r on r.id = b.relationship_id where b.application_id = ${applicationId}`;
  return bridge ?? null;
}

/** Keeps the checks of an application on a bridge as it stands; those that were given to a person stay. */
export async function projectChecks(tx: Tx, before: ApplicationState | null, state: ApplicationState): Promise<void> {
  const checks = platformChecks(state);
  if (sameValue(before ? platformChecks(before) : [], checks) || !(await bridgeOf(tx, state.id))) return;
  const { id: applicationId, clientId } = state;
  await tx`delete from platform_checks where application_id = ${applicationId} and given_at is null`;
  if (checks.length > 0)
    await tx`
      insert into platform_checks ${tx(checks.map((check) => ({ applicationId, clientId, ...check })))}
      on conflict do nothing`;
}
