import { z } from 'zod';
import {
  ACTIONS,
  CONTRACT_STATUSES,
  FACTS,
  FACT_SOURCES,
  KINDS,
  LINES_OF_BUSINESS,
  OUTCOMES,
  PREREQUISITES,
  STAGES,
  UNMET_REASONS,
  WAITING_ON,
  type Fact,
  type Stage,
  ISSUE_CODES,
  RECREDENTIALING_STATUSES,
} from '../../domain/kernel/codes';
import { isOlder } from '../../domain/applications/dates-on-record';
import { listContradictions } from '../../domain/kernel/date-rules';
import { isRealDate } from '../../domain/time/dates';
import { KIND_RULES } from '../../domain/registry/playbook';
import { MESSAGE_ROLES } from '../../record/applications/outreach-due';
import { deliveryState } from '../outreach/outreach-schemas';
import {
  awaitsApproval,
  checkSource,
  confirmationFields,
  FACT_VALUES,
  missingProof,
  seenDetails,
} from '../billing/fact-schemas';
import {
  reportBrokenRule,
  actor,
  BESIDE_BAD_FIELDS,
  readCursor,
  date,
  id,
  instant,
  findBroken,
  requireOrder,
  limit,
  line,
  longText,
  position,
  state,
  version,
  yesOrNo,
  describeDate,
} from '../kernel/schemas';
import { participation } from './participation-schemas';
import { lapseWarning } from '../upkeep/upkeep-schemas';

/** The stages in which an application can be taken over from elsewhere: it was submitted there, or is closed. */
const ADOPTABLE = [
  'submitted',
  'in_review',
  'information_requested',
  'approved',
  'confirmed',
  'panel_closed',
  'denied',
  'withdrawn',
] as const satisfies readonly Stage[];
const WITHOUT_FACTS: readonly Stage[] = ['denied', 'withdrawn'];

const describeAdoptedFact = <F extends Fact>(fact: F) =>
  z
    .strictObject({
      value: FACT_VALUES[fact],
      ...confirmationFields,
      confirmedOn: describeDate('AdoptedFact.confirmedOn'),
      reason: longText.optional().meta({ description: 'How it comes that it was confirmed before the submission' }),
    })
    .superRefine(checkSource(fact), BESIDE_BAD_FIELDS)
    .optional();

/** Dates of an adoption that start clocks while it is open. */
const CLOCKS = ['submittedOn', 'stageSince', 'lastContactOn'] as const;
const OVER: readonly Stage[] = ['confirmed', ...WITHOUT_FACTS];

const areDates = (...values: unknown[]): boolean =>
  values.every((value) => typeof value === 'string' && isRealDate(value));

const BEFORE_SUBMISSION =
  'must not be before submittedOn, unless with a `reason`, or where the value is inherited or says that there is none';

/** Checks the rules of an adoption between its fields, each of which is seen as it came. */
function checkAdoption(
  adopted: Partial<Record<(typeof CLOCKS)[number], string>> & {
    stage: Stage;
    confirmations?: Partial<Record<Fact, Record<string, unknown>>> | undefined;
  },
  context: z.core.$RefinementCtx,
): void {
  requireOrder('Adoption', 'not_before')(adopted, context);
  for (const fact of FACTS) {
    const given = adopted.confirmations?.[fact];
    if (!areDates(given?.confirmedOn, adopted.submittedOn) || isOlder(given!)) continue;
    for (const { path, rule } of listContradictions('AdoptedFact', given!, { submission: adopted.submittedOn! }))
      reportBrokenRule(context, ['confirmations', fact, path], rule, BEFORE_SUBMISSION);
  }
  for (const field of OVER.includes(adopted.stage) ? [] : CLOCKS) {
    const value = adopted[field];
    const rule =
      typeof value === 'string' && findBroken('happened', value) === undefined && findBroken('recent', value);
    if (rule) reportBrokenRule(context, [field], rule.rule, `${rule.message} while the application is open`);
  }
  const { stage, confirmations } = adopted;
  if (WITHOUT_FACTS.includes(stage) && Object.keys(confirmations ?? {}).length > 0)
    reportBrokenRule(context, ['confirmations'], 'not_in_stage', `must be left out where the stage is ${stage}`);
}

const adopt = z
  .strictObject({
    stage: z.enum(ADOPTABLE),
    stageSince: describeDate('Adoption.stageSince').optional(),
    submittedOn: describeDate('Adoption.submittedOn').optional(),
    referenceNumber: line.optional(),
    lastContactOn: describeDate('Adoption.lastContactOn').optional(),
    nextFollowUpOn: describeDate('Adoption.nextFollowUpOn').optional(),
    contractStatus: z.enum(CONTRACT_STATUSES).optional(),
    confirmations: z
      .strictObject({
        contract: describeAdoptedFact('contract'),
        effectiveDate: describeAdoptedFact('effectiveDate'),
        payerProviderId: describeAdoptedFact('payerProviderId'),
        claimsRoute: describeAdoptedFact('claimsRoute'),
      })
      .optional(),
    notes: longText.optional(),
  })
  .superRefine(checkAdoption, BESIDE_BAD_FIELDS)
  .meta({ id: 'Adoption', description: 'An application that is under way, or over, elsewhere' });

/** Finds the rules of a kind; none if it is no kind. */
const findRules = (kind: unknown) => KINDS.flatMap((one) => (one === kind ? [KIND_RULES[one]] : []))[0];

/** Checks the rules of an application's body that hold between its fields. */
function checkCreation(body: z.infer<typeof fields>, context: z.core.$RefinementCtx): void {
  const { kind, providerId, adopt: adopted } = body;
  const rules = findRules(kind);
  if (!rules) return;
  if (rules.provider && providerId === undefined)
    reportBrokenRule(context, ['providerId'], 'required', `is required for ${kind}`);
  if (!rules.provider && providerId !== undefined)
    reportBrokenRule(context, ['providerId'], 'not_for_this_kind', `must be left out for ${kind}`);
  if (adopted?.stage !== 'confirmed') return;
  for (const fact of rules.facts) {
    const [path, confirmation] = [['adopt', 'confirmations', fact], adopted.confirmations?.[fact]];
    if (!confirmation) reportBrokenRule(context, path, 'required', 'is required where the stage is confirmed');
    else if (confirmation.source === 'client_word')
      reportBrokenRule(
        context,
        [...path, 'source'],
        'only_a_claim',
        "must be more than the client's word for a confirmed stage",
      );
  }
}

const monthlyValue = z.int().min(0).max(1_000_000_000);

const fields = z.strictObject({
  providerId: id.optional().meta({ description: 'Left out for `new_group` only' }),
  practiceId: id,
  payerId: id,
  state,
  lineOfBusiness: z.enum(LINES_OF_BUSINESS).default('commercial'),
  kind: z.enum(KINDS).default('new_individual'),
  locationId: id.optional().meta({ description: 'The location, where the payer credentials by location' }),
  neededBy: describeDate('ApplicationInput.neededBy').optional(),
  monthlyValue: monthlyValue.optional(),
  adopt: adopt.optional(),
});
export const applicationInput = fields.superRefine(checkCreation, BESIDE_BAD_FIELDS).meta({ id: 'ApplicationInput' });
export type ApplicationInput = z.infer<typeof applicationInput>;

export const applicationPatch = z
  .strictObject({
    neededBy: describeDate('ApplicationPatch.neededBy').nullable(),
    monthlyValue: monthlyValue.nullable(),
  })
  .partial()
  .meta({ id: 'ApplicationPatch' });

const stage = z.enum(STAGES);
const waitingOn = z.enum(WAITING_ON);
const wholeSeconds = z.int();

const summaryFields = {
  id,
  clientId: id,
  providerId: id.nullable(),
  providerName: z.string().nullable(),
  practiceId: id,
  practiceName: z.string(),
  payerId: id,
  payerName: z.string(),
  state,
  lineOfBusiness: z.enum(LINES_OF_BUSINESS),
  kind: z.enum(KINDS),
  locationId: id.nullable(),
  previousId: id.nullable().meta({ description: 'The closed application for the same key before this one' }),
  neededBy: date.nullable(),
  monthlyValue: z.int().nullable(),
  open: z.boolean(),
  stage,
  attempt: z.int().meta({ description: 'Counts the submissions' }),
  waitingOn,
  assignee: id.nullable(),
  submittedOn: date.nullable(),
  referenceNumber: z.string().nullable().meta({
    description: 'The payer’s reference for the current attempt: that of its submission, else as a contact gave it',
  }),
  nextFollowUpAt: instant.nullable(),
  dueAt: instant.nullable().meta({ description: 'The instant from which the work is late' }),
  overdue: z.boolean(),
  playbookVersion: z.int(),
  version,
  createdAt: instant,
  updatedAt: instant,
};
export const applicationSummary = z.strictObject(summaryFields).meta({ id: 'ApplicationSummary' });

const given = {
  entryId: id,
  value: z.union(Object.values(FACT_VALUES)),
  source: z.enum(FACT_SOURCES),
  reference: z.string(),
  rep: z.string().optional(),
  confirmedOn: date,
  seen: seenDetails.optional(),
  evidence: z.array(id).optional(),
  stored: z
    .array(id)
    .optional()
    .meta({ description: 'Documents of `evidence` whose file is stored; only the hash of the others is known' }),
  reason: z.string().optional(),
};
const confirmation = z
  .strictObject({
    status: z.enum(['confirmed', 'claimed', 'disputed']),
    ...given,
    lacks: missingProof.optional(),
    awaitsApproval: awaitsApproval.optional(),
    against: z.array(z.strictObject(given)).optional().meta({ description: 'While disputed: what says otherwise' }),
  })
  .optional();

const waitingSeconds = z.strictObject({
  operator: wholeSeconds,
  provider: wholeSeconds,
  payer: wholeSeconds,
  nobody: wholeSeconds,
});
const track = {
  waitingOn,
  waitingSeconds: waitingSeconds.meta({
    description: 'The seconds that this track waited for each; they add up to `ageSeconds` too',
  }),
  nextFollowUpAt: instant.nullable(),
  dueAt: instant.nullable(),
};

export const application = z
  .strictObject({
    ...summaryFields,
    stageSince: instant,
    endedAttempts: z.array(
      z.strictObject({
        number: z.int(),
        stage,
        submitted: z.boolean(),
        submittedOn: date.nullable(),
        submittedAt: instant.nullable(),
        endedAt: instant,
        endedBy: z.enum(['no_record', 'returned', 'resubmission', 'invited', 'restoration', 'submission']),
        filingDateLost: z.boolean(),
      }),
    ),
    waitingSeconds: waitingSeconds.meta({
      description: 'The seconds that it waited for each; they add up to `ageSeconds`',
    }),
    unanswered: z.int().meta({ description: 'Calls in a row that nobody answered, since a contact was made' }),
    ageSeconds: wholeSeconds,
    tracks: z.strictObject({
      credentialing: z.strictObject(track),
      contracting: z.strictObject({
        ...track,
        status: z.enum(CONTRACT_STATUSES),
        on: date.nullable(),
        reference: z.string().optional(),
        feeScheduleReference: z.string().optional(),
        termNoticeDays: z.int().optional(),
        renewsOn: date.optional(),
      }),
    }),
    prerequisites: z.array(
      z.strictObject({
        code: z.enum(PREREQUISITES),
        met: z.boolean(),
        reason: z.enum(UNMET_REASONS).optional(),
        waivedUntil: date.optional(),
      }),
    ),
    attestation: z
      .strictObject({
        state: z.enum(['current', 'missing', 'lapsed', 'stale', 'not_authorised']).meta({
          description: '`stale`: CAQH takes it for current, and the payer wants a fresher one',
        }),
        attestedOn: date.nullable(),
        dueOn: date.nullable(),
        freshThrough: date.optional().meta({
          description: 'The last day on which it is fresh enough, where the playbook says how old it may be',
        }),
      })
      .nullable()
      .meta({ description: 'null where the playbook needs no CAQH' }),
    blockers: z.array(z.strictObject({ code: z.string(), since: instant, text: z.string() })),
    warnings: z
      .array(lapseWarning)
      .meta({ description: 'Items of the file that lapse before the decision, unless they are renewed' }),
    questions: z
      .array(
        z.strictObject({
          code: z.enum(['nothing_to_end', 'participation_current']),
          applicationId: id.nullable().meta({ description: 'The participation that goes on' }),
        }),
      )
      .meta({
        description:
          'Why opening this may have been a mistake: a termination where no participation goes on, or a new application ' +
          'beside one that does. No action is refused because of it; withdraw the application if it is a mistake',
      }),
    expectedDecisionAt: instant.nullable(),
    statutory: z.strictObject({ state, days: z.int(), citation: z.string(), from: date, dueOn: date }).nullable().meta({
      description: 'The day by which the law wants a decision; the time starts on evidence of a complete receipt',
    }),
    paused: z.strictObject({ since: instant, until: date.nullable() }).nullable(),
    held: z
      .strictObject({
        since: instant,
        known: z.strictObject({
          version,
          stage,
          attempt: z.int(),
          next: z.strictObject({ at: instant, timer: z.string() }).nullable(),
        }),
      })
      .nullable()
      .meta({
        description:
          'After a restore of the record: how far the application had come, as its workflow knew. Nudges and mail wait ' +
          'until a person enters what was lost, or says by `restore-review` that nothing was',
      }),
    participationEndedOn: date.nullable(),
    participation: participation.nullable().meta({ description: 'The participation, from the confirmation on' }),
    allowedActions: z.array(z.enum(ACTIONS)).meta({ description: 'The actions that need no `outOfOrder` now' }),
    allowedOutcomes: z.array(z.enum(OUTCOMES)),
    missingFacts: z.array(z.enum(FACTS)),
    confirmations: z.strictObject({
      contract: confirmation,
      effectiveDate: confirmation,
      payerProviderId: confirmation,
      claimsRoute: confirmation,
    }),
    outstandingItems: z.array(z.string()).meta({ description: 'The items that the payer asked for and has not got' }),
    bridge: z
      .strictObject({ relationshipId: id, platform: z.string() })
      .nullable()
      .meta({
        description:
          'The platform on which the provider stays meanwhile: the request adds and replaces nothing. The first that covers the payer ' +
          'in the state while the application is open, whenever that came about, unless its decision is `build_direct`. It stays as long as the platform covers the payer; then another that does takes its place, or none',
      }),
  })
  .meta({ id: 'Application' });

export const acceptedCommand = z
  .strictObject({ id, status: z.literal('on_its_way') })
  .meta({ id: 'OnItsWay', description: 'It is on record and will be done; `id` becomes that of its entry' });

export const workflowState = z
  .strictObject({
    workflowId: z.string(),
    alive: z.boolean().meta({ description: 'Whether the workflow runs' }),
    inStep: z.boolean().meta({ description: 'Whether it knows the version, stage and attempt that the record has' }),
    progress: z
      .strictObject({
        version,
        stage,
        attempt: z.int(),
        open: z.boolean(),
        participating: z.boolean().meta({ description: 'Whether the participation goes on' }),
        waitingOn: z.enum(WAITING_ON),
        nextFollowUpOn: z.string().nullable().meta({ format: 'date' }),
        next: z
          .strictObject({ at: instant, timer: z.string() })
          .nullable()
          .meta({ description: 'When the workflow asks the record again, and what falls due then' }),
      })
      .nullable()
      .meta({ description: 'Null where there is no workflow to ask' }),
  })
  .meta({ id: 'WorkflowView' });

export const timelineEntry = z
  .looseObject({
    id,
    at: instant,
    kind: z.string(),
    actor,
    causeId: id.optional().meta({ description: 'The entry that this one followed from' }),
    struck: z.strictObject({ byId: id, reason: z.string() }).optional(),
    messages: z
      .array(deliveryState.extend({ to: z.enum(MESSAGE_ROLES) }).meta({ id: 'WrittenMessage' }))
      .optional()
      .meta({ description: 'The mail that it led to: received by nobody before `sentAt`' }),
  })
  .meta({ id: 'TimelineEntry', description: 'Beside these, the fields of the command that it records' });

export const timelineQuery = z.strictObject({
  limit,
  cursor: readCursor(position.count.nonnegative()).optional(),
});

export const SORTS = ['nextFollowUpAt', '-updatedAt', 'submittedOn', 'openedAt'] as const;
const describeSortPosition = <S extends (typeof SORTS)[number], V extends z.ZodType>(sort: S, value: V) =>
  z.tuple([z.literal(sort), value, position.id]);
const sortPosition = z.union([
  describeSortPosition('nextFollowUpAt', position.instant.nullable()),
  describeSortPosition('-updatedAt', position.instant),
  describeSortPosition('submittedOn', position.date.nullable()),
  describeSortPosition('openedAt', position.instant),
]);

export const applicationsQuery = z
  .strictObject({
    stage: stage.optional(),
    payerId: id.optional(),
    clientId: id.optional(),
    providerId: id.optional(),
    assignee: id.optional(),
    state: state.optional(),
    waitingOn: waitingOn.optional(),
    overdue: yesOrNo.optional(),
    issue: z
      .enum(ISSUE_CODES)
      .optional()
      .meta({ description: 'Only participations with this issue, as long as it is not put right' }),
    recredentialing: z
      .enum(RECREDENTIALING_STATUSES)
      .optional()
      .meta({ description: 'Only participations whose renewal stands here' }),
    q: line.optional().meta({
      description: 'Text in the name of provider, practice or payer, in a payer’s alias or a reference; or an NPI',
    }),
    sort: z
      .enum(SORTS)
      .default('-updatedAt')
      .meta({
        description:
          'Applications without such a date come last. Only `openedAt`, the oldest first, is an order that no change moves: in the ' +
          'others an application that changes while pages are read can be missed or appear twice',
      }),
    limit,
    cursor: readCursor(sortPosition).optional(),
  })
  .superRefine(({ sort, cursor }, context) => {
    if (cursor && cursor[0] !== sort)
      reportBrokenRule(context, ['cursor'], 'cursor', 'must be a nextCursor of this list');
  }, BESIDE_BAD_FIELDS);

const GROUPS = ['stage', 'payer', 'client', 'assignee'] as const;
export const summaryQuery = z.strictObject({ groupBy: z.enum(GROUPS) });
export const applicationGroups = z.strictObject({
  items: z.array(
    z.strictObject({
      stage: stage.optional(),
      payerId: id.optional(),
      clientId: id.optional(),
      assignee: id.nullable().optional(),
      count: z.int(),
    }),
  ),
});

export const bulkResult = z
  .strictObject({
    items: z.array(
      z.strictObject({
        id: z.string(),
        status: z.int().meta({ description: 'As the same action on one application would answer' }),
        problem: z.looseObject({ type: z.string(), title: z.string(), status: z.int() }).optional(),
      }),
    ),
  })
  .meta({ id: 'BulkResult' });
