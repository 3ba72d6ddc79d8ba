import { z } from 'zod';
import { currentQuery, statementFields, showStatement } from './statements';
import { PORTAL_STATUSES } from '../../domain/kernel/codes';
import { selectKnownPayers } from '../../record/registry/payers';
import { findPractice } from '../../record/registry/practices';
import { findUser } from '../../record/registry/users';
import {
  listPortalAccess,
  putPortalAccess,
  type PortalAccess,
  type PortalAccessInput,
} from '../../record/registry/statements';
import type { Deps } from '../kernel/deps';
import { answerPage } from '../kernel/listing';
import { answerCreated, route, type Route } from '../kernel/route';
import { date, id, listOfIds, line, longText, describePage, describeDate } from '../kernel/schemas';
import { describeFormerName, allowOldNames, addOldNames, restoreOldNames } from '../kernel/old-names';
import { refuseErrors } from '../kernel/validation';
import { listUnknown, listWorkerErrors } from '../kernel/references';

const portalFields = { portal: line, payerIds: listOfIds(500), status: z.enum(PORTAL_STATUSES) };

const PORTAL_NAMES = { note: 'notes' };

const HOLDER_MISSING = { path: 'holder', rule: 'required', message: 'is required, or holderUserId' };

const portalAccessInput = allowOldNames(
  'PortalAccessInput',
  z.strictObject({
    ...portalFields,
    holder: line
      .optional()
      .meta({ description: 'The name of the person who holds the access; left out: the user `holderUserId`' }),
    holderUserId: id.optional(),
    on: describeDate('PortalAccessInput.on'),
    secondFactorOwner: line
      .optional()
      .meta({ description: 'The name of the person who has the second factor, where they are no user' }),
    secondFactorUserIds: listOfIds(20).optional().meta({
      description: 'The users who have the second factor; with fewer than two owners it is a finding',
    }),
    secretKeptIn: line.optional().meta({ description: 'The place where the secret is kept, never the secret itself' }),
    notes: longText.optional(),
  }),
  PORTAL_NAMES,
);

const portalAccess = z
  .strictObject({
    ...statementFields,
    ...portalFields,
    holder: line,
    holderUserId: id.nullable(),
    on: date,
    secondFactorOwner: line.nullable(),
    secondFactorUserIds: z.array(id),
    secretKeptIn: line.nullable(),
    notes: longText.nullable(),
    note: describeFormerName(longText.nullable(), 'notes'),
  })
  .meta({ id: 'PortalAccess' });

const showAccess = (access: PortalAccess) => addOldNames(PORTAL_NAMES)(showStatement(access));

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
    namesUser: { holderUserId: 'worker', secondFactorUserIds: 'worker' },
    body: portalAccessInput,
    responses: { 201: { description: 'The statement', schema: portalAccess } },
    handler: async ({ principal, subject, body, commandId }) => {
      const { holderUserId, secondFactorUserIds = [], payerIds } = body;
      const holding = holderUserId === undefined ? null : await findUser(sql, principal, holderUserId);
      const holder = body.holder ?? holding?.name;
      refuseErrors([
        ...listUnknown('payerIds', payerIds, await selectKnownPayers(sql, payerIds)),
        ...(body.holder === undefined && holderUserId === undefined ? [HOLDER_MISSING] : []),
        ...(
          await Promise.all(
            [
              ...(holderUserId === undefined ? [] : [['holderUserId', holderUserId] as const]),
              ...secondFactorUserIds.map((userId, place) => [`secondFactorUserIds.${place}`, userId] as const),
            ].map(([path, userId]) => listWorkerErrors(sql, principal, { path, userId, clientId: subject.clientId })),
          )
        ).flat(),
      ]);
      const given = { ...restoreOldNames(PORTAL_NAMES)(body), holder } as PortalAccessInput;
      const made = await putPortalAccess(sql, principal, commandId, subject, given);
      return answerCreated(`/v1/practices/${subject.id}/portal-access`, showAccess(made));
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
    responses: { 200: { description: 'Ways into portals in order of recording', schema: describePage(portalAccess) } },
    handler: async ({ principal, subject, query: { limit, cursor, current } }) =>
      answerPage(
        await listPortalAccess(sql, principal, subject.id, current, { limit, ...(cursor && { cursor }) }),
        showAccess,
      ),
  }),
];
