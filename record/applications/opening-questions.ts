import { selectDay } from '../time/days';
import { isParticipationCurrent } from '../billing/readiness-watch';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { isOpen, type ApplicationState } from '../../domain/applications/state';
import type { Db } from '../../runtime/database';
import { isSameScope } from './affected-applications';

/** Why an open application may be a mistake: a termination without a participation, a second one beside a current one. */
export interface OpeningQuestion {
  code: 'nothing_to_end' | 'participation_current';
  /** The participation that goes on. */
  applicationId: string | null;
}

/** Lists the questions about an open application, by the participations that go on for its key. */
export async function listOpeningQuestions(sql: Db, state: ApplicationState, now: Instant): Promise<OpeningQuestion[]> {
  const { opensSpan, endsSpan } = state.rules;
  if (!isOpen(state) || !(opensSpan || endsSpan)) return [];
  const rows = await sql<{ snapshot: ApplicationState; today: PlainDate }[]>`
    select o.snapshot, ${selectDay(sql, now, sql`c.time_zone`)} as today from applications t
    join clients c on c.id = t.client_id
    join applications o on ${isSameScope(sql)} and o.id <> t.id
    join network_spans s on s.application_id = o.id and s.known_to is null
    where t.id = ${state.id}
    order by o.created_at desc, o.id`;
  let applicationId: string | null = null;
  for (const { snapshot, today } of rows)
    if (await isParticipationCurrent(sql, snapshot, today)) {
      applicationId = snapshot.id;
      break;
    }
  if (endsSpan) return applicationId === null ? [{ code: 'nothing_to_end', applicationId }] : [];
  return applicationId === null ? [] : [{ code: 'participation_current', applicationId }];
}
