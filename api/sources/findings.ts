import { readClock } from '../../runtime/clock';
import { z } from 'zod';
import { FINDING_CODES, SEVERITIES } from '../../domain/sources/findings';
import { toLocalDate } from '../../domain/time/calendar';
import { listFindings } from '../../record/sources/findings';
import { findClient } from '../../record/registry/clients';
import { findProvider } from '../../record/registry/providers';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';
import { id } from '../kernel/schemas';

const finding = z
  .strictObject({
    providerId: id.nullable().meta({ description: 'Null where it is of a practice that no provider applies for' }),
    practiceId: id.nullable(),
    code: z.enum(FINDING_CODES),
    severity: z.enum(SEVERITIES).meta({
      description:
        '`error`: payers return applications for it. `warning`: they may. `note`: one source says more than another, nothing contradicts',
    }),
    about: z
      .string()
      .nullable()
      .meta({ description: 'A state, a source, a portal, a kind of document or an electronic payer id' }),
    fix: z.string(),
    applicationIds: z
      .array(id)
      .meta({ description: 'The open applications that it affects; for a claims route the one that has it' }),
  })
  .meta({ id: 'Finding' });

export const foundList = z.strictObject({ items: z.array(finding) });

export const findingRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/providers/{id}/findings',
    summary: 'List contradictions in a provider’s file and how to fix them',
    tag: 'providers',
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    responses: { 200: { description: 'All findings', schema: foundList } },
    handler: async ({ principal, subject }) => {
      const today = toLocalDate(readClock(), subject.timeZone);
      return answerOk({
        items: await listFindings(sql, principal, subject.clientId, today, { providerId: subject.id }),
      });
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/findings',
    summary: 'List contradictions in a client’s files and how to fix them',
    tag: 'clients',
    access: 'registry:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    responses: { 200: { description: 'All findings', schema: foundList } },
    handler: async ({ principal, subject }) => {
      const today = toLocalDate(readClock(), subject.timeZone);
      return answerOk({ items: await listFindings(sql, principal, subject.id, today) });
    },
  }),
];
