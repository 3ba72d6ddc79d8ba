import { z } from 'zod';
import { LONGEST_CLOSURE_DAYS, WEEKDAYS } from '../../domain/time/calendar';
import {
  CHANGE_HANDLINGS,
  CONTRACT_BASES,
  KINDS,
  LINES_OF_BUSINESS,
  PREREQUISITES,
  SUBMISSION_CHANNELS,
  TRACK_ORDERS,
} from '../../domain/kernel/codes';
import { countDaysBetween, isRealDate } from '../../domain/time/dates';
import { findDurationProblem, type Duration } from '../../domain/time/duration';
import type { Playbook } from '../../domain/registry/playbook';
import {
  BESIDE_BAD_FIELDS,
  email,
  id,
  requireOrder,
  line,
  longText,
  allowRepeats,
  allowWords,
  state,
  describeText,
  timeZone,
  requireUnique,
  url,
  describeDate,
} from '../kernel/schemas';

const amount = z.number().optional();

export const duration = z
  .strictObject({ businessDays: amount, days: amount, months: amount, hours: amount, minutes: amount, seconds: amount })
  .superRefine((value, context) => {
    // a value that is no number has its own rule
    const message = Object.values(value).every((count) => typeof count === 'number') && findDurationProblem(value);
    if (message) context.addIssue({ code: 'custom', message, params: { rule: 'duration' } });
  }, BESIDE_BAD_FIELDS)
  .transform((value) => value as Duration)
  .meta({
    id: 'Duration',
    description:
      'Exactly one positive whole number, at most ten years. A chase in days or months is on the next day on which the payer ' +
      'answers: no weekend (or, where `callHours` names days, one of these), no US federal holiday, no closure. A deadline is on ' +
      'its day, whatever day that is, and what reminds of it on an earlier business day.',
    example: { businessDays: 10 },
  });

const isTime = (value: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
const time = describeText([{ rule: 'time', message: 'must be a time, HH:MM', holds: isTime }], {
  example: '09:00',
  pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
});

const callHours = z
  .strictObject({ timeZone, from: time, to: time, days: allowWords(WEEKDAYS).min(1).optional() })
  .superRefine(({ from, to }, context) => {
    if (isTime(from) && isTime(to) && from >= to)
      context.addIssue({
        code: 'custom',
        path: ['to'],
        message: 'must be later than from',
        params: { rule: 'after_from' },
      });
  }, BESIDE_BAD_FIELDS);

const contact = z.strictObject({
  state: state.optional(),
  purpose: line,
  phone: line.optional(),
  ivrPath: line.optional(),
  email: email.optional(),
  portalUrl: url.optional(),
});

/** The fields of a playbook that a call to the payer needs. */
export const callingHours = {
  callHours,
  contacts: allowRepeats(z.array(contact).max(200)),
  callerVerification: requireUnique(z.array(line).max(50), (field) => field),
  maxPerCall: z.int().min(1).max(1000),
  questions: allowRepeats(z.array(longText).max(100)),
  trackOrder: z.enum(TRACK_ORDERS).meta({ description: 'Which decision the payer makes first' }),
};

const closures = allowRepeats(
  z
    .array(
      z
        .strictObject({
          from: describeDate('Closure.from'),
          to: describeDate('Closure.to').optional(),
          name: line.optional(),
        })
        .superRefine(requireOrder('Closure'), BESIDE_BAD_FIELDS)
        .superRefine(({ from, to }, context) => {
          if (
            isRealDate(from) &&
            typeof to === 'string' &&
            isRealDate(to) &&
            countDaysBetween(from, to) >= LONGEST_CLOSURE_DAYS
          )
            context.addIssue({
              code: 'custom',
              path: ['to'],
              message: `must be a day of the first ${LONGEST_CLOSURE_DAYS} of the closure`,
              params: { rule: 'longest_closure' },
            });
        }, BESIDE_BAD_FIELDS),
    )
    .max(500),
).meta({ description: 'Days on which the payer works no more than on a weekend' });

const handling = z.enum(CHANGE_HANDLINGS);

const fields = {
  channel: z.enum(SUBMISSION_CHANNELS),
  requires: allowWords(PREREQUISITES),
  requiresCaqh: z.boolean(),
  attestationMaxDays: z.int().min(1).max(180).meta({
    description: 'The most days that a CAQH attestation may be old for the payer; left out, a current one will do',
  }),
  confirmReceiptAfter: duration,
  followUpEvery: duration,
  earliestInquiry: duration,
  contactOverdueAfter: duration,
  escalateAfter: duration,
  expectedDecision: duration,
  informationDeadline: duration,
  appealWindow: duration,
  panelRecheck: duration,
  contractChase: duration,
  confirmationChase: duration,
  recredentialEvery: duration,
  recredentialOpens: duration,
  loadingCheck: duration,
  directoryEvery: duration,
  changes: z
    .strictObject({ name: handling, address: handling, tin: handling, perPractice: z.boolean() })
    .partial()
    .meta({
      description:
        'The form in which the payer takes a change of each; left out, an application. `perPractice`: one for a practice’s change instead of one for each of its providers',
    }),
  ...callingHours,
  tinByMail: z.boolean().meta({ description: 'Whether mail to the payer names the practice’s EIN; an SSN never is' }),
  contractBases: allowWords(CONTRACT_BASES),
  closures,
  sources: z
    .record(line, z.strictObject({ source: line, asOf: describeDate('PlaybookSource.asOf') }))
    .meta({ description: 'The source of each playbook field, and the day on which it was read' }),
};

const variant = z
  .strictObject({ ...fields, state, kind: z.enum(KINDS), lineOfBusiness: z.enum(LINES_OF_BUSINESS) })
  .partial()
  .superRefine((value, context) => {
    if (value.state ?? value.kind ?? value.lineOfBusiness) return;
    context.addIssue({
      code: 'custom',
      message: 'must name a state, a kind or a line of business',
      params: { rule: 'names_a_scope' },
    });
  }, BESIDE_BAD_FIELDS);

export const playbook: z.ZodType<Playbook> = z
  .strictObject({
    ...fields,
    variants: requireUnique(z.array(variant).max(200), (one) =>
      JSON.stringify([one.state, one.kind, one.lineOfBusiness]),
    ).meta({
      description: 'Fields that differ for a state, kind or line of business; the most specific wins field by field',
    }),
  })
  .partial()
  .meta({ id: 'Playbook', description: 'Only what differs from the defaults' });

/** Fields of a playbook that nothing has to fill. */
const unfilled = {
  attestationMaxDays: fields.attestationMaxDays.nullable(),
  earliestInquiry: fields.earliestInquiry.nullable(),
  callHours: fields.callHours.nullable().meta({ description: 'Null: from 09:00 in the client’s time zone' }),
  maxPerCall: fields.maxPerCall.nullable(),
  trackOrder: fields.trackOrder.nullable(),
};

export const effectivePlaybook = z
  .strictObject({
    payerId: id,
    version: z.int(),
    state,
    kind: z.enum(KINDS),
    lineOfBusiness: z.enum(LINES_OF_BUSINESS),
    overrides: z.array(z.enum(Object.keys(fields) as [keyof typeof fields])).meta({
      description: 'The fields that the payer’s playbook names, by itself or for this scope; the rest are defaults',
    }),
    playbook: z.strictObject({ ...fields, ...unfilled }),
  })
  .meta({
    id: 'EffectivePlaybook',
    description: 'A playbook as it works: defaults and what differs for the scope applied',
  });

export const playbookScope = z.strictObject({
  state,
  kind: z.enum(KINDS).default('new_individual'),
  lineOfBusiness: z.enum(LINES_OF_BUSINESS).default('commercial'),
});
