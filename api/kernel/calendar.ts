import { Router } from 'express';
import { writeCalendar } from '../../papers/calendar';
import { findFeed, listAppointments } from '../../record/work-queue/calendar-feeds';
import { runForCaller, runForAll } from '../../runtime/callers';
import type { Sql } from '../../runtime/database';
import { hashSecret } from '../../runtime/secrets';
import { lookUpSecret } from './auth';
import { Problem } from './errors';
import { servePage } from './router';
import type { WrongKeys } from './wrong-keys';

/** Serves calendar feeds: calendar programs send no key, so the address itself is the secret. */
export function createCalendarFeeds(sql: Sql, wrongKeys: WrongKeys): Router {
  const router = Router({ caseSensitive: true, strict: true });
  servePage(router, /^\/calendar\/([\w-]{43})\.ics$/, async (req, res) => {
    const token = req.params[0]!;
    const feed = await lookUpSecret(wrongKeys, req, hashSecret(token), () => runForAll(() => findFeed(sql, token)));
    if (!feed) throw new Problem('not_found');
    const appointments = await runForCaller(feed, () => listAppointments(sql, feed));
    res.type('text/calendar').send(writeCalendar(appointments));
  });
  return router;
}
