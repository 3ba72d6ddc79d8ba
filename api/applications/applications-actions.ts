import { listContradictions } from '../../domain/kernel/date-rules';
import { findTerminableSince } from '../../record/applications/affected-applications';
import { z } from 'zod';
import { readClock } from '../../runtime/clock';
import type { Bodies, GivenFact, ActionWithBody } from '../../domain/applications/bodies';
import { FACTS, type Action, type Fact, type IssueCode } from '../../domain/kernel/codes';
import { findUnresolvedIssue } from '../../domain/applications/participation';
import { listContradictoryDates } from '../../domain/applications/dates-on-record';
import type { Refusal } from '../../domain/applications/progress';
import { describeApplication, findApplication, type KeptApplication } from '../../record/applications/applications';
import { isKept, keepCommand, listUnaskedItems } from '../../record/applications/commands';
import { readParties } from '../../record/applications/parties';
import type { Principal } from '../../record/kernel/principal';
import type { Deps } from '../kernel/deps';
import { Problem, type FieldError } from '../kernel/errors';
import type { Permission } from '../kernel/policy';
import { answerOk, route, type Answer, type Method, type Route } from '../kernel/route';
import { participationEnding } from '../billing/fact-schemas';
import * as actions from './actions-schemas';
import * as participation from './participation-schemas';
import { application, applicationPatch, acceptedCommand } from './applications-schemas';
import { refuseErrors } from '../kernel/validation';
import { checkFacts } from './applications-checks';
import { listWorkerErrors, listDocumentErrors } from '../kernel/references';

/** The context in which an action's references are checked. */
interface CheckedBody<Body> extends Deps {
  principal: Principal;
  subject: KeptApplication;
  body: Body;
}

/** One action of the table, as data: its name, who may take it, and its fields. */
export interface ActionRow<A extends Action = Action, Given extends object = object> {
  action: A;
  segment: string;
  method: Method;
  access: Permission;
  summary: string;
  description?: string;
  schema: z.ZodType<Given>;
  /** The users whom it names, in the form of a route. */
  namesUser?: Route['namesUser'] & object;
  /** Adds to `errors` what the schema cannot see: references, and what depends on the application. */
  check?(of: CheckedBody<Given>, errors: FieldError[]): Promise<void>;
  /** Builds the command from the given fields. */
  buildAction(given: Given): ActionWithBody<A>;
}

type More<Given extends object> = Partial<
  Omit<ActionRow<Action, Given>, 'action' | 'summary' | 'schema' | 'buildAction'>
>;

const buildRow = <A extends Action, Given extends object>(
  action: A,
  summary: string,
  schema: z.ZodType<Given>,
  buildAction: (given: Given) => ActionWithBody<A>,
  more: More<Given>,
): ActionRow<A, Given> => ({
  action,
  segment: action,
  method: 'post',
  access: 'applications:work',
  summary,
  schema,
  buildAction,
  ...more,
});

/** Builds the row of an action whose command says what was given. */
export const buildActionRow = <A extends Action>(
  action: A,
  summary: string,
  schema: z.ZodType<Bodies[A]>,
  more: More<Bodies[A]> = {},
): ActionRow<A, Bodies[A]> => buildRow(action, summary, schema, (body) => ({ action, body }), more);

const followUp = { access: 'applications:follow_up' } as const;

async function checkProof(
  { sql, subject, body }: CheckedBody<{ proof?: string[] }>,
  errors: FieldError[],
): Promise<void> {
  errors.push(...(await listDocumentErrors(sql, subject.clientId, 'proof', body.proof)));
}

async function checkInformation(of: CheckedBody<Bodies['information']>, errors: FieldError[]): Promise<void> {
  await checkProof(of, errors);
  const { sql, subject, body } = of;
  if (body.outOfOrder) return;
  errors.push(
    ...(await listUnaskedItems(sql, subject.snapshot, body.items)).map((index) => ({
      path: `items.${index}`,
      rule: 'not_requested',
      message: 'must be an item that the payer asked for (outstandingItems), or be sent with outOfOrder',
    })),
  );
}

async function checkEvidence(
  { sql, subject, body }: CheckedBody<{ evidence?: string[] | undefined }>,
  errors: FieldError[],
): Promise<void> {
  errors.push(...(await listDocumentErrors(sql, subject.clientId, 'evidence', body.evidence)));
}

type OfIssue = CheckedBody<{ code: IssueCode; evidence?: string[] | undefined }>;

async function checkIssue(of: OfIssue, errors: FieldError[]): Promise<void> {
  await checkEvidence(of, errors);
  if (findUnresolvedIssue(of.subject.snapshot, of.body.code))
    errors.push({
      path: 'code',
      rule: 'unresolved_already',
      message: 'is already on record and unresolved; log a contact about it instead',
    });
}

async function checkResolution(of: OfIssue, errors: FieldError[]): Promise<void> {
  await checkEvidence(of, errors);
  if (!findUnresolvedIssue(of.subject.snapshot, of.body.code) && findUnresolvedIssue(of.subject.snapshot))
    errors.push({ path: 'code', rule: 'unresolved', message: 'must be an issue that is on record and not resolved' });
}

async function checkPrerequisite(
  { subject, body }: CheckedBody<{ prerequisite: string }>,
  errors: FieldError[],
): Promise<void> {
  if (subject.snapshot.file.prerequisites.some(({ code }) => code === body.prerequisite)) return;
  const message = 'is not a prerequisite of this application';
  errors.push({ path: 'prerequisite', rule: 'not_a_prerequisite', message });
}

async function checkAssignee(
  { sql, principal, subject, body }: CheckedBody<{ assignee: string | null }>,
  errors: FieldError[],
): Promise<void> {
  if (body.assignee === null) return;
  const { assignee: userId } = body;
  errors.push(...(await listWorkerErrors(sql, principal, { path: 'assignee', userId, clientId: subject.clientId })));
}

const checkFact =
  (fact: Fact) =>
  async ({ sql, principal, subject, body }: CheckedBody<GivenFact>, errors: FieldError[]): Promise<void> => {
    const { id: applicationId, snapshot, playbookVersion, clientId } = subject;
    if (fact === 'effectiveDate' && snapshot.rules.endsSpan) {
      const participation = await findTerminableSince(sql, applicationId);
      errors.push(...listContradictions('EffectiveDate', { ...body }, { participation }));
    }
    const ground = await readParties(sql, principal, snapshot.key, playbookVersion);
    const against = { ...snapshot.key, applicationId, clientId, ground };
    await checkFacts(sql, against, [{ fact, given: body, path: '' }], errors);
  };

const buildConfirmationRow = (fact: Fact) =>
  buildRow(
    'confirmations',
    `Put the ${FACT_NAMES[fact]} on file`,
    actions.describeConfirmation(fact),
    (given) => ({ action: 'confirmations', body: { ...given, fact } }),
    {
      segment: `confirmations/${fact}`,
      method: 'put',
      description:
        'Sending the same again changes nothing. A different value with a `reason` replaces the first, which is ' +
        'kept; without one the fact is disputed, and does not count, until a person chooses one of them with a `reason`. ' +
        (fact === 'effectiveDate'
          ? 'For a termination it is the last day: the end that it gave the participation moves with it, and is taken back ' +
            'where its confirmation is struck out. '
          : '') +
        'Where a platform covers the payer in that state, or has, contract and claims route are `claimed` until `seen` has ' +
        'both `partyName` and `tinLast4`; a fact for which the settings require a document is, until `evidence` has one.',
      check: checkFact(fact),
    },
  );

const buildApprovalRow = (fact: Fact) =>
  buildRow(
    'approval',
    `Approve the ${FACT_NAMES[fact]} that another person confirmed`,
    z.strictObject({}),
    () => ({ action: 'approval', body: { fact } }),
    {
      segment: `confirmations/${fact}/approval`,
      description:
        'Allowed while the fact has `awaitsApproval`: it was confirmed by phone while the settings required a second person ' +
        'for that. Until then it is `claimed` and counts nowhere. A user other than the one who recorded it approves it: all ' +
        'keys of a user are that user, a program’s key is the user whose key made it, and the bootstrap admin key, and what ' +
        'it made for programs, approves nothing.',
    },
  );

const FACT_NAMES: Record<Fact, string> = {
  contract: 'contract',
  effectiveDate: 'effective date',
  payerProviderId: "payer's provider ID",
  claimsRoute: 'claims route',
};

export const SUBMISSION = buildActionRow(
  'submission',
  'Record that the application was submitted',
  actions.submission,
  {
    check: checkProof,
  },
);
export const CONTACT = buildActionRow('contacts', 'Log a contact with the payer', actions.contact, {
  ...followUp,
  description:
    'The outcome decides the stage and the date of the next follow-up. `no_record` or `no_answer` of the same channel, ' +
    'representative and reference as before is the same call, logged again: it stays on the timeline and counts once. ' +
    'Where representative or reference is missing, that holds on the same day only (the client’s): on another day it is ' +
    'another call, so a second `no_record` then means a new attempt. `evenIfExists` says that it is another one already. ' +
    'A `no_answer` that names another date is another too. To put a call right, strike its entry out and log it anew.',
});

export const ASSIGNMENT = buildActionRow(
  'assignment',
  'Assign the application to a user, or to no one',
  actions.assignment,
  {
    method: 'put',
    namesUser: { assignee: 'worker' },
    check: checkAssignee,
  },
);

/** The row of the action that is offered to nobody: a payer's applications are moved together. */
export const MIGRATION = buildActionRow(
  'playbook-migration',
  'Move it to the payer’s playbook of today',
  z.strictObject({ version: z.int() }),
);

/** The row that corrects what was stated when the application was opened; it belongs to no stage. */
const DETAILS = buildActionRow(
  'details',
  'Change until when an application is needed, or what it is worth',
  applicationPatch,
  {
    segment: '',
    method: 'patch',
    description:
      'Fields that are left out stay; null empties. Everything else of an application changes by its actions.',
  },
);

/** Every action on one application. */
const ROWS: ActionRow[] = [
  SUBMISSION,
  CONTACT,
  buildActionRow('information', 'Record which of the requested items were sent', actions.information, {
    ...followUp,
    description: 'The request stays open until every item is sent.',
    check: checkInformation,
  }),
  buildActionRow('contract', 'Record the status of the contract', actions.contract),
  ...FACTS.map(buildConfirmationRow),
  ...FACTS.map(buildApprovalRow),
  buildActionRow('appeal', 'Appeal a denial', actions.appeal),
  buildActionRow('resubmission', 'Start a new attempt', actions.reasonBody),
  buildActionRow('restoration', 'Go back to an earlier attempt', actions.restoration),
  buildActionRow('waivers', 'Waive a prerequisite until a date', actions.waiver, {
    access: 'applications:waive',
    check: checkPrerequisite,
  }),
  buildActionRow('withdrawal', 'Withdraw the application', actions.reasonBody),
  buildActionRow('pause', 'Pause the application', actions.pause, {
    description: "Stops nudges. The payer's deadlines, appeal windows and expiries continue.",
  }),
  buildActionRow('resume', 'Resume the application', actions.resume, {
    description:
      'Work that fell due in the pause is due from now on; it is late and escalated after the usual times. The payer’s deadlines went on meanwhile.',
  }),
  buildActionRow('restore-review', 'Confirm that nothing is left to enter after a restore', actions.reasonBody, {
    description:
      'Allowed while `held` is set, that is when the restored record is older than what the workflow knows. It lets nudges ' +
      'and mail continue. A hold also ends by itself once entries restore the stage and attempt that were known.',
  }),
  buildActionRow('loading', 'Record whether the payer has loaded the provider', participation.loading, {
    ...followUp,
    description:
      'Once the provider is seen loaded, the caution `not_seen_loaded` disappears; until then the check is repeated.',
    check: checkEvidence,
  }),
  buildActionRow('directory', 'Record how the payer’s directory lists the provider', participation.directory, {
    ...followUp,
    description: 'The directory is checked at regular intervals, more often while it is wrong.',
    check: checkEvidence,
  }),
  buildActionRow('issues', 'Record a problem with a participation', participation.issue, {
    ...followUp,
    description: 'The problem enters the work queue at once and is followed up until it is resolved.',
    check: checkIssue,
  }),
  buildActionRow('issue-resolution', 'Record that a problem is resolved', participation.issueResolution, {
    ...followUp,
    description: 'Facts that the problem disproved stay disputed until a person confirms one with a `reason`.',
    check: checkResolution,
  }),
  buildActionRow('committee-date', 'Record the day of the committee’s decision', participation.committeeDate, {
    description: 'The date of the next recredentialing is counted from this day.',
    check: checkEvidence,
  }),
  buildActionRow('recredentialing', 'Record that the payer has begun recredentialing', participation.recredentialing, {
    description: 'If no recredentialing application is open, one is opened at once.',
    check: checkEvidence,
  }),
  buildActionRow('participation-end', 'Record the last day in network', participationEnding, {
    description:
      'A day that has passed ends the participation now. With a day ahead it goes on until then, looked after as before, and ' +
      'another day may still be entered; billing readiness has the last day at once. The last day of one that has ended is put right ' +
      'by striking out its entry with `corrections` and recording it again.',
  }),
  buildActionRow('notes', 'Add a note', actions.note, followUp),
  ASSIGNMENT,
  buildActionRow('corrections', 'Strike out an entry that was logged in error', actions.correction, {
    description:
      'The entry stays on the timeline. Stage, timers and readiness are worked out again without it, and the entry of the ' +
      'correction lists the readiness answers that relied on it.',
  }),
];

/**
 * Keeps a command, unless it is a retry of one that is kept already, and brings it to the workflow. Returns whether it
 * is recorded or still on its way; a refusal is thrown as its problem.
 */
export async function takeAction<Given extends object>(
  deps: Deps,
  row: ActionRow<Action, Given>,
  request: { principal: Principal; subject: KeptApplication; body: Given; commandId: string },
  { readVersion, patienceMs = deps.patienceMs }: { readVersion?: () => number | undefined; patienceMs?: number } = {},
): Promise<'recorded' | 'on_its_way'> {
  const { principal, subject, body, commandId } = request;
  if (!(await isKept(deps.sql, commandId))) {
    const expected = readVersion?.();
    const action = row.buildAction(body);
    const errors: FieldError[] = listContradictoryDates(subject.snapshot, action);
    await row.check?.({ ...deps, principal, subject, body }, errors);
    refuseErrors(errors);
    const command = { id: commandId, clientId: subject.clientId, applicationId: subject.id };
    await keepCommand(
      deps.sql,
      { ...command, ...action, ...(expected !== undefined && { version: expected }) },
      principal,
    );
  }
  const delivery = await deps.dispatch.deliverCommand(commandId, patienceMs);
  if (delivery.status === 'refused') throw toRefusalProblem(delivery.refusal, row.action);
  return delivery.status;
}

const END_PUT_RIGHT =
  'To put its last day right, strike out the entry participation_end of the timeline with `corrections`, then record it again.';
const TAKEN_OUT_OF_ORDER = 'If it has already happened, send it again with outOfOrder: {"reason": "…"}.';

function toRefusalProblem(refusal: Refusal, action: Action): Problem {
  switch (refusal.type) {
    case 'action_not_allowed': {
      const { type, because = type, outOfOrder, ...allowed } = refusal;
      const isEndedAlready = because === 'participation_over' && action === 'participation-end';
      const detail = outOfOrder ? TAKEN_OUT_OF_ORDER : isEndedAlready ? END_PUT_RIGHT : null;
      return new Problem(because, { ...(detail && { detail }), ...allowed });
    }
    case 'open_application_exists':
      return new Problem('application_exists', { existingId: refusal.existingId });
    case 'set_aside':
      return new Problem('set_aside', { detail: `Cause: ${refusal.cause}` });
    default:
      return new Problem(refusal.type);
  }
}

/** Shows the application as GET answers it. */
export const showApplication = async ({ sql }: Deps, kept: KeptApplication): Promise<object> =>
  describeApplication(sql, kept, readClock());

const tag = 'application actions';

const buildRoute = (deps: Deps, one: ActionRow): Route =>
  route({
    method: one.method,
    path: ['/v1/applications/{id}', one.segment].filter(Boolean).join('/'),
    summary: one.summary,
    ...(one.description && { description: one.description }),
    tag,
    access: one.access,
    subject: ({ principal, params }) => findApplication(deps.sql, principal, (params as { id: string }).id),
    ...(one.namesUser && { namesUser: one.namesUser }),
    body: one.schema,
    contradicts: ({ subject, given }) => listContradictoryDates(subject.snapshot, one.buildAction(given)),
    responses: {
      200: { description: 'The application as it is now', schema: application },
      202: { description: 'It is on record, and will be done once a worker is there', schema: acceptedCommand },
    },
    handler: async ({ principal, subject, body, commandId, ifMatch }): Promise<Answer> => {
      const request = { principal, subject, body, commandId };
      const status = await takeAction(deps, one, request, { readVersion: () => ifMatch(subject.version) });
      if (status === 'on_its_way')
        return { status: 202, location: `/v1/applications/${subject.id}`, body: { id: commandId, status } };
      return answerOk(await showApplication(deps, (await findApplication(deps.sql, principal, subject.id))!));
    },
  });

export const applicationActionRoutes = (deps: Deps): Route[] => [DETAILS, ...ROWS].map((one) => buildRoute(deps, one));
