import type { z } from 'zod';
import { findEnding, listEndings, previewEnding, recordEnding, type Leaving } from '../../record/offboarding/endings';
import type { Principal } from '../../record/kernel/principal';
import { findClient } from '../../record/registry/clients';
import { findProvider } from '../../record/registry/providers';
import { listPracticeIds } from '../../record/registry/practices';
import { findHold, putHold, type Hold } from '../../record/offboarding/retention';
import { findReturn, recordReturn, type ReturnInput } from '../../record/offboarding/returns';
import { readClock } from '../../runtime/clock';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem } from '../kernel/errors';
import { answerPage } from '../kernel/listing';
import { listUnknown } from '../kernel/references';
import { answerCreated, answerOk, route, type Answer, type Route } from '../kernel/route';
import { describePage } from '../kernel/schemas';
import {
  clientReturnInput,
  endingAnswer,
  endingInput,
  endingPreview,
  endingQuery,
  endingsQuery,
  endingSummary,
  hold,
  holdInput,
  leavingReturn,
  ENDING_NAMES,
  providerReturnInput,
} from './endings-schemas';
import { addOldNames, restoreOldNames } from '../kernel/old-names';
import { refuseErrors } from '../kernel/validation';
import { checkFilter } from '../kernel/filters';

const tag = 'leaving';

const DESCRIPTION =
  'Open applications are withdrawn or handed over once the last day has passed. A participation by the group’s ' +
  'contract ends on that day; one by a contract of the provider’s own goes on until a payer ends it or it is handed ' +
  'over. Relationships with platforms stay on file as the provider’s own, and count as before; once the last day has passed ' +
  'nobody asks about them any more (`stop_asking`). With `terminate`, a termination is opened with each payer, with the contract’s notice where that is on file. ' +
  'Keys, users, webhooks and mail that reach nobody else are shut, upkeep stops where no other client has the person, ' +
  'and secrets are purged later (`secretsPurgeDays` of the settings) except under a legal hold. All of it is done ' +
  'once, whatever happens meanwhile; `GET /v1/endings/{id}` shows the progress.';

const RESPONSES = {
  200: { description: 'A preview', schema: endingPreview },
  201: { description: 'The ending', schema: endingAnswer },
};

/** The record keeps these fields under their old names. */
const restoreEndingNames = restoreOldNames(ENDING_NAMES);
const addEndingNames = addOldNames(ENDING_NAMES);

const showHold = (held: Hold | null) => ({
  hold: held !== null,
  reason: held?.reason ?? null,
  setBy: held?.setBy ?? null,
  setAt: held?.setAt ?? null,
});

/** Ends a provider, or a client; the answer is the ending, or its preview. */
async function endSubject(
  { sql }: Deps,
  leaving: Leaving & { endedOn: string | null },
  request: {
    principal: Principal;
    query: z.output<typeof endingQuery>;
    body: z.output<typeof endingInput>;
    commandId: string;
  },
): Promise<Answer> {
  const { principal, query, commandId } = request;
  const { terminate = false, ...rest } = restoreEndingNames(request.body);
  const body = { ...rest, terminate };
  if (query.dryRun) {
    if (leaving.endedOn !== null) throw new Problem('ended_already');
    return answerOk(await previewEnding(sql, leaving, body, readClock()));
  }
  const recorded = await recordEnding(sql, principal, commandId, leaving, body);
  if ('existingId' in recorded)
    throw new Problem('ended_already', recorded.existingId ? { existingId: recorded.existingId } : {});
  return answerCreated(`/v1/endings/${recorded.ending.id}`, addEndingNames(recorded.ending));
}

const RETURN =
  'The same record goes on: it takes new things again, upkeep and the registries’ watches begin anew, and nothing of ' +
  'it is purged. All that the ending did stays done: applications stay withdrawn, participations and agreements ended, and ' +
  'terminations go on until they are withdrawn. Items that it had not done yet are called off. Secrets that were purged have ' +
  'to be given again. A legal hold stays.';

const BACK = { 201: { description: 'The return', schema: leavingReturn } };

/** Records a return, or returns what stands in its way. */
async function returnSubject(
  { sql, keyring }: Deps,
  leaving: Leaving,
  { principal, body, commandId }: { principal: Principal; body: ReturnInput; commandId: string },
): Promise<Answer> {
  const result = await recordReturn(sql, keyring, principal, commandId, leaving, restoreEndingNames(body));
  if ('back' in result) return answerCreated(`/v1/returns/${result.back.id}`, addEndingNames(result.back));
  switch (result.refused) {
    case 'client_ended':
      throw new Problem('ended');
    case 'not_ended':
      throw new Problem('not_ended');
    case 'under_way':
      throw new Problem('ending_under_way', { existingId: result.endingId });
    case 'purged':
      throw refuseFields(
        ...result.fields.map((path) => ({ path, rule: 'purged', message: PURGED })),
        ...result.practiceIds.map((id) => ({
          path: 'practices',
          rule: 'purged',
          message: `must name practice ${id} with its tin, which was purged; null leaves it out for now`,
        })),
      );
  }
}

const PURGED = 'was purged after they left, so it must be given again; send it empty where there is none';

export const endingRoutes = (deps: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/providers/{id}/end',
    summary: 'End the work for a provider of this client',
    description: DESCRIPTION,
    tag,
    access: 'endings:write',
    subject: ({ principal, params }) => findProvider(deps.sql, principal, params.id),
    query: endingQuery,
    body: endingInput,
    responses: RESPONSES,
    handler: ({ subject: { id: providerId, clientId, endedOn }, ...request }) =>
      endSubject(deps, { clientId, providerId, endedOn }, request),
  }),
  route({
    method: 'post',
    path: '/v1/clients/{id}/end',
    summary: 'End the work for a client and all of its providers',
    description: `${DESCRIPTION} Agreements that no other application needs end too.`,
    tag,
    access: 'endings:write',
    subject: ({ principal, params }) => findClient(deps.sql, principal, params.id),
    query: endingQuery,
    body: endingInput,
    responses: RESPONSES,
    handler: ({ subject: { id: clientId, endedOn }, ...request }) =>
      endSubject(deps, { clientId, providerId: null, endedOn }, request),
  }),
  route({
    method: 'get',
    path: '/v1/endings',
    summary: 'List the endings and the progress of each',
    tag,
    access: 'operations:read',
    query: endingsQuery,
    responses: {
      200: { description: 'Endings in order of recording, without their items', schema: describePage(endingSummary) },
    },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) => {
      const { clientId, providerId } = filter;
      await checkFilter(deps.sql, principal, { clientId, providerId });
      const request = { limit, ...(cursor && { cursor }) };
      return answerPage(await listEndings(deps.sql, principal, filter, request), addEndingNames);
    },
  }),
  route({
    method: 'get',
    path: '/v1/endings/{id}',
    summary: 'Read an ending and its progress',
    tag,
    access: 'operations:read',
    subject: ({ principal, params }) => findEnding(deps.sql, principal, params.id),
    responses: { 200: { description: 'The ending, with what came of each thing', schema: endingAnswer } },
    handler: async ({ subject }) => answerOk(addEndingNames(subject)),
  }),
  route({
    method: 'post',
    path: '/v1/providers/{id}/return',
    summary: 'Bring back a provider who has left, or cancel an ending',
    description: RETURN,
    tag,
    access: 'endings:write',
    subject: ({ principal, params }) => findProvider(deps.sql, principal, params.id),
    body: providerReturnInput,
    responses: BACK,
    handler: ({ subject: { id: providerId, clientId }, ...request }) =>
      returnSubject(deps, { clientId, providerId }, request),
  }),
  route({
    method: 'post',
    path: '/v1/clients/{id}/return',
    summary: 'Bring back a client that has left, or cancel an ending',
    description:
      `${RETURN} Providers who left with the client are back with it, and its users; keys and webhooks are made anew. ` +
      'A provider of whom secrets were purged comes back alone, as they have to be given again.',
    tag,
    access: 'endings:write',
    subject: ({ principal, params }) => findClient(deps.sql, principal, params.id),
    body: clientReturnInput,
    responses: BACK,
    handler: async ({ subject: { id: clientId }, ...request }) => {
      const ids = request.body.practices?.map((one) => one.id);
      refuseErrors(listUnknown('practices', ids, await listPracticeIds(deps.sql, clientId), '.id'));
      return returnSubject(deps, { clientId, providerId: null }, request);
    },
  }),
  route({
    method: 'get',
    path: '/v1/returns/{id}',
    summary: 'Read a return',
    tag,
    access: 'operations:read',
    subject: ({ principal, params }) => findReturn(deps.sql, principal, params.id),
    responses: { 200: { description: 'The return', schema: leavingReturn } },
    handler: async ({ subject }) => answerOk(addEndingNames(subject)),
  }),
  ...holdRoutes(deps, 'client', '/v1/clients/{id}/legal-hold', findClient),
  ...holdRoutes(deps, 'provider', '/v1/providers/{id}/legal-hold', findProvider),
];

type HoldSubject = { id: string; clientId: string };

const holdRoutes = <Path extends `${string}{id}${string}`>(
  { sql }: Deps,
  kind: 'client' | 'provider',
  path: Path,
  find: (sql: Sql, principal: Principal, id: string) => Promise<HoldSubject | null>,
): Route[] => [
  route({
    method: 'get',
    path,
    summary: `Read whether a ${kind} is under a legal hold`,
    tag,
    access: 'operations:read',
    subject: ({ principal, params }) => find(sql, principal, (params as { id: string }).id),
    responses: { 200: { description: 'The hold', schema: hold } },
    handler: async ({ principal, subject }) => answerOk(showHold(await findHold(sql, principal, kind, subject.id))),
  }),
  route({
    method: 'put',
    path,
    summary: `Put a ${kind} under a legal hold, or release it`,
    description: 'Under a hold nothing is purged; once released, what was due meanwhile is purged at once.',
    tag,
    access: 'endings:write',
    subject: ({ principal, params }) => find(sql, principal, (params as { id: string }).id),
    body: holdInput,
    responses: { 200: { description: 'The hold as it is now', schema: hold } },
    handler: async ({ principal, subject, body }) =>
      answerOk(showHold(await putHold(sql, principal, kind, subject, body))),
  }),
];
