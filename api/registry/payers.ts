import { describePlaybook, type Playbook, type VariantScope } from '../../domain/registry/playbook';
import type { Principal } from '../../record/kernel/principal';
import {
  createPayer,
  findPayer,
  selectKnownPayers,
  listPayers,
  updatePayer,
  type Payer,
  type PayerOrExisting,
} from '../../record/registry/payers';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { isOperator } from '../kernel/policy';
import { listUnknown } from '../kernel/references';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { describePage, pageQuery } from '../kernel/schemas';
import { payer, payerInput, payerPatch } from './payers-schemas';
import { effectivePlaybook, playbookScope } from './playbook-schemas';
import { refuseErrors } from '../kernel/validation';

const tag = 'payers';

// How a payer is worked is the operator's own knowledge.
const createPayerView =
  (principal: Principal) =>
  ({ playbook, ...shown }: Payer) =>
    isOperator(principal) ? { ...shown, playbook } : shown;

function readPayer(result: PayerOrExisting): Payer {
  if ('existingId' in result) throw new Problem('duplicate_payer', result);
  return result.payer;
}

/** Shows a version of a payer's playbook as it works for a scope. */
export function showPlaybook(
  of: { payerId: string; version: number } & Required<VariantScope>,
  playbook: Playbook,
): object {
  const { state, kind, lineOfBusiness } = of;
  const { overrides, ...effective } = describePlaybook(playbook, { state, kind, lineOfBusiness });
  return { ...of, overrides, playbook: effective };
}

export const payerRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/payers',
    summary: 'Add a payer with its playbook',
    description:
      'A name or alias that another payer goes by, however it is written (case, spacing, accents, a legal form), is refused ' +
      'with that payer’s id, unless `evenIfExists` says that another is meant.',
    tag,
    access: 'payers:write',
    body: payerInput,
    responses: { 201: { description: 'The payer', schema: payer } },
    handler: async ({ principal, body, commandId }) => {
      refuseErrors(listUnknown('covers', body.covers, await selectKnownPayers(sql, body.covers)));
      const made = readPayer(await createPayer(sql, principal, commandId, body));
      return answerCreated(`/v1/payers/${made.id}`, createPayerView(principal)(made));
    },
  }),
  route({
    method: 'get',
    path: '/v1/payers',
    summary: 'List the payers',
    tag,
    access: 'registry:read',
    query: pageQuery,
    responses: { 200: { description: 'Payers in order of creation', schema: describePage(payer) } },
    handler: async ({ principal, query }) => answerPage(await listPayers(sql, query), createPayerView(principal)),
  }),
  route({
    method: 'get',
    path: '/v1/payers/{id}',
    summary: 'Read a payer',
    tag,
    access: 'registry:read',
    subject: ({ params }) => findPayer(sql, params.id),
    responses: { 200: { description: 'The payer', schema: payer } },
    handler: async ({ principal, subject }) => answerOk(createPayerView(principal)(subject)),
  }),
  route({
    method: 'get',
    path: '/v1/payers/{id}/playbook',
    summary: 'Read the playbook of today as it works in a state, for a kind and line of business',
    description:
      'With the defaults, and with what differs for the scope; an application’s own is at `/v1/applications/{id}/playbook`.',
    tag,
    access: 'operations:read',
    subject: ({ params }) => findPayer(sql, params.id),
    query: playbookScope,
    responses: { 200: { description: 'The playbook', schema: effectivePlaybook } },
    handler: async ({ subject: { id: payerId, playbookVersion: version, playbook }, query: scope }) =>
      answerOk(showPlaybook({ payerId, version, ...scope }, playbook)),
  }),
  route({
    method: 'patch',
    path: '/v1/payers/{id}',
    summary: 'Change a payer',
    description:
      'Fields that are left out stay as they are. A playbook replaces the one before as its next version; applications that are open ' +
      'keep the version that they started with. A payer that was merged has only its playbook changed, which its open applications ' +
      'follow; everything else is changed at the one that stays, whose id the refusal names.',
    tag,
    access: 'payers:write',
    subject: ({ params }) => findPayer(sql, params.id),
    body: payerPatch,
    responses: { 200: { description: 'The payer as it is now', schema: payer } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      const { playbook: _, ...more } = body;
      if (subject.mergedInto && Object.keys(more).length > 0)
        throw new Problem('merged_already', { existingId: subject.mergedInto });
      refuseErrors(listUnknown('covers', body.covers, await selectKnownPayers(sql, body.covers)));
      return answerOk(
        createPayerView(principal)(readPayer(await updatePayer(sql, principal, subject.id, body, ifMatch))),
      );
    },
  }),
];
