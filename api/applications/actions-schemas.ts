import { FACT_VALUES, confirmationFields, checkSource } from '../billing/fact-schemas';
import { evenIfExists } from '../kernel/duplicates';
import { z } from 'zod';
import {
  CONTACT_CHANNELS,
  CONTRACT_STATUSES,
  OUTCOMES,
  SUBMISSION_CHANNELS,
  WAIVABLE,
  type Fact,
  type Outcome,
  PARTICIPATION_TRACKS,
  STAFF_ROLES,
} from '../../domain/kernel/codes';
import {
  reportBrokenRule,
  documents,
  BESIDE_BAD_FIELDS,
  id,
  line,
  longText,
  allowRepeats,
  requireUnique,
  describeDate,
  requireOrder,
} from '../kernel/schemas';

// repeated by its words: an item that is there twice is one thing
const items = allowRepeats(z.array(line).min(1).max(50));

/** Records an event from outside in a stage that does not expect it. */
const outOfOrder = z
  .strictObject({ reason: longText })
  .meta({
    id: 'OutOfOrder',
    description:
      'The reason for an entry that the stage does not expect: what already happened outside may arrive in every open stage',
  })
  .optional();

const submissionFields = {
  submittedOn: describeDate('Submission.submittedOn'),
  channel: z.enum(SUBMISSION_CHANNELS),
  referenceNumber: line.optional(),
  proof: documents.optional(),
};
export const submission = z.strictObject({ ...submissionFields, outOfOrder }).meta({ id: 'Submission' });
/** An application's own fields in a roster. */
export const rosterEntry = z.strictObject({ outOfOrder });

const callFields = {
  channel: z.enum(CONTACT_CHANNELS),
  rep: line.optional().meta({ description: 'The name of the person at the payer' }),
  department: line.optional(),
  referenceNumber: line.optional(),
};
const answerFields = {
  outcome: z.enum(OUTCOMES).meta({ description: 'Picks the stage and the next follow-up' }),
  missingItems: items
    .optional()
    .meta({ description: 'Only for `information_requested`: what the payer wants, one per item' }),
  itemsNotNeeded: z.literal(true).optional().meta({ description: 'The payer no longer needs what it asked for' }),
  promisedOn: describeDate('Contact.promisedOn')
    .optional()
    .meta({
      description:
        'The day by which the payer promised an answer; the follow-up is on the next day on which the payer answers. For `committee` and `tabled`, also when ' +
        'a decision is expected',
    }),
  nextFollowUpOn: describeDate('Contact.nextFollowUpOn').optional().meta({
    description:
      'Replaces the date that the playbook gives; at most a year ahead. Where the payer does not answer on it, the follow-up is on the next day on which it does',
  }),
  completeOn: describeDate('Contact.completeOn').optional().meta({
    description:
      'The day since which the payer has had a complete application, as it says: statutory clocks count from there',
  }),
  notes: longText.optional(),
  toldOfChanges: z.literal(true).optional().meta({
    description: 'The payer knows what has changed in the file since the submission, so the change blocks no longer',
  }),
  about: z
    .enum(PARTICIPATION_TRACKS)
    .optional()
    .meta({ description: 'For a participation: what the contact was about; left out, everything that was due' }),
  evenIfExists: evenIfExists.meta({
    description:
      'Only for `no_record` and `no_answer`; true: it is another call, and counts, although one like it is logged already',
  }),
  outOfOrder,
};

/** Outcomes whose second call means more than one. */
const COUNTED: readonly Outcome[] = ['no_record', 'no_answer'];
/** Outcomes by which the payer has the application, and can say since when it was complete. */
const MAY_BE_COMPLETE: readonly Outcome[] = ['received', 'in_review', 'committee', 'tabled'];

function checkAnswer(answer: z.infer<z.ZodObject<typeof answerFields>>, context: z.core.$RefinementCtx): void {
  const asks = answer.outcome === 'information_requested';
  if (answer.missingItems && !asks)
    reportBrokenRule(
      context,
      ['missingItems'],
      'information_requested_only',
      'belongs to the outcome information_requested',
    );
  if (answer.itemsNotNeeded && asks)
    reportBrokenRule(context, ['itemsNotNeeded'], 'contradiction', 'contradicts the outcome information_requested');
  if (answer.evenIfExists && !COUNTED.includes(answer.outcome))
    reportBrokenRule(
      context,
      ['evenIfExists'],
      'counted_only',
      `belongs to one of ${COUNTED.join(', ')}, which are counted`,
    );
  if (answer.completeOn && !MAY_BE_COMPLETE.includes(answer.outcome))
    reportBrokenRule(context, ['completeOn'], 'received_only', `belongs to one of ${MAY_BE_COMPLETE.join(', ')}`);
}
/** The payer's answer about one application, in a call about many. */
export const answer = z.strictObject(answerFields).superRefine(checkAnswer, BESIDE_BAD_FIELDS);
export const contact = z
  .strictObject({ ...callFields, ...answerFields })
  .superRefine(checkAnswer, BESIDE_BAD_FIELDS)
  .meta({ id: 'Contact' });

export const information = z
  .strictObject({
    providedOn: describeDate('Information.providedOn'),
    items: items.meta({
      description:
        'The items that were sent, in the same words as in the request. Where the request listed none, any items; with ' +
        '`outOfOrder` also what it does not list',
    }),
    proof: documents.optional(),
    outOfOrder,
  })
  .meta({ id: 'Information' });

export const contract = z
  .strictObject({
    status: z.enum(CONTRACT_STATUSES),
    on: describeDate('Contract.on'),
    reference: line.optional(),
    feeScheduleReference: line.optional(),
    termNoticeDays: z.int().min(0).max(3_650).optional(),
    renewsOn: describeDate('Contract.renewsOn').optional(),
    outOfOrder,
  })
  .superRefine(requireOrder('Contract'), BESIDE_BAD_FIELDS)
  .meta({ id: 'Contract' });

export const describeConfirmation = (fact: Fact) =>
  z
    .strictObject({
      value: FACT_VALUES[fact],
      ...confirmationFields,
      reason: longText.optional().meta({
        description: 'Why this value replaces the one on file, or why it is the right one of two that disagree',
      }),
      outOfOrder,
    })
    .superRefine(checkSource(fact), BESIDE_BAD_FIELDS)
    .meta({ id: `${fact[0]!.toUpperCase()}${fact.slice(1)}Confirmation` });

export const appeal = z
  .strictObject({
    filedOn: describeDate('Appeal.filedOn'),
    channel: z.enum([...new Set([...SUBMISSION_CHANNELS, ...CONTACT_CHANNELS])]),
    referenceNumber: line.optional(),
    reason: longText,
  })
  .meta({ id: 'Appeal' });

export const reasonBody = z.strictObject({ reason: longText }).meta({ id: 'WithReason' });
export const pause = z
  .strictObject({
    reason: longText,
    until: describeDate('Pause.until').nullable().optional().meta({
      description: 'Left out: a pause that is on keeps its date; null: until it is resumed',
    }),
  })
  .meta({ id: 'Pause' });
export const resume = z.strictObject({ reason: longText.optional() }).meta({ id: 'Resume' });
export const restoration = z
  .strictObject({ attempt: z.int().min(1).max(1_000_000), reason: longText })
  .meta({ id: 'Restoration' });
export const waiver = z
  .strictObject({
    prerequisite: z.enum(WAIVABLE),
    reason: longText,
    until: describeDate('Waiver.until').meta({ description: 'The last day on which it holds' }),
  })
  .meta({ id: 'Waiver' });
export const correction = z
  .strictObject({ entryId: id.meta({ description: 'The entry of the timeline that is struck out' }), reason: longText })
  .meta({ id: 'Correction' });
export const note = z
  .strictObject({
    text: longText,
    visibility: z.enum(['internal', 'client']).meta({
      description: `\`internal\` notes are shown to the operator’s staff only: the roles ${STAFF_ROLES.join(', ')}`,
    }),
  })
  .meta({ id: 'Note' });
export const assignment = z.strictObject({ assignee: id.nullable() }).meta({ id: 'Assignment' });

const describeBulk = <T extends z.ZodRawShape>(fields: T, example: object) =>
  z.strictObject({
    payerId: id,
    ...fields,
    applications: requireUnique(
      z
        .array(z.looseObject({ id: z.string() }))
        .min(1)
        .max(500),
      (one) => one.id,
    ).meta({ description: 'Each application is handled on its own', example: [example] }),
  });

export const submissions = describeBulk(submissionFields, { id: '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11' }).meta({
  id: 'Submissions',
  description: 'One roster for many applications; each `{id, outOfOrder?}`',
});
const ofCall = id.optional().meta({
  description: 'The call that this logs and ends: of the caller, with this payer, and about each of these applications',
});
export const contacts = describeBulk(
  { ...callFields, callId: ofCall },
  { id: '7f2c4a52-61d3-4b0e-9a47-0d9c3c1f5e11', outcome: 'in_review' },
).meta({
  id: 'Contacts',
  description: 'One call about many applications; each with its `id` and what an answer of `Contact` has',
});
