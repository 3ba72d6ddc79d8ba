import { z } from 'zod';
import { ENDING_REASONS, FACT_SOURCES, LINES_OF_BUSINESS, STAGES } from '../../domain/kernel/codes';
import { LEAVING_ACTIONS, LEAVING_CAUSES } from '../../domain/offboarding/endings';
import {
  actor,
  date,
  id,
  instant,
  line,
  longText,
  pageQuery,
  state,
  requireUnique,
  yesOrNo,
  describeDate,
} from '../kernel/schemas';
import { describeFormerName, allowOldNames } from '../kernel/old-names';
import { tinInput } from '../registry/practices-schemas';
import { dea, malpractice } from '../registry/providers-schemas';

const fields = {
  on: describeDate('EndingInput.on').meta({ description: 'The last day; open work continues until it has passed' }),
  reason: z.enum(ENDING_REASONS),
  applications: z.enum(['withdraw', 'hand_over']).meta({
    description:
      'How open applications end: withdrawn, or withdrawn as handed over, with their evidence frozen; ' +
      'handed over with it are participations of the provider’s own, unless payers are asked to end them',
  }),
  source: z.enum(FACT_SOURCES),
  reference: line,
};

/** The old name of a user's free text. */
export const ENDING_NAMES = { words: 'notes' };

export const endingInput = allowOldNames(
  'EndingInput',
  z.strictObject({
    ...fields,
    notes: longText.optional(),
    terminate: z
      .literal(true)
      .optional()
      .meta({ description: 'A termination is opened with each payer where a participation goes on' }),
  }),
  ENDING_NAMES,
);

export const endingQuery = z.strictObject({
  dryRun: yesOrNo.optional().meta({ description: 'true: only show what would happen' }),
});

const item = {
  action: z.enum(LEAVING_ACTIONS),
  subjectId: id.meta({ description: 'An application, an agreement or a platform relationship' }),
  because: z.enum(LEAVING_CAUSES),
  when: z.enum(['now', 'after']).meta({ description: '`now`: at once; `after`: once the last day has passed' }),
  noticeDays: z.int().optional().meta({ description: 'The days of notice by the contract, where it is on file' }),
  noticeBy: date.optional().meta({ description: 'The day by which a termination has to be with the payer' }),
  lastDay: date.optional().meta({ description: 'The earliest that a termination can come to, from the last day on' }),
  providerId: id.nullable(),
  providerName: z.string().nullable(),
  practiceId: id.nullable(),
  practiceName: z.string().nullable(),
  payerId: id.nullable(),
  payerName: z.string().nullable(),
  platform: z.string().nullable(),
  state: state.nullable(),
  lineOfBusiness: z.enum(LINES_OF_BUSINESS).nullable(),
};

const access = z.strictObject({ apiKeys: z.int(), users: z.int(), webhooks: z.int(), messages: z.int() }).meta({
  id: 'AccessShut',
  description: 'How many are closed once the last day has passed: those that reach no other client or provider',
});

export const endingPreview = z
  .strictObject({ items: z.array(z.strictObject(item)), access })
  .meta({ id: 'EndingPreview' });

const endingStatus = z.enum(['waiting', 'running', 'done', 'called_off']).meta({
  description: '`waiting` for the last day to pass; `called_off` where they stayed after all, or came back first',
});

const itemStatus = z.enum(['waiting', 'queued', 'done', 'refused', 'called_off']);

const summary = {
  id,
  clientId: id,
  clientName: z.string(),
  providerId: id.nullable().meta({ description: 'Null where the whole client leaves' }),
  providerName: z.string().nullable(),
  ...fields,
  on: date,
  notes: z.string().nullable(),
  words: describeFormerName(z.string().nullable(), 'notes'),
  terminate: z.boolean(),
  status: endingStatus,
  counts: z.partialRecord(itemStatus, z.int()).meta({ description: 'How many items there are of each status' }),
  access: access.nullable(),
  recordedBy: actor,
  createdAt: instant,
  doneAt: instant.nullable(),
  returnedOn: date.nullable().meta({ description: 'The first day after a return; null where there was none' }),
};

export const endingSummary = z.strictObject(summary).meta({ id: 'LeavingEndingSummary' });

export const endingAnswer = z
  .strictObject({
    ...summary,
    items: z.array(
      z.strictObject({
        ...item,
        status: itemStatus,
        result: z
          .strictObject({
            applicationId: id.optional(),
            stage: z.enum(STAGES).optional().meta({ description: 'The stage of that application now' }),
            evidenceSha256: z.string().optional(),
            problem: z.string().optional(),
          })
          .nullable(),
        settledAt: instant.nullable(),
      }),
    ),
  })
  .meta({ id: 'LeavingEnding' });

export const endingsQuery = pageQuery.extend({
  clientId: id.optional(),
  providerId: id.optional(),
  open: yesOrNo.optional().meta({ description: 'true: endings that are not finished' }),
});

const returnFields = {
  on: describeDate('ReturnInput.on').meta({ description: 'The first day back with the operator' }),
  source: z.enum(FACT_SOURCES),
  reference: line,
};

const providerReturn = z
  .strictObject({
    ...returnFields,
    notes: longText.optional(),
    malpractice: malpractice.nullable().optional(),
    dea: dea.optional(),
  })
  .meta({
    description:
      '`malpractice` and `dea` have to be there once the secrets were purged: null and none where there is nothing',
  });

export const providerReturnInput = allowOldNames('ProviderReturnInput', providerReturn, ENDING_NAMES);

const clientReturn = z
  .strictObject({
    ...returnFields,
    notes: longText.optional(),
    practices: requireUnique(
      z.array(z.strictObject({ id, tin: tinInput.nullable() })).max(1000),
      (one) => one.id,
    ).optional(),
  })
  .meta({
    description: '`practices` has to name each of which the tax id was purged; null where it is not given now',
  });
export const clientReturnInput = allowOldNames('ClientReturnInput', clientReturn, ENDING_NAMES);

export const leavingReturn = z
  .strictObject({
    id,
    clientId: id,
    providerId: id.nullable().meta({ description: 'Null where the client came back' }),
    endingId: id,
    on: date,
    notes: z.string().nullable(),
    words: describeFormerName(z.string().nullable(), 'notes'),
    source: z.enum(FACT_SOURCES),
    reference: line,
    providerIds: z.array(id).meta({ description: 'The providers that this return brings back' }),
    leftOutIds: z.array(id).meta({
      description:
        'Providers who left with the client and are not back: their secrets are purged, so each returns separately',
    }),
    terminationIds: z.array(id).meta({
      description: 'Terminations that the ending opened and that continue; withdraw those that are no longer wanted',
    }),
    recordedBy: actor,
    createdAt: instant,
  })
  .meta({ id: 'LeavingReturn' });

export const holdInput = z.strictObject({ hold: z.boolean(), reason: longText }).meta({ id: 'LegalHoldInput' });

export const hold = z
  .strictObject({
    hold: z.boolean(),
    reason: z.string().nullable(),
    setBy: actor.nullable(),
    setAt: instant.nullable(),
  })
  .meta({ id: 'LegalHold' });
