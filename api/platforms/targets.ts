import { readClock } from '../../runtime/clock';
import { readCaseload, readPanels, putCaseload, putPanels } from '../../record/platforms/caseloads';
import { findUnmergedIds } from '../../record/kernel/one-entry';
import { findClient } from '../../record/registry/clients';
import { findPayer } from '../../record/registry/payers';
import { rankPayerTargets } from '../../record/platforms/targets';
import type { Deps } from '../kernel/deps';
import { checkFilter } from '../kernel/filters';
import { listRepeated, listUnknown } from '../kernel/references';
import { answerOk, route, type Route } from '../kernel/route';
import { caseload, caseloadInput, panels, panelsInput, targets, targetsQuery } from './targets-schemas';
import { refuseErrors } from '../kernel/validation';

const tag = 'payer targets';

const NOT_SAID = { monthlyValue: null, rates: null };

export const targetRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/clients/{id}/caseload',
    summary: 'Read how many of the client’s patients each payer insures',
    tag,
    access: 'registry:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    responses: { 200: { description: 'The caseload', schema: caseload } },
    handler: async ({ principal, subject }) => answerOk(await readCaseload(sql, principal, subject.id)),
  }),
  route({
    method: 'put',
    path: '/v1/clients/{id}/caseload',
    summary: 'Record the caseload',
    description:
      'The list replaces the earlier one. Payers that were merged are one, and stand under the one that stays.',
    tag,
    access: 'registry:write',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    body: caseloadInput,
    responses: { 200: { description: 'The caseload', schema: caseload } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      const payerIds = body.items.map(({ payerId }) => payerId);
      const ones = await findUnmergedIds(sql, 'payers', payerIds);
      refuseErrors([
        ...listUnknown('items', payerIds, new Set(ones.keys()), '.payerId'),
        ...listRepeated(
          'items',
          payerIds.map((payerId) => ones.get(payerId)),
          '.payerId',
        ),
      ]);
      const items = body.items.map((item) => ({ ...NOT_SAID, ...item }));
      return answerOk(await putCaseload(sql, principal, subject.id, items, ifMatch));
    },
  }),
  route({
    method: 'get',
    path: '/v1/payers/{id}/panels',
    summary: 'Read whether the payer takes applications, by state and kind',
    tag,
    access: 'operations:read',
    subject: ({ params }) => findPayer(sql, params.id),
    responses: { 200: { description: 'The panels as stated', schema: panels } },
    handler: async ({ subject }) => answerOk(await readPanels(sql, subject.id)),
  }),
  route({
    method: 'put',
    path: '/v1/payers/{id}/panels',
    summary: 'Record whether the payer takes applications',
    description:
      'The list takes the place of the one before, and is of the payer that stays where this one was merged. An application that the payer parked since then says that its ' +
      'panel is closed.',
    tag,
    access: 'payers:write',
    subject: ({ params }) => findPayer(sql, params.id),
    body: panelsInput,
    responses: { 200: { description: 'The panels as stated', schema: panels } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      const items = body.items.map((item) => ({ ...item, kind: item.kind ?? null }));
      return answerOk(await putPanels(sql, principal, subject.id, items, ifMatch));
    },
  }),
  route({
    method: 'get',
    path: '/v1/clients/{id}/payer-targets',
    summary: 'Rank the payers to contract with directly, the best first',
    description:
      'Payers of the caseload and of the provider’s platforms, for a practice and state; each with what its score is made ' +
      'of. Those for which an application is under way come last.',
    tag,
    access: 'operations:read',
    subject: ({ principal, params }) => findClient(sql, principal, params.id),
    query: targetsQuery,
    responses: { 200: { description: 'The targets', schema: targets } },
    handler: async ({ principal, subject, query }) => {
      const clientId = subject.id;
      const { providerId, practiceId } = query;
      await checkFilter(sql, principal, { providerId, practiceId }, { clientId });
      return answerOk({ items: await rankPayerTargets(sql, principal, { clientId, ...query }, readClock()) });
    },
  }),
];
