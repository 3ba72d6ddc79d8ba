import type { PlainDate } from '../../domain/time/instants';
import type { Purpose } from '../../domain/kernel/codes';
import { toJson, type Sql } from '../../runtime/database';
import { recordAudit } from '../kernel/audit';
import { selectAct } from './acts';
import { buildActor, type Principal } from '../kernel/principal';

/**
 * Snoozes an open item, and items that the same act settles, until a day; another snooze takes the place of the one
 * before.
 */
export const snoozeItem = (
  sql: Sql,
  principal: Principal,
  { id: applicationId, clientId }: { id: string; clientId: string },
  item: { purpose: Purpose; since: string },
  { until, reason }: { until: PlainDate; reason: string },
): Promise<void> =>
  sql.begin(async (tx) => {
    const snoozedBy = toJson(tx, buildActor(principal));
    // items that the same act settles are hidden with it
    await tx`
      insert into snoozes (application_id, client_id, purpose, since, until, reason, snoozed_by)
      select w.application_id, w.client_id, w.purpose, w.since, ${until}::date, ${reason}::text, ${snoozedBy}
      from (select w.*, ${selectAct(tx)} as act from work_items w join applications a on a.id = w.application_id
        where w.client_id = ${clientId} and w.purpose = ${item.purpose}) w
      where w.act = (select ${selectAct(tx)} from work_items w join applications a on a.id = w.application_id
        where w.application_id = ${applicationId} and w.purpose = ${item.purpose})
      on conflict (application_id, purpose) do update
        set since = excluded.since, until = excluded.until, reason = excluded.reason,
          snoozed_by = excluded.snoozed_by, created_at = now()`;
    await recordAudit(tx, principal, {
      action: 'work_item.snooze',
      subjectType: 'application',
      subjectId: applicationId,
      clientId,
      detail: { ...item, until, reason },
    });
  });
