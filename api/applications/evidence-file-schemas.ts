import { TIN_TYPES } from '../../domain/kernel/identifiers';
import { z } from 'zod';
import {
  CONTRACT_STATUSES,
  DIRECTORY_STATUSES,
  FACT_SOURCES,
  FACTS,
  ISSUE_CODES,
  KINDS,
  LINES_OF_BUSINESS,
  LOADING_STATUSES,
  OUTCOMES,
  STAGES,
  SUBMISSION_CHANNELS,
} from '../../domain/kernel/codes';
import { FACT_VALUES } from '../billing/fact-schemas';
import { date, id, instant, state } from '../kernel/schemas';
import { sha256 } from '../registry/documents-schemas';
import { cycleBasis } from './participation-schemas';

export const evidenceQuery = z.strictObject({
  format: z.enum(['json', 'pdf']).optional().meta({ description: 'json where it is left out' }),
  sha256: sha256.optional().meta({ description: 'The hash of a file that was frozen' }),
});

const document = z.strictObject({
  id,
  kind: z.string(),
  name: z.string(),
  sha256: z.string(),
  storedAt: instant
    .nullable()
    .optional()
    .meta({ description: 'The instant since which its file is stored; null: only its hash is on record' }),
});
const documents = z.array(document);
const logged = {
  entryId: id,
  at: instant,
  by: z.string(),
  struck: z.strictObject({ reason: z.string() }).optional(),
};
const maybe = z.string().optional();
const proof = { source: z.string(), reference: z.string(), rep: maybe, documents };
const sighting = { ...logged, seenOn: date, ...proof };
const address = z.looseObject({});

export const evidence = z
  .strictObject({
    v: z.literal([1, 2]).meta({
      description: 'Files that were frozen as 1 have nothing of loading, directory, issues and recredentialing',
    }),
    application: z.strictObject({
      id,
      previousId: id.nullable(),
      kind: z.enum(KINDS),
      state,
      lineOfBusiness: z.enum(LINES_OF_BUSINESS),
      stage: z.enum(STAGES),
      attempt: z.int(),
      submittedOn: date.nullable(),
      referenceNumber: z.string().nullable(),
      openedAt: instant,
      closedAt: instant.nullable(),
      version: z.int(),
      asOf: instant.meta({ description: 'The instant of its last entry' }),
    }),
    client: z.strictObject({ name: z.string(), timeZone: z.string() }),
    provider: z
      .strictObject({
        firstName: z.string().optional(),
        middleName: z.string().optional(),
        lastName: z.string(),
        suffix: z.string().optional(),
        npi: z.string(),
      })
      .nullable(),
    practice: z.strictObject({
      legalName: z.string(),
      npi: z.string().nullable(),
      tin: z.strictObject({ type: z.enum(TIN_TYPES), last4: z.string() }),
      address,
    }),
    location: z.strictObject({ name: z.string().nullable(), address }).nullable(),
    payer: z.strictObject({ name: z.string() }),
    attempts: z.array(
      z.strictObject({
        number: z.int(),
        stage: z.enum(STAGES),
        submittedOn: date.nullable(),
        endedAt: instant.nullable(),
        endedBy: z.string().nullable(),
        filingDateLost: z.boolean(),
      }),
    ),
    confirmations: z.array(
      z.strictObject({
        ...logged,
        fact: z.enum(FACTS),
        value: z.union(FACTS.map((fact) => FACT_VALUES[fact])),
        status: z.enum(['confirmed', 'claimed', 'disputed', 'superseded', 'struck_out']),
        source: z.enum(FACT_SOURCES),
        reference: z.string(),
        rep: maybe,
        confirmedOn: date,
        seen: z.looseObject({}).optional(),
        reason: maybe,
        documents,
      }),
    ),
    submissions: z.array(
      z.strictObject({
        ...logged,
        attempt: z.int(),
        submittedOn: date,
        channel: z.enum(SUBMISSION_CHANNELS).nullable(),
        referenceNumber: maybe,
        documents,
      }),
    ),
    contacts: z.array(
      z.strictObject({
        ...logged,
        attempt: z.int(),
        channel: z.string(),
        outcome: z.enum(OUTCOMES),
        rep: maybe,
        department: maybe,
        referenceNumber: maybe,
        missingItems: z.array(z.string()).optional(),
        promisedOn: date.optional(),
      }),
    ),
    messages: z
      .array(z.strictObject({ sentAt: instant, template: z.string(), purpose: z.string().nullable() }))
      .meta({ description: 'Mail that the system sent to the payer by itself' }),
    contract: z.array(
      z.strictObject({
        ...logged,
        status: z.enum(CONTRACT_STATUSES),
        on: date,
        reference: maybe,
        feeScheduleReference: maybe,
        termNoticeDays: z.int().optional(),
        renewsOn: date.optional(),
      }),
    ),
    participation: z.strictObject({ effectiveFrom: date.nullable(), effectiveTo: date.nullable() }).nullable(),
    loading: z.array(z.strictObject({ ...sighting, status: z.enum(LOADING_STATUSES) })).optional(),
    directory: z.array(z.strictObject({ ...sighting, status: z.enum(DIRECTORY_STATUSES) })).optional(),
    issues: z
      .array(
        z.strictObject({
          ...logged,
          code: z.enum(ISSUE_CODES),
          since: date,
          disproves: z.array(z.enum(FACTS)),
          reference: maybe,
          documents,
          resolvedOn: date.nullable(),
          resolution: z
            .strictObject({ ...logged, ...proof })
            .nullable()
            .meta({
              description: 'The entry that put it right; null where the payer’s systems or directory showed it',
            }),
        }),
      )
      .optional(),
    recredentialing: z
      .strictObject({
        cycle: z
          .strictObject({ from: date, basis: cycleBasis, dueOn: date, lateUntil: date })
          .nullable()
          .meta({ description: 'The cycle that runs' }),
        steps: z.array(
          z.strictObject({
            ...logged,
            what: z.enum(['committee_date', 'recredentialing', 'recredentialing_due', 'recredentialing_missed']),
            on: date.meta({
              description: 'The day of what the payer did; of other steps the day from which the cycle is counted',
            }),
            dueOn: date.optional(),
            source: maybe,
            reference: maybe,
            rep: maybe,
            documents,
          }),
        ),
      })
      .optional(),
    documents,
    timeline: z.array(z.looseObject({ id, at: instant, kind: z.string() })),
  })
  .meta({ id: 'EvidenceFile' });
