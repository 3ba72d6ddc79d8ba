import type { ApplicationEvent } from '../../domain/applications/events';
import type { ApplicationState } from '../../domain/applications/state';
import type { Tx } from '../../runtime/database';
import { selectEntryIds } from '../kernel/one-entry';
import { createTasks } from '../kernel/tasks';
import { queueMessages } from '../outreach/messages';

/** The number of applications that a payer returns unprocessed, within these days, from which on its playbook is taken to be wrong. */
const TOO_MANY = { returned: 3, days: 30 };

/**
 * Marks a payer's playbook as suspect if the payer returns one application after the other, and notifies a lead. The
 * mark is an open task: it goes with the task, or with the next playbook, and what was returned before is not counted again.
 */
export async function projectReturnedApplications(
  tx: Tx,
  { id: applicationId, clientId, key: { payerId } }: ApplicationState,
  events: readonly ApplicationEvent[],
): Promise<void> {
  const last = events.findLast((event) => event.kind === 'contact' && event.data.outcome === 'returned');
  if (!last) return;
  const [seen] = await tx<{ returned: number; marks: number; marked: boolean; lead: string | null }[]>`
    with marks as (
      select count(*)::int as marks, coalesce(bool_or(closed_at is null), false) as marked, max(closed_at) as unmarked_at
      from tasks where kind = 'playbook_suspect' and subject_id in ${selectEntryIds(tx, 'payers', payerId)})
    select m.marks, m.marked, (
      select count(*)::int from applications a join events e on e.application_id = a.id
      where a.payer_id in ${selectEntryIds(tx, 'payers', payerId)} and e.kind = 'contact' and e.event->'data'->>'outcome' = 'returned'
        and e.struck_by is null and e.at > coalesce(m.unmarked_at, '-infinity')
        and e.at > ${last.at}::timestamptz - make_interval(days => ${TOO_MANY.days})) as returned, (
      select id from users where role = 'lead' and revoked_at is null and client_ids is null
      order by created_at, id limit 1) as lead
    from marks m`;
  const { returned, marks, marked, lead } = seen!;
  if (marked || returned < TOO_MANY.returned) return;
  const about = `playbook_suspect/${payerId}/${marks + 1}`;
  const data = { payerId, returned, days: TOO_MANY.days };
  await createTasks(tx, [
    {
      key: about,
      clientId: null,
      kind: 'playbook_suspect',
      subjectType: 'payer',
      subjectId: payerId,
      data,
      assignee: lead,
      dueAt: last.at,
    },
  ]);
  if (lead !== null)
    await queueMessages(tx, [
      {
        key: about,
        clientId,
        applicationId,
        recipientType: 'user',
        recipientId: lead,
        template: 'playbook_suspect',
        data,
        notBefore: last.at,
      },
    ]);
}
