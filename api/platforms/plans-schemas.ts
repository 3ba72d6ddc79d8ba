import { z } from 'zod';
import { CHECKLIST_ITEMS } from '../../domain/platforms/checklist';
import { SERVICES, type Service } from '../../domain/platforms/plans';
import { ANSWERS, DECISIONS } from '../../domain/platforms/platform';
import { date, id, line, longText, state, version, describeDate } from '../kernel/schemas';
import { describeFormerName, allowOldNames } from '../kernel/old-names';
import {
  applicationBrief,
  consequence,
  fit,
  leaveRisks,
  notice,
  panelReading,
  placeQuery,
} from './consequences-schemas';

const does = z.enum(ANSWERS);
const mapServices = <T extends z.ZodType>(schema: T) =>
  Object.fromEntries(SERVICES.map((service) => [service, schema])) as Record<Service, T>;

export const servicesInput = z
  .strictObject({
    items: z.strictObject(mapServices(z.strictObject({ does, notes: longText.optional() }))).partial(),
  })
  .meta({ id: 'PlatformServicesInput' });
export const services = z
  .strictObject({
    items: z.strictObject(mapServices(z.strictObject({ does, notes: z.string().optional() }))).partial(),
    version,
  })
  .meta({ id: 'PlatformServices', description: 'Its version is the relationship’s' });

const item = z.enum(CHECKLIST_ITEMS);
export const CHECKLIST_NAMES = { note: 'notes' };
export const checklistInput = allowOldNames(
  'ChecklistInput',
  z.strictObject({
    owner: line.optional(),
    due: describeDate('ChecklistInput.due').optional(),
    doneOn: describeDate('ChecklistInput.doneOn').optional(),
    notes: longText.optional(),
  }),
  CHECKLIST_NAMES,
);
const checklistFields = {
  item,
  owner: z.string().nullable(),
  due: date.nullable(),
  doneOn: date.nullable().meta({ description: 'null while it is open' }),
  notes: z.string().nullable(),
  note: describeFormerName(z.string().nullable(), 'notes'),
};
export const checklistEntry = z.strictObject({ ...checklistFields, version }).meta({ id: 'ChecklistEntry' });
export const checklist = z
  .strictObject({ items: z.array(z.strictObject(checklistFields)), version })
  .meta({ id: 'Checklist' });

export const planQuery = placeQuery.extend({
  leaveOn: describeDate('Consequences.leaveOn')
    .optional()
    .meta({ description: 'The first day without the platform; left out: the earliest without a gap' }),
});

const { payerId, payerName, verdict, portable, restrictions } = consequence;
const start = z
  .enum(['done', 'under_way', 'today', 'blocked'])
  .meta({ description: '`today`: an application can be submitted with nothing missing' });
const blockedBy = z
  .array(z.string())
  .meta({ description: 'The prerequisites that the file lacks, `panel_closed` or `practice_not_chosen`' });

export const plan = z
  .strictObject({
    leaveOn: date,
    earliestLeaveOn: date
      .nullable()
      .meta({ description: 'The first day on which no payer leaves a gap and the notice has run; null: not known' }),
    notice,
    risks: leaveRisks,
    items: z.array(
      z.strictObject({
        ...consequence,
        start,
        blockedBy,
      }),
    ),
  })
  .meta({ id: 'TransitionPlan' });

export const sheet = z
  .strictObject({
    relationshipId: id,
    platform: z.string(),
    decision: z.enum(DECISIONS).nullable(),
    decisionReason: z.string().nullable(),
    services: z.array(
      z.strictObject({
        service: z.enum(SERVICES),
        platform: z.strictObject({ does: z.enum([...ANSWERS, 'unanswered']), notes: z.string().nullable() }),
        direct: z.strictObject({
          checklist: z
            .array(z.strictObject({ item, doneOn: date.nullable() }))
            .meta({ description: 'The items of the checklist that take the service’s place' }),
          expected: z.strictObject({ first: date, last: date.nullable() }).nullable().meta({
            description:
              'Only for the service `speed`: the days on which the first and the last payer can be billed directly',
          }),
        }),
      }),
    ),
    payers: z.array(
      z.strictObject({
        payerId,
        payerName,
        state: state.nullable(),
        clients: z.int().nullable(),
        platform: z.strictObject({ verdict, portable, notice, restrictions }),
        direct: z.strictObject({
          application: applicationBrief,
          fits: fit,
          panel: panelReading,
          start,
          blockedBy,
          expectedOn: date.nullable(),
        }),
      }),
    ),
    outcomes: z
      .array(
        z.strictObject({
          decision: z.enum(DECISIONS),
          chosen: z.boolean(),
          applicationsToStart: z.int(),
          checklistOpen: z.int(),
          noticeDays: z.int().nullable(),
          readyOn: date.nullable(),
        }),
      )
      .meta({ description: 'The effort of each decision, in the same terms; to stay is one of them' }),
  })
  .meta({ id: 'DecisionSheet' });
