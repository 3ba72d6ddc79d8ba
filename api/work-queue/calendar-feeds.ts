import { z } from 'zod';
import { createFeed, findFeedToken } from '../../record/work-queue/calendar-feeds';
import { findUser } from '../../record/registry/users';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';
import { onceShownSecret } from '../kernel/schemas';

const feed = z
  .strictObject({
    url: onceShownSecret.meta({
      description: 'Anyone with this address can read the feed. It is shown once, like the secret of a key',
    }),
  })
  .meta({ id: 'CalendarFeed' });

const tag = 'work queue';

export const calendarFeedRoutes = ({ sql, keyring }: Deps): Route[] => [
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
        const token = await findFeedToken(sql, keyring, commandId);
        return token && `/calendar/${token}.ics`;
      },
    },
    responses: { 200: { description: 'The address', schema: feed } },
    handler: async ({ principal, subject, commandId }) => {
      await createFeed(sql, keyring, principal, subject.id, commandId);
      return answerOk({});
    },
  }),
];
