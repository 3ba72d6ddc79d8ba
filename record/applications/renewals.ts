import { toUtcDate } from '../../domain/time/dates';
import { hasKey } from './same-key';
import type { Bodies } from '../../domain/applications/bodies';
import type { ApplicationKey } from '../../domain/applications/events';
import { isParticipating, type ApplicationState } from '../../domain/applications/state';
import type { Db, Sql } from '../../runtime/database';
import { deriveId } from '../kernel/digest';
import { openApplication } from './opening';
import { createSystemActor } from '../kernel/principal';
import { isSameScope } from './affected-applications';

const SYSTEM = createSystemActor('recredentialing');

const buildRenewalKey = (key: ApplicationKey): ApplicationKey => ({ ...key, kind: 'recredentialing' });

/** Opens the application by which a participation is renewed, once for each cycle; one that is open already will do. */
export async function openRecredentialing(sql: Sql, participationId: string): Promise<void> {
  const [row] = await sql<{ snapshot: ApplicationState }[]>`
    select snapshot from applications where id = ${participationId}`;
  const { clientId, key, participation, agenda } = row!.snapshot;
  const cycle = participation?.cycle;
  if (!isParticipating(row!.snapshot) || !cycle?.openedAt) return;
  const neededBy = agenda.recredentialing?.dueOn;
  await openApplication(
    sql,
    {
      id: deriveId(`${participationId}/recredentialing/${cycle.from}`),
      clientId,
      key: buildRenewalKey(key),
      body: { ...buildRenewalKey(key), ...(neededBy && { neededBy }) },
      at: cycle.openedAt,
      previousId: participationId,
    },
    SYSTEM,
  );
}

/** Finds the application by which the running cycle of a participation is renewed. */
export async function findRenewal(sql: Db, { key, participation }: ApplicationState): Promise<string | null> {
  const openedAt = participation?.cycle?.openedAt ?? null;
  const [row] = await sql<{ id: string }[]>`
    select id from applications a
    where ${hasKey(sql, 'a', buildRenewalKey(key))} and (open or created_at >= ${openedAt}::timestamptz)
    order by created_at desc limit 1`;
  return row?.id ?? null;
}

/**
 * Lists the open applications that would renew a participation that has ended, each with the body of the command that
 * ends it.
 */
export async function listNeedlessRenewals(
  sql: Db,
  participationId: string,
): Promise<{ id: string; clientId: string; body: Bodies['withdrawal'] }[]> {
  const [row] = await sql<{ snapshot: ApplicationState }[]>`
    select snapshot from applications where id = ${participationId}`;
  const { key, participationEndedOn } = row!.snapshot;
  if (participationEndedOn === null) return [];
  const body = { reason: `The participation ends on ${participationEndedOn}, so there is nothing to renew.` };
  const rows = await sql<{ id: string; clientId: string }[]>`
    select id, client_id from applications a where ${hasKey(sql, 'a', buildRenewalKey(key))} and open`;
  return rows.map((renewal) => ({ ...renewal, body }));
}

/** Lists the participations that an approved recredentialing renews, each with the body of the command that says so. */
export async function listRenewedParticipations(
  sql: Db,
  recredentialingId: string,
): Promise<{ id: string; clientId: string; body: Bodies['committee-date'] }[]> {
  const [renewal] = await sql<{ snapshot: ApplicationState }[]>`
    select snapshot from applications where id = ${recredentialingId}`;
  if (renewal?.snapshot.stage !== 'confirmed') return [];
  const { committeeOn, approvedOn, stageSince } = renewal.snapshot;
  // for an application that was adopted as approved, the day that its client gave, kept as its midnight in UTC
  const body = { on: committeeOn ?? approvedOn ?? toUtcDate(stageSince), recredentialingId };
  const rows = await sql<{ id: string; clientId: string; snapshot: ApplicationState }[]>`
    select o.id, o.client_id, o.snapshot from applications t join applications o on ${isSameScope(sql)}
    where t.id = ${recredentialingId}`;
  return rows.flatMap(({ id, clientId, snapshot }) => (isParticipating(snapshot) ? [{ id, clientId, body }] : []));
}
