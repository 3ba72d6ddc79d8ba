import type { z } from 'zod';
import { addDays } from '../../domain/time/dates';
import { localDate } from '../../domain/time/calendar';
import { DEADLINE_STEPS, LONGEST_SNOOZE_DAYS } from '../../domain/work-queue/ranking';
import { findApplication, findApplications } from '../../record/applications/applications';
import { assignedTo } from '../../record/applications/applications-list';
import { createFeed, tokenOfFeed } from '../../record/work-queue/calendar-feeds';
import { coversOf, createCover, endCover } from '../../record/registry/absence-covers';
import { findClient } from '../../record/registry/clients';
import { findUser } from '../../record/registry/users';
import { snooze } from '../../record/work-queue/snoozes';
import type { Deps } from '../kernel/deps';
import { invalid, Problem, toProblem, type FieldError } from '../kernel/errors';
import { uuidOf } from '../../runtime/uuid';
import { manages } from '../kernel/policy';
import { pooled } from '../kernel/pooled';
import { HAS_ACCESS } from '../kernel/references';
import { created, ok, route, type Route } from '../kernel/route';
import { application, bulkResult, onItsWay } from './applications-schemas';
import { pageQuery, pageOf, UNKNOWN_REFERENCE } from '../kernel/schemas';
import { claim, cover, coverInput, feed, reassignment, snoozeInput } from './work-schemas';
import { underBothNames, SUBSTITUTE } from '../kernel/names';
import { ASSIGNMENT, shown, take } from './applications-actions';
import { checkFilter } from '../kernel/filters';

const tag = 'work queue';
const AT_ONCE = 8;
/** Of one reassignment: the rest is moved by the next. */
const MOST_AT_ONCE = 1000;

const shownCover = underBothNames(SUBSTITUTE);
const keptCover = ({ substitute: coveredBy, ...rest }: z.output<typeof coverInput>) => ({ coveredBy, ...rest });

export const workRoutes = (deps: Deps): Route[] => {
  const { sql, keyring } = deps;
  return [
    route({
      method: 'post',
      path: '/v1/applications/{id}/claim',
      summary: 'Take an application that is not assigned',
      description: 'If several users claim it at once, one gets it and the others get 409.',
      tag,
      access: 'applications:follow_up',
      subject: ({ principal, params }) => findApplication(sql, principal, params.id),
      namesUser: { assignee: 'worker' },
      body: claim,
      responses: {
        200: { description: 'The application as it is now', schema: application },
        202: { description: 'It is on record, and will be done once a worker is there', schema: onItsWay },
      },
      handler: async ({ principal, subject, body, commandId }) => {
        const { assignee } = subject.snapshot;
        if (assignee !== null && assignee !== body.assignee) throw new Problem('claimed_already');
        const request = { principal, subject, body, commandId };
        const status = await take(deps, ASSIGNMENT, request, { version: () => subject.version }).catch(
          async (error: unknown) => {
            // whoever read it at the same version and was quicker has it
            const now = await findApplication(sql, principal, subject.id);
            const has = now?.snapshot.assignee ?? body.assignee;
            throw has === body.assignee ? error : new Problem('claimed_already');
          },
        );
        if (status === 'on_its_way')
          return { status: 202, location: `/v1/applications/${subject.id}`, body: { id: commandId, status } };
        return ok(await shown(deps, (await findApplication(sql, principal, subject.id))!));
      },
    }),
    route({
      method: 'post',
      path: '/v1/applications/{id}/snooze',
      summary: 'Hide an item of the queue until a day',
      tag,
      access: 'applications:follow_up',
      subject: ({ principal, params }) => findApplication(sql, principal, params.id),
      body: snoozeInput,
      responses: { 200: { description: 'The application as it is now', schema: application } },
      handler: async ({ principal, subject, body: { purpose, until, reason } }) => {
        const item = subject.snapshot.agenda.items.find((one) => one.purpose === purpose);
        if (!item) throw new Problem('no_such_item');
        const client = await findClient(sql, principal, subject.clientId);
        const today = localDate(new Date().toISOString(), client!.timeZone);
        const last = DEADLINE_STEPS.includes(purpose) ? localDate(item.dueAt, client!.timeZone) : null;
        const furthest = addDays(today, LONGEST_SNOOZE_DAYS);
        if (until <= today) throw invalid({ path: 'until', rule: 'in_future', message: 'must be later than today' });
        if (until > furthest)
          throw invalid({
            path: 'until',
            rule: 'too_far',
            message: `must be at most ${LONGEST_SNOOZE_DAYS} days ahead`,
          });
        if (last !== null && until > last)
          throw invalid({
            path: 'until',
            rule: 'past_deadline',
            message: 'must not be later than the payer’s deadline',
          });
        await snooze(sql, principal, subject, { purpose, since: item.since }, { until, reason });
        return ok(await shown(deps, subject));
      },
    }),
    route({
      method: 'post',
      path: '/v1/users/{id}/reassignment',
      summary: 'Reassign all applications of a user to another, or to no one',
      description: `Moves up to ${MOST_AT_ONCE} applications, each on its own. Send it again to move the rest.`,
      tag,
      access: 'users:write',
      subject: ({ principal, params }) => findUser(sql, principal, params.id),
      actsFor: (user) => user,
      namesUser: { to: 'worker' },
      body: reassignment,
      responses: { 200: { description: 'What became of each', schema: bulkResult } },
      handler: async ({ principal, subject, body: { assignee, ...filter }, commandId }) => {
        await checkFilter(sql, principal, { ...filter, ...(assignee !== null && { assignee }) });
        const ids = await assignedTo(sql, principal, subject.id, filter, MOST_AT_ONCE);
        const found = await findApplications(sql, principal, ids);
        const items = await pooled(found, AT_ONCE, async (one) => {
          const request = { principal, subject: one, body: { assignee }, commandId: uuidOf([commandId, one.id]) };
          try {
            const status = await take(deps, ASSIGNMENT, request);
            return { id: one.id, status: status === 'recorded' ? 200 : 202 };
          } catch (error) {
            const problem = toProblem(error);
            return { id: one.id, status: problem.status, problem };
          }
        });
        return ok({ items });
      },
    }),
    route({
      method: 'post',
      path: '/v1/users/{id}/covers',
      summary: 'Set a substitute for a user’s work for some days',
      description:
        'Until the last day the queue shows the work as the substitute’s; afterwards it returns to its owner. The ' +
        'substitute gets the work of clients that both they and the caller may see; the rest stays with its owner. The ' +
        'caller needs every permission that both users have.',
      tag,
      access: 'users:write',
      subject: ({ principal, params }) => findUser(sql, principal, params.id),
      actsFor: (user) => user,
      namesUser: { coveredBy: 'managed' },
      body: coverInput,
      responses: { 201: { description: 'The cover', schema: cover } },
      handler: async ({ principal, subject, body, commandId }) => {
        const errors: FieldError[] = [];
        const substitute = await findUser(sql, principal, body.substitute);
        if (!substitute) errors.push({ path: 'substitute', ...UNKNOWN_REFERENCE });
        if (substitute?.revokedAt) errors.push({ path: 'substitute', ...HAS_ACCESS });
        if (body.substitute === subject.id)
          errors.push({ path: 'substitute', rule: 'somebody_else', message: 'must be a different user' });
        if (errors.length > 0) throw invalid(...errors);
        if (!manages(principal, substitute!)) throw new Problem('forbidden');
        const made = await createCover(sql, principal, commandId, subject.id, keptCover(body));
        if (!made) throw new Problem('covered_already');
        return created(`/v1/users/${subject.id}/covers/${made.id}`, shownCover(made));
      },
    }),
    route({
      method: 'get',
      path: '/v1/users/{id}/covers',
      summary: 'List the current and coming covers',
      tag,
      access: 'users:read',
      subject: ({ principal, params }) => findUser(sql, principal, params.id),
      query: pageQuery,
      responses: { 200: { description: 'All covers on one page, the earliest first', schema: pageOf(cover) } },
      handler: async ({ principal, subject }) =>
        ok({ items: (await coversOf(sql, principal, subject.id)).map(shownCover), nextCursor: null }),
    }),
    route({
      method: 'delete',
      path: '/v1/users/{id}/covers/{coverId}',
      summary: 'End a cover',
      tag,
      access: 'users:write',
      subject: async ({ principal, params }) => {
        const user = await findUser(sql, principal, params.id);
        const covers = user ? await coversOf(sql, principal, user.id) : [];
        const found = covers.find((one) => one.id === params.coverId);
        return user && found ? { user, cover: found } : null;
      },
      actsFor: ({ user }) => user,
      responses: { 204: { description: 'The cover has ended' } },
      handler: async ({ principal, subject }) => {
        await endCover(sql, principal, subject.cover);
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: '/v1/users/{id}/calendar-feed',
      summary: 'Create the address of a user’s calendar feed',
      description:
        'The user’s follow-ups, items and deadlines as iCalendar. A new address replaces the old one. The feed shows the ' +
        'clients that the caller sees now and that the user may see when it is read. The caller needs every permission ' +
        'that the user has.',
      tag,
      access: 'users:write',
      subject: ({ principal, params }) => findUser(sql, principal, params.id),
      actsFor: (user) => user,
      secret: {
        name: 'url',
        read: async (commandId) => {
          const token = await tokenOfFeed(sql, keyring, commandId);
          return token && `/calendar/${token}.ics`;
        },
      },
      responses: { 200: { description: 'The address', schema: feed } },
      handler: async ({ principal, subject, commandId }) => {
        await createFeed(sql, keyring, principal, subject.id, commandId);
        return ok({});
      },
    }),
  ];
};
