import { announceFact } from '../kernel/subscribers';
import type { PlainDate } from '../../domain/time/instants';
import type { Snapshot } from '../../domain/sources/findings';
import { toJson, toRows, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { buildActor, type Principal } from '../kernel/principal';

/** Keeps what NPPES answered about a person, for every client. Repeated under the same id it changes nothing. */
export const keepRegistrySnapshot = (
  sql: Sql,
  principal: Principal,
  id: string,
  personId: string,
  { source, takenOn, ...body }: Snapshot & { takenOn: PlainDate },
): Promise<void> =>
  sql.begin(async (tx) => {
    const recordedBy = toJson(tx, buildActor(principal));
    const row = { id, clientId: null, personId, source, takenOn, body: toJson(tx, body), recordedBy };
    const made = await tx`insert into registry_snapshots ${tx(row)} on conflict (id) do nothing returning id`;
    if (made.length === 0) return;
    // licences decide how long an attestation holds
    await announceFact(tx, 'person file changed', personId);
    const providers = await tx<{ id: string; clientId: string }[]>`
      select id, client_id from providers where person_id = ${personId} order by id`;
    for (const provider of providers)
      await recordAudit(tx, principal, {
        action: 'snapshot.keep',
        subjectType: 'provider',
        subjectId: provider.id,
        clientId: provider.clientId,
        detail: { source, takenOn },
      });
  });

/** Keeps what CAQH or NPPES says of a provider, as one client has read it. Repeated under the same id it changes nothing. */
export const keepSnapshot = (
  sql: Sql,
  principal: Principal,
  id: string,
  { id: providerId, clientId }: { id: string; clientId: string },
  { source, takenOn, ...body }: Snapshot & { takenOn: PlainDate },
): Promise<void> =>
  sql.begin(async (tx) => {
    const recordedBy = toJson(tx, buildActor(principal));
    const row = { id, clientId, providerId, source, takenOn, body: toJson(tx, body), recordedBy };
    await tx`insert into registry_snapshots ${toRows(tx, row)} on conflict (id) do nothing`;
    await recordAudit(tx, principal, {
      action: 'snapshot.keep',
      subjectType: 'provider',
      subjectId: providerId,
      clientId,
      detail: { source, takenOn },
    });
  });
