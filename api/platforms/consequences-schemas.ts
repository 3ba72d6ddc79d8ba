import { z } from 'zod';
import { KINDS, READINESS_REASONS, STAGES } from '../../domain/kernel/codes';
import { PANEL_STATUSES } from '../../domain/registry/panels';
import { CHECKLIST_ITEMS } from '../../domain/platforms/checklist';
import { FIT_REASONS } from '../../domain/platforms/consequences';
import { ANSWERS, PORTABLE_ITEMS, VERDICTS, type PortableItem } from '../../domain/platforms/platform';
import { date, id, state, describeDate } from '../kernel/schemas';

const place = {
  practiceId: id
    .optional()
    .meta({ description: 'The practice to be independent at; left out: the only one, else any' }),
  locationId: id.optional().meta({ description: 'A location of the practice' }),
};
export const placeQuery = z.strictObject(place);
export const consequencesQuery = z.strictObject({
  leaveOn: describeDate('Consequences.leaveOn').meta({ description: 'The first day without the platform' }),
  ...place,
});

const standing = z.enum([...ANSWERS, 'unanswered']);
const days = z.int();

export const notice = z
  .strictObject({
    days: days.nullable().meta({ description: 'null where it is not known' }),
    givenOn: date.nullable().meta({ description: '`platform_notice` of the checklist, done' }),
    lastDayToGive: date.nullable(),
    earliestLeaveOn: date.nullable().meta({
      description: 'The earliest day without the platform; where notice has not been given yet, if it is given today',
    }),
    inTime: z.boolean().nullable(),
  })
  .meta({ id: 'PlatformNotice' });

const kind = z.enum(KINDS);
export const panelReading = z
  .strictObject({
    status: z.enum(PANEL_STATUSES),
    asOf: date.nullable(),
    applicationId: id.optional().meta({ description: 'The application that was parked because of it' }),
  })
  .meta({ id: 'PanelReading' });

export const fit = z
  .strictObject({
    kind,
    adopt: z.boolean().meta({
      description:
        'The ledger says that the contract is direct already: open the application with `adopt`, and collect the four facts',
    }),
    because: z
      .array(
        z.strictObject({
          reason: z.enum(FIT_REASONS),
          applicationId: id.optional(),
          agreementId: id.optional(),
          entryId: id.optional(),
        }),
      )
      .meta({ description: 'The first decides' }),
  })
  .meta({ id: 'FittingKind' });

export const applicationBrief = z
  .strictObject({ id, practiceId: id, kind, stage: z.enum(STAGES), open: z.boolean() })
  .nullable()
  .meta({ description: 'The direct application that is furthest on its way' });

const billable = z
  .strictObject({
    status: z.enum(['confirmed', 'expected', 'late', 'not_expected']),
    expectedOn: date.nullable(),
    from: z
      .enum(['effective_date', 'approval', 'submission', 'today'])
      .nullable()
      .meta({ description: 'The event that the date is counted from' }),
    gapDays: days
      .nullable()
      .meta({ description: 'The days between the platform and direct billing; null: no end in sight' }),
    reasons: z.array(z.enum(READINESS_REASONS)).meta({ description: 'Why billing readiness says no for that day' }),
  })
  .meta({ id: 'ExpectedBillable' });

const portable = Object.fromEntries(PORTABLE_ITEMS.map((item) => [item, standing])) as Record<
  PortableItem,
  typeof standing
>;

export const consequence = {
  payerId: id,
  payerName: z.string(),
  state: state.nullable(),
  verdict: z.enum(VERDICTS),
  portable: z.strictObject({ answer: standing, entryId: id.nullable(), ...portable }),
  notice,
  restrictions: z.strictObject({
    freeOf: standing,
    entryId: id.nullable().meta({ description: 'The answer that says so' }),
    words: z.string().nullable(),
  }),
  application: applicationBrief,
  fits: fit,
  panel: panelReading,
  billable,
};

export const leaveRisks = z
  .array(
    z.strictObject({
      item: z.enum(CHECKLIST_ITEMS),
      owner: z.string().nullable(),
      due: date.nullable(),
      late: z.boolean().meta({ description: 'Due on no date, or after the platform is gone' }),
    }),
  )
  .meta({ description: 'The items of the checklist that are open' });

export const consequences = z
  .strictObject({
    leaveOn: date,
    notice,
    items: z.array(z.strictObject(consequence)),
    withoutApplication: z.array(id).meta({ description: 'Payers with no direct application open or confirmed' }),
    risks: leaveRisks,
  })
  .meta({ id: 'Consequences' });
