import type { PlainDate } from '../../domain/application/events';
import type { Snapshot } from '../../domain/consistency';
import type { Sql } from '../../runtime/database';
import { audit } from '../audit';
import { actorOf, type Principal } from '../principal';

/** Keeps what CAQH or NPPES says of a provider. Repeated under the same id it changes nothing. */
export const keepSnapshot = (
  sql: Sql,
  principal: Principal,
  id: string,
  { id: providerId, clientId }: { id: string; clientId: string },
  { source, takenOn, ...body }: Snapshot & { takenOn: PlainDate },
): Promise<void> =>
  sql.begin(async (tx) => {
    const recordedBy = tx.json({ ...actorOf(principal) });
    const row = { id, clientId, providerId, source, takenOn, body: tx.json(body as never), recordedBy };
    await tx`insert into registry_snapshots ${tx(row as never)} on conflict (id) do nothing`;
    await audit(tx, principal, {
      action: 'snapshot.keep',
      subjectType: 'provider',
      subjectId: providerId,
      clientId,
      detail: { source, takenOn },
    });
  });
