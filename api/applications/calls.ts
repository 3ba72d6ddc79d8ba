import { z } from 'zod';
import { MOST_CALL_MINUTES, MOST_CALLED } from '../../domain/applications/calls';
import { CALL_FIELDS, listCallFields } from '../../domain/registry/caller-verification';
import { findBeyondCall } from '../../domain/registry/playbook';
import { findApplications } from '../../record/applications/applications';
import { readCallSheetOf } from '../../record/applications/call-sheet';
import { endCall, findCall, revealInCall, startCall, type Call } from '../../record/applications/calls';
import { findEntryIds } from '../../record/kernel/one-entry';
import { isSameActor, type Principal } from '../../record/kernel/principal';
import { findPayer, findUnmergedPayer } from '../../record/registry/payers';
import { findRevealedValue } from '../../record/registry/reveals';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { Problem, refuseFields, type FieldError } from '../kernel/errors';
import { checkFilter, listUnknownFilters } from '../kernel/filters';
import { isAllowed } from '../kernel/policy';
import { listUnknown } from '../kernel/references';
import { answerCreated, answerOk, route, type Route } from '../kernel/route';
import { actor, id, instant, listOfIds } from '../kernel/schemas';
import { refuseErrors } from '../kernel/validation';
import { NOT_ON_FILE, revealed } from '../registry/reveals-schemas';
import { CONTACT } from './applications-actions';
import { callSheet, showCallSheet } from './call-sheet';

const callInput = z
  .strictObject({
    payerId: id,
    applicationIds: listOfIds(MOST_CALLED)
      .min(1)
      .meta({ description: 'The applications in the order in which the sheet has them' }),
  })
  .meta({ id: 'CallInput' });

const call = z
  .strictObject({
    id,
    payerId: id,
    applicationIds: z.array(id),
    startedBy: actor,
    startedAt: instant,
    endsAt: instant.meta({ description: `When it is over by itself: ${MOST_CALL_MINUTES} minutes after its start` }),
    endedAt: instant.nullable().meta({ description: 'null while it goes on' }),
    mayReveal: z.array(z.enum(CALL_FIELDS)).meta({
      description:
        'The identifiers that the payer asks of a caller in full, by its `callerVerification`; none once the call is over',
    }),
    sheet: callSheet,
  })
  .meta({ id: 'Call' });

const callReveal = z.strictObject({ applicationId: id, field: z.enum(CALL_FIELDS) }).meta({ id: 'CallReveal' });

async function describeCall(sql: Sql, principal: Principal, { contactsId: _, ...shown }: Call): Promise<object> {
  const payer = (await findPayer(sql, shown.payerId))!;
  const mayReveal = shown.endedAt === null ? listCallFields(payer.playbook.callerVerification) : [];
  return {
    ...shown,
    mayReveal,
    sheet: showCallSheet(await readCallSheetOf(sql, principal, payer, shown.applicationIds)),
  };
}

/** Starts a call about applications that the caller sees, all of them with the payer, and no more than it takes. */
async function startAllowedCall(
  { sql }: Deps,
  { principal, commandId, body }: { principal: Principal; commandId: string; body: z.infer<typeof callInput> },
): Promise<Call> {
  const { payerId, applicationIds } = body;
  const payerIds = await findEntryIds(sql, 'payers', payerId);
  const found = new Map((await findApplications(sql, principal, applicationIds)).map((one) => [one.id, one]));
  const applications = applicationIds.flatMap((one) => found.get(one) ?? []);
  refuseErrors([
    ...(await listUnknownFilters(sql, principal, { payerId })),
    ...listUnknown('applicationIds', applicationIds, new Set(found.keys())),
    ...applicationIds.flatMap((one, place): FieldError[] =>
      payerIds.size === 0 || !found.has(one) || payerIds.has(found.get(one)!.payerId)
        ? []
        : [{ path: `applicationIds.${place}`, rule: 'same_payer', message: 'must be an application with this payer' }],
    ),
  ]);
  const again = await findCall(sql, principal, commandId);
  if (again) return again;
  const payer = (await findUnmergedPayer(sql, payerId))!;
  const beyond = findBeyondCall(payer.playbook, applications);
  if (beyond)
    throw new Problem('beyond_max_per_call', {
      detail: `The payer takes at most ${beyond.most} in one call; applicationIds.${beyond.place} is beyond that`,
    });
  return startCall(sql, principal, commandId, { payerId: payer.id, applications });
}

/** Reveals an identifier to the maker of a call, of one of its applications and as far as the payer asks it of a caller. */
async function revealAllowed(
  { sql, keyring }: Deps,
  { principal, commandId, call: on, given }: RevealRequest,
): Promise<void> {
  if (!isSameActor(on.startedBy, principal)) throw new Problem('forbidden');
  const payer = (await findPayer(sql, on.payerId))!;
  const fields = listCallFields(payer.playbook.callerVerification);
  refuseErrors([
    ...(on.applicationIds.includes(given.applicationId)
      ? []
      : [{ path: 'applicationId', rule: 'in_call', message: 'must be an application of the call' }]),
    ...(fields.includes(given.field)
      ? []
      : [{ path: 'field', rule: 'caller_verification', message: 'is not what this payer asks of a caller in full' }]),
  ]);
  const most = on.applicationIds.length * fields.length;
  const came = await revealInCall(sql, keyring, principal, commandId, { call: on, ...given, most });
  if (came === 'not_on_file') throw refuseFields(NOT_ON_FILE);
  if (came === 'over') throw new Problem('call_over');
  if (came === 'too_many') throw new Problem('beyond_reveals', { detail: `A call like this reveals at most ${most}` });
}
interface RevealRequest {
  principal: Principal;
  commandId: string;
  call: Call;
  given: z.infer<typeof callReveal>;
}

interface LoggedCall {
  principal: Principal;
  commandId: string;
  callId: string;
  payerId: string;
  applications: readonly { id: string }[];
}

/**
 * Ends a call as its contacts are about to be logged, so that only one of two concurrent attempts logs them; a retry of
 * the command that ended it goes on.
 */
export async function endByContacts(
  { sql }: Deps,
  { principal, commandId, callId, payerId, applications }: LoggedCall,
): Promise<void> {
  await checkFilter(sql, principal, { payerId, callId });
  const called = (await findCall(sql, principal, callId))!;
  const errors: FieldError[] = [];
  if (!isSameActor(called.startedBy, principal))
    errors.push({ path: 'callId', rule: 'own_call', message: 'must be a call that you started' });
  if (!(await findEntryIds(sql, 'payers', called.payerId)).has(payerId))
    errors.push({ path: 'payerId', rule: 'same_payer', message: 'must be the payer of the call' });
  for (const [place, one] of applications.entries())
    if (!called.applicationIds.includes(one.id))
      errors.push({
        path: `applications.${place}.id`,
        rule: 'in_call',
        message: 'must be an application of the call',
      });
  refuseErrors(errors);
  const { contactsId } = await endCall(sql, principal, called, commandId);
  if (contactsId !== commandId) throw new Problem('call_over');
}

const tag = 'work queue';

export const callRoutes = (deps: Deps): Route[] => {
  const { sql, keyring } = deps;
  return [
    route({
      method: 'post',
      path: '/v1/calls',
      summary: 'Start a call to a payer',
      description:
        `A call about some applications with one payer, with the sheet to call from. It is over after ${MOST_CALL_MINUTES} ` +
        'minutes, once it is ended, or with `POST /v1/contacts` that names it as `callId`. More applications than the ' +
        'payer’s `maxPerCall` are refused: `detail` says how many it takes.',
      tag,
      access: CONTACT.access,
      body: callInput,
      responses: { 201: { description: 'The call, with an entry of the sheet for each application', schema: call } },
      handler: async (request) => {
        const started = await startAllowedCall(deps, request);
        return answerCreated(`/v1/calls/${started.id}`, await describeCall(sql, request.principal, started));
      },
    }),
    route({
      method: 'get',
      path: '/v1/calls/{id}',
      summary: 'Read a call',
      description: 'A call is shown to users who see every client of its applications; the sheet is as of now.',
      tag,
      access: 'operations:read',
      subject: ({ principal, params }) => findCall(sql, principal, params.id),
      responses: { 200: { description: 'The call', schema: call } },
      handler: async ({ principal, subject }) => answerOk(await describeCall(sql, principal, subject)),
    }),
    route({
      method: 'post',
      path: '/v1/calls/{id}/reveals',
      summary: 'Reveal an identifier in a call',
      description:
        'An identifier that the payer’s `callerVerification` asks of a caller in full, of one application of the call, for the user who started ' +
        'the call and while it goes on; as many times as the call has such identifiers. It is in the audit log. `value` is in the ' +
        'answer, and again in one to a retry with the same Idempotency-Key within ten minutes.',
      tag,
      access: CONTACT.access,
      subject: ({ principal, params }) => findCall(sql, principal, params.id),
      body: callReveal,
      secret: { name: 'value', read: (commandId) => findRevealedValue(sql, keyring, commandId) },
      responses: { 200: { description: 'The identifier', schema: revealed } },
      problems: [409],
      handler: async ({ principal, subject, body, commandId }) => {
        await revealAllowed(deps, { principal, commandId, call: subject, given: body });
        return answerOk({ field: body.field });
      },
    }),
    route({
      method: 'post',
      path: '/v1/calls/{id}/end',
      summary: 'End a call',
      description: 'The user who started the call ends it, or a lead or an admin. One that has ended stays as it is.',
      tag,
      access: CONTACT.access,
      subject: ({ principal, params }) => findCall(sql, principal, params.id),
      responses: { 200: { description: 'The call as it is now', schema: call } },
      handler: async ({ principal, subject }) => {
        if (!isSameActor(subject.startedBy, principal) && !isAllowed(principal, 'calls:end'))
          throw new Problem('forbidden');
        return answerOk(await describeCall(sql, principal, await endCall(sql, principal, subject)));
      },
    }),
  ];
};
