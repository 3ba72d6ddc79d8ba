import { findEntryIds } from '../../record/kernel/one-entry';
import type { z } from 'zod';
import { recordAudit } from '../../record/kernel/audit';
import type { Action } from '../../domain/kernel/codes';
import { findApplications, type KeptApplication } from '../../record/applications/applications';
import type { Principal } from '../../record/kernel/principal';
import { findMostPerCall } from '../../domain/registry/playbook';
import { findUnmergedPayer } from '../../record/registry/payers';
import { computeBulkCost } from '../kernel/costs';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem, toProblem, type FieldError } from '../kernel/errors';
import { deriveUuid } from '../../runtime/uuid';
import { runInParallel } from '../kernel/parallel';
import { answerOk, route, type Route } from '../kernel/route';
import { answer, contacts, rosterEntry, submissions } from './actions-schemas';
import { bulkResult } from './applications-schemas';
import { id } from '../kernel/schemas';
import { checkValue } from '../kernel/validation';
import { CONTACT, SUBMISSION, takeAction, type ActionRow } from './applications-actions';
import { checkFilter } from '../kernel/filters';
import { endByContacts } from './calls';

const tag = 'application actions';
const AT_ONCE = 8;
const STATUS = { recorded: 200, on_its_way: 202 } as const;

interface Many {
  principal: Principal;
  commandId: string;
  payerId: string;
  channel: string;
  applications: ({ id: string } & Record<string, unknown>)[];
}

/** Takes one action for many applications of a payer, each on its own; returns the result of each, in order. */
async function takeMany<Given extends object, Own>(
  deps: Deps,
  row: ActionRow<Action, Given>,
  { payerId, channel, applications, principal, commandId }: Many,
  own: z.ZodType<Own>,
  completeBody: (own: Own) => Given,
): Promise<object[]> {
  await checkFilter(deps.sql, principal, { payerId });
  const ids = applications.map((one) => one.id).filter((one) => id.safeParse(one).success);
  const found = new Map((await findApplications(deps.sql, principal, ids)).map((one) => [one.id, one]));
  const payerIds = await findEntryIds(deps.sql, 'payers', payerId);
  const isOfPayer = (one: KeptApplication | undefined) => one !== undefined && payerIds.has(one.payerId);
  // if the first waited in vain for a worker, the others do not wait
  let { patienceMs } = deps;

  const playbook =
    row.action === 'contacts' && channel === 'phone'
      ? (await findUnmergedPayer(deps.sql, payerId))?.playbook
      : undefined;
  // applications of another payer take no place in the call
  const called = new Map(
    applications.filter(({ id: one }) => isOfPayer(found.get(one))).map(({ id: one }, place) => [one, place]),
  );

  /** Whether the call has no room for one; its room may depend on state, kind and line. */
  function isBeyondLimit({ id: one, state, kind, lineOfBusiness }: KeptApplication): boolean {
    const most = playbook && findMostPerCall(playbook, { state, kind, lineOfBusiness });
    return typeof most === 'number' && (called.get(one) ?? 0) >= most;
  }

  async function takeOne(subject: KeptApplication | undefined, fields: object, itemId: string): Promise<number> {
    if (!subject) throw new Problem('not_found');
    if (!isOfPayer(subject))
      throw refuseFields({ path: 'id', rule: 'same_payer', message: 'must be an application with this payer' });
    const errors: FieldError[] = [];
    const given = checkValue(own, fields, errors);
    if (given === undefined) throw refuseFields(...errors);
    const request = { principal, subject, body: completeBody(given), commandId: deriveUuid([commandId, itemId]) };
    const status = await takeAction(deps, row, request, { patienceMs });
    if (status === 'on_its_way') patienceMs = 0;
    return STATUS[status];
  }

  return runInParallel(applications, AT_ONCE, async ({ id: itemId, ...fields }) => {
    const subject = found.get(itemId);
    try {
      if (subject && isBeyondLimit(subject)) throw new Problem('beyond_max_per_call');
      return { id: itemId, status: await takeOne(subject, fields, itemId) };
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 409)
        await recordAudit(deps.sql, principal, {
          action: row.action,
          subjectType: tag,
          subjectId: itemId,
          clientId: subject?.clientId ?? null,
          outcome: 'refused',
          detail: { problem: problem.type },
        });
      return { id: itemId, status: problem.status, problem };
    }
  });
}

const responses = { 200: { description: 'The result for each application, in order', schema: bulkResult } };

export const bulkRoutes = (deps: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/submissions',
    summary: 'Record a roster that submits many applications',
    tag,
    access: SUBMISSION.access,
    body: submissions,
    cost: ({ body }) => computeBulkCost(body.applications.length),
    responses,
    handler: async ({ principal, commandId, body: { payerId, applications, ...roster } }) => {
      const many = { principal, commandId, payerId, channel: roster.channel, applications };
      return answerOk({ items: await takeMany(deps, SUBMISSION, many, rosterEntry, (own) => ({ ...roster, ...own })) });
    },
  }),
  route({
    method: 'post',
    path: '/v1/contacts',
    summary: 'Log a call about many applications',
    tag,
    description:
      'With `callId` it ends that call, whatever becomes of each contact; of a call that has ended nothing is logged, but ' +
      'a retry is answered as before.',
    access: CONTACT.access,
    body: contacts,
    cost: ({ body }) => computeBulkCost(body.applications.length),
    responses,
    handler: async ({ principal, commandId, body: { callId, ...body } }) => {
      const { payerId, applications, ...call } = body;
      if (callId !== undefined) await endByContacts(deps, { principal, commandId, callId, payerId, applications });
      const many = { principal, commandId, payerId, channel: call.channel, applications };
      return answerOk({ items: await takeMany(deps, CONTACT, many, answer, (own) => ({ ...call, ...own })) });
    },
  }),
];
