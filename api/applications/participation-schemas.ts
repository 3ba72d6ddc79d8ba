import { z } from 'zod';
import {
  CHANGE_FIELDS,
  DIRECTORY_STATUSES,
  FACTS,
  FACT_SOURCES,
  ISSUE_CODES,
  LOADING_STATUSES,
  RECREDENTIALING_STATUSES,
  PARTICIPATION_TRACKS,
} from '../../domain/kernel/codes';

import {
  reportBrokenRule,
  documents,
  BESIDE_BAD_FIELDS,
  date,
  id,
  instant,
  requireOrder,
  line,
  longText,
  allowWords,
  describeDate,
} from '../kernel/schemas';

/** The sources in which a user can see how the payer has a provider. */
const SIGHT_SOURCES = ['portal', 'directory', 'phone', 'email', 'letter', 'test_claim', 'remittance'] as const;

const proof = {
  reference: line.meta({ description: 'The reference by which the page, the call or the letter can be found again' }),
  rep: line.optional(),
  evidence: documents.optional(),
  notes: longText.optional(),
};
const sighting = { seenOn: describeDate('Sighting.seenOn'), source: z.enum(SIGHT_SOURCES), ...proof };

function checkPhone({ source, rep }: { source: string; rep?: string | undefined }, context: z.core.$RefinementCtx) {
  if (source === 'phone' && !rep)
    reportBrokenRule(context, ['rep'], 'phone_needs_rep', 'is required where the source is phone');
}

export const loading = z
  .strictObject({ status: z.enum(LOADING_STATUSES), ...sighting })
  .superRefine(checkPhone, BESIDE_BAD_FIELDS)
  .meta({ id: 'Loading', description: 'Whether the payer’s systems were seen to have the provider in network' });

export const directory = z
  .strictObject({ status: z.enum(DIRECTORY_STATUSES), ...sighting })
  .superRefine(checkPhone, BESIDE_BAD_FIELDS)
  .meta({ id: 'DirectorySighting', description: 'How the payer’s directory was seen to list the provider' });

export const issue = z
  .strictObject({
    code: z.enum(ISSUE_CODES),
    since: describeDate('Issue.since'),
    disproves: allowWords(FACTS)
      .optional()
      .meta({
        description:
          'Facts that it puts in doubt: billing readiness says no (`fact_disputed`) until a person confirms one with a ' +
          '`reason`. Left out, `wrong_tin` disproves the claims route, and the others nothing',
      }),
    reference: line.optional(),
    evidence: documents.optional(),
    notes: longText.optional(),
  })
  .meta({ id: 'Issue' });

export const issueResolution = z
  .strictObject({
    code: z.enum(ISSUE_CODES),
    resolvedOn: describeDate('IssueResolution.resolvedOn'),
    source: z.enum(SIGHT_SOURCES),
    ...proof,
  })
  .superRefine(checkPhone, BESIDE_BAD_FIELDS)
  .meta({ id: 'IssueResolution' });

export const committeeDate = z
  .strictObject({
    on: describeDate('CommitteeDate.on').meta({ description: 'The day of the committee’s latest decision' }),
    source: z.enum(FACT_SOURCES),
    ...proof,
  })
  .superRefine(checkPhone, BESIDE_BAD_FIELDS)
  .meta({ id: 'CommitteeDate' });

export const recredentialing = z
  .strictObject({
    startedOn: describeDate('PayersRecredentialing.startedOn'),
    dueOn: describeDate('PayersRecredentialing.dueOn')
      .optional()
      .meta({ description: 'The day by which the payer wants it, where it named one' }),
    source: z.enum(FACT_SOURCES),
    ...proof,
  })
  .superRefine(checkPhone, BESIDE_BAD_FIELDS)
  .superRefine(requireOrder('PayersRecredentialing'), BESIDE_BAD_FIELDS)
  .meta({ id: 'PayersRecredentialing' });

const describeSighting = <T extends readonly [string, ...string[]]>(statuses: T) =>
  z.strictObject({ status: z.enum(statuses), seenOn: date }).nullable();

export const cycleBasis = z.enum(['stated', 'committee_contact', 'approval', 'effective_date']).meta({
  description: 'How `from` is known; `effective_date` is an assumption until the committee’s date is',
});

/** The participation that follows a confirmed application. */
export const participation = z
  .strictObject({
    effectiveOn: date.nullable().meta({ description: 'Billable from this day' }),
    current: z.boolean().meta({ description: 'Whether the participation is still active' }),
    loaded: describeSighting(LOADING_STATUSES).meta({
      description: 'The payer’s systems as they were last seen; null: not yet',
    }),
    directory: describeSighting(DIRECTORY_STATUSES).meta({
      description: 'The directory as it was last seen; null: not yet',
    }),
    issues: z.array(
      z.strictObject({
        code: z.enum(ISSUE_CODES),
        entryId: id,
        since: date,
        raisedAt: instant,
        resolvedOn: date.nullable(),
      }),
    ),
    untoldChanges: z
      .array(z.strictObject({ field: z.enum(CHANGE_FIELDS), changedOn: date, dueOn: date.optional() }))
      .meta({ description: 'Changes not yet reported to the payer; a contact with `toldOfChanges` clears them' }),
    followUps: z.partialRecord(
      z.enum(PARTICIPATION_TRACKS),
      z.strictObject({ nextFollowUpAt: instant, dueAt: instant }),
    ),
    recredentialing: z
      .strictObject({
        status: z.enum(RECREDENTIALING_STATUSES).meta({
          description: '`late` may still renew, until `lateUntil`; afterwards it is an initial application again',
        }),
        from: date,
        basis: cycleBasis,
        dueOn: date,
        opensOn: date,
        lateUntil: date,
        startedByPayerOn: date.nullable(),
        openedAt: instant.nullable(),
        missedAt: instant.nullable(),
        openedId: id.nullable().meta({ description: 'The application by which this cycle is renewed' }),
      })
      .nullable(),
  })
  .meta({ id: 'Participation' });
