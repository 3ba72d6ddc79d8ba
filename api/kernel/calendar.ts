import { Router } from 'express';
import { writeCalendar } from '../../papers/calendar';
import { listAppointments } from '../../record/work-queue/calendar-feeds';
import type { Sql } from '../../runtime/database';
import { Problem } from './errors';
import { servePage } from './router';

/** Calendar feeds: calendar programs send no key, so the address itself is the secret. */
export function createCalendarFeeds(sql: Sql): Router {
  const router = Router({ caseSensitive: true, strict: true });
  servePage(router, /^\/calendar\/([\w-]{43})\.ics$/, async (req, res) => {
    const appointments = await listAppointments(sql, req.params[0]!);
    if (!appointments) throw new Problem('not_found');
    res.type('text/calendar').send(writeCalendar(appointments));
  });
  return router;
}
