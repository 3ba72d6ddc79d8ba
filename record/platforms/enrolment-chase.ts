import type { Instant, PlainDate } from '../../domain/time/instants';
import { findChaseInstant, computeChase } from '../../domain/time/calendar';
import { addDays } from '../../domain/time/dates';
import type { Duration } from '../../domain/time/duration';
import { selectEntryIds } from '../kernel/one-entry';
import type { Tx } from '../../runtime/database';
import { createTasks } from '../kernel/tasks';

/**
 * The days after which a submitted enrolment is asked about if no day was named (a rejected one: the day after), and
 * the interval after that.
 */
const EXPECTED_DAYS = 30;
const ASK_AGAIN: Duration = { businessDays: 10 };

interface WaitingEnrolment {
  id: string;
  clientId: string;
  payerId: string;
  kind: string;
  status: 'submitted' | 'rejected' | 'not_started';
  on: PlainDate;
  expectedOn: PlainDate | null;
  timeZone: string;
  /** The last task of it; null if it was never asked after. */
  last: { dueAt: Instant; open: boolean } | null;
}

/**
 * Creates a task for each enrolment of a practice that should have become active or was turned down, and again at every
 * interval after the last one was done; an outcome of an enrolment closes its task. Returns when to look again.
 */
export async function chaseEnrolments(tx: Tx, practiceId: string, now: Instant): Promise<{ next: Instant | null }> {
  const ones = selectEntryIds(tx, 'practices', practiceId);
  await tx`
    update tasks set closed_at = now()
    where kind = 'enrolment' and closed_at is null and subject_id in ${ones}
      and (data->>'enrolmentId')::uuid in (
        select id from enrolments where practice_id in ${ones} and superseded_by is not null)`;
  const waiting = await tx<WaitingEnrolment[]>`
    select e.id, e.client_id, e.payer_id, e.kind, e.status, e."on", e.expected_on, c.time_zone, (
      select jsonb_build_object('dueAt', t.data->>'dueAt', 'open', t.closed_at is null)
      from tasks t where t.subject_id in ${ones} and t.data->>'enrolmentId' = e.id::text
      order by t.due_at desc limit 1) as last
    from enrolments e join clients c on c.id = e.client_id
    where e.practice_id in ${ones} and e.superseded_by is null
      and (e.status in ('submitted', 'rejected') or (e.status = 'not_started' and e.expected_on is not null))
    order by e.created_at, e.id`;
  const nexts: Instant[] = [];
  for (const { id, clientId, payerId, kind, status, on, expectedOn, timeZone, last } of waiting) {
    const dueAt = last
      ? computeChase({ at: last.dueAt }, ASK_AGAIN, { timeZone })
      : findChaseInstant(addDays(expectedOn ?? addDays(on, status === 'rejected' ? 0 : EXPECTED_DAYS), 1), {
          timeZone,
        });
    if (dueAt > now) nexts.push(dueAt);
    else if (last?.open) nexts.push(computeChase({ at: now }, ASK_AGAIN, { timeZone }));
    else {
      await createTasks(tx, [
        {
          key: `enrolment/${id}/${dueAt}`,
          clientId,
          kind: 'enrolment',
          subjectType: 'practice',
          subjectId: practiceId,
          data: { enrolmentId: id, payerId, kind, dueAt },
          dueAt,
        },
      ]);
      nexts.push(computeChase({ at: now }, ASK_AGAIN, { timeZone }));
    }
  }
  return { next: nexts.sort()[0] ?? null };
}
