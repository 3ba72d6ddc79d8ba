import { readClock } from '../../runtime/clock';
import { PURPOSES } from '../../domain/kernel/codes';
import { z } from 'zod';
import { addDays } from '../../domain/time/dates';
import { toLocalDate } from '../../domain/time/calendar';
import { DEADLINE_STEPS, LONGEST_SNOOZE_DAYS } from '../../domain/work-queue/ranking';
import { findApplication } from '../../record/applications/applications';
import { findClient } from '../../record/registry/clients';
import { snoozeItem } from '../../record/work-queue/snoozes';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem } from '../kernel/errors';
import { answerOk, route, type Route } from '../kernel/route';
import { application } from './applications-schemas';
import { longText, describeDate } from '../kernel/schemas';
import { showApplication } from './applications-actions';

const snoozeInput = z
  .strictObject({
    purpose: z.enum(PURPOSES),
    until: describeDate('Snooze.until').meta({
      description: 'The day on which the item returns; at most 14 days ahead, and not after a payer’s deadline',
    }),
    reason: longText,
  })
  .meta({ id: 'Snooze' });

const tag = 'work queue';

export const snoozeRoutes = (deps: Deps): Route[] => {
  const { sql } = deps;
  return [
    route({
      method: 'post',
      path: '/v1/applications/{id}/snooze',
      summary: 'Hide an item of the queue until a day',
      description:
        'The item is back earlier if something else is asked meanwhile: another request, a dispute, a change of the file.',
      tag,
      access: 'applications:follow_up',
      subject: ({ principal, params }) => findApplication(sql, principal, params.id),
      body: snoozeInput,
      responses: { 200: { description: 'The application as it is now', schema: application } },
      handler: async ({ principal, subject, body: { purpose, until, reason } }) => {
        const item = subject.snapshot.agenda.items.find((one) => one.purpose === purpose);
        if (!item) throw new Problem('no_such_item');
        const client = await findClient(sql, principal, subject.clientId);
        const today = toLocalDate(readClock(), client!.timeZone);
        const last = DEADLINE_STEPS.includes(purpose) ? toLocalDate(item.dueAt, client!.timeZone) : null;
        const furthest = addDays(today, LONGEST_SNOOZE_DAYS);
        if (until <= today)
          throw refuseFields({ path: 'until', rule: 'in_future', message: 'must be later than today' });
        if (until > furthest)
          throw refuseFields({
            path: 'until',
            rule: 'too_far',
            message: `must be at most ${LONGEST_SNOOZE_DAYS} days ahead`,
          });
        if (last !== null && until > last)
          throw refuseFields({
            path: 'until',
            rule: 'past_deadline',
            message: 'must not be later than the payer’s deadline',
          });
        await snoozeItem(sql, principal, subject, { purpose, since: item.since }, { until, reason });
        return answerOk(await showApplication(deps, subject));
      },
    }),
  ];
};
