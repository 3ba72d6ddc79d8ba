import type { PlainDate } from '../../domain/time/instants';
import type { Purpose } from '../../domain/kernel/codes';
import { json, rowsOf, type Sql } from '../../runtime/database';
import { audit } from '../kernel/audit';
import { actorOf, type Principal } from '../kernel/principal';

/** Hides an open item until a day; another snooze takes the place of the one before. */
export const snoozeItem = (
  sql: Sql,
  principal: Principal,
  { id: applicationId, clientId }: { id: string; clientId: string },
  item: { purpose: Purpose; since: string },
  { until, reason }: { until: PlainDate; reason: string },
): Promise<void> =>
  sql.begin(async (tx) => {
    const row = { applicationId, clientId, ...item, until, reason, snoozedBy: json(tx, actorOf(principal)) };
    await tx`
      insert into snoozes ${rowsOf(tx, row)} on conflict (application_id, purpose) do update
        set since = excluded.since, until = excluded.until, reason = excluded.reason,
          snoozed_by = excluded.snoozed_by, created_at = now()`;
    await audit(tx, principal, {
      action: 'work_item.snooze',
      subjectType: 'application',
      subjectId: applicationId,
      clientId,
      detail: { ...item, until, reason },
    });
  });
