import { z } from 'zod';
import { currentQuery, kept, statement } from './statements';
import { PORTAL_STATUSES } from '../../domain/kernel/codes';
import { selectKnownPayers } from '../../record/registry/payers';
import { findPractice } from '../../record/registry/practices';
import {
  listPortalAccess,
  putPortalAccess,
  type PortalAccess,
  type PortalAccessInput,
} from '../../record/registry/statements';
import type { Deps } from '../kernel/deps';
import { listed } from '../kernel/listing';
import { created, route, type Route } from '../kernel/route';
import { date, ids, line, longText, pastDate, pageOf } from '../kernel/schemas';
import { formerly, renamed, underBothNames, underOldNames } from '../kernel/names';
import { refuse } from '../kernel/validation';
import { unknownIn } from '../kernel/references';

const portalFields = { portal: line, payerIds: ids(500), holder: line, status: z.enum(PORTAL_STATUSES) };

const NOTES = { note: 'notes' };

const portalAccessInput = renamed(
  'PortalAccessInput',
  z.strictObject({
    ...portalFields,
    on: pastDate,
    secondFactorOwner: line.optional(),
    secretKeptIn: line.optional().meta({ description: 'Where the secret is kept, never the secret itself' }),
    notes: longText.optional(),
  }),
  NOTES,
);

const portalAccess = z
  .strictObject({
    ...kept,
    ...portalFields,
    on: date,
    secondFactorOwner: line.nullable(),
    secretKeptIn: line.nullable(),
    notes: longText.nullable(),
    note: formerly(longText.nullable(), 'notes'),
  })
  .meta({ id: 'PortalAccess' });

const shownAccess = (access: PortalAccess) => underBothNames(NOTES)(statement(access));

export const portalAccessRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/practices/{id}/portal-access',
    summary: 'Record who has the practice’s access to a portal',
    description:
      'Record where the secret is kept, never the secret itself. Lost access to a payer’s portal is an unmet prerequisite, ' +
      'and a blocker of submitted applications.',
    tag: 'practices',
    access: 'registry:write',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    body: portalAccessInput,
    responses: { 201: { description: 'The statement', schema: portalAccess } },
    handler: async ({ principal, subject, body, commandId }) => {
      refuse(unknownIn('payerIds', body.payerIds, await selectKnownPayers(sql, body.payerIds)));
      const made = await putPortalAccess(
        sql,
        principal,
        commandId,
        subject,
        underOldNames(NOTES)(body) as PortalAccessInput,
      );
      return created(`/v1/practices/${subject.id}/portal-access`, shownAccess(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/practices/{id}/portal-access',
    summary: 'List who has, and had, a practice’s access to portals',
    tag: 'practices',
    access: 'operations:read',
    subject: ({ principal, params }) => findPractice(sql, principal, params.id),
    query: currentQuery,
    responses: { 200: { description: 'In order of recording', schema: pageOf(portalAccess) } },
    handler: async ({ principal, subject, query: { limit, cursor, current } }) =>
      listed(
        await listPortalAccess(sql, principal, subject.id, current, { limit, ...(cursor && { cursor }) }),
        shownAccess,
      ),
  }),
];
