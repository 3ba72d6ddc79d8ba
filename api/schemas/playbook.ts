import { z } from 'zod';
import { WEEKDAYS } from '../../domain/calendar';
import { CONTRACT_BASES, PREREQUISITES, SUBMISSION_CHANNELS } from '../../domain/codes';
import { durationProblem } from '../../domain/duration';
import type { Duration } from '../../domain/duration';
import type { Playbook } from '../../domain/playbook';
import { date, email, line, longText, state, text, timeZone, url } from './common';

const DURATION_MESSAGES: Record<string, string> = {
  duration_one_unit: 'must have exactly one unit',
  duration_positive_integer: 'must be a positive whole number',
  duration_at_most_ten_years: 'must be at most ten years',
};

const amount = z.number().optional();

export const duration = z
  .strictObject({ businessDays: amount, days: amount, months: amount, hours: amount, minutes: amount, seconds: amount })
  .superRefine((value, context) => {
    const rule = durationProblem(value);
    if (rule)
      context.addIssue({ code: 'custom', message: DURATION_MESSAGES[rule] ?? 'must be a duration', params: { rule } });
  })
  .transform((value) => value as Duration)
  .meta({
    id: 'Duration',
    description: 'Exactly one positive whole number, at most ten years',
    example: { businessDays: 10 },
  });

const time = text(
  [{ rule: 'time', message: 'must be a time, HH:MM', holds: (value) => /^([01]\d|2[0-3]):[0-5]\d$/.test(value) }],
  { example: '09:00' },
);

const callHours = z
  .strictObject({ timeZone, from: time, to: time, days: z.array(z.enum(WEEKDAYS)).min(1).max(7).optional() })
  .superRefine(({ from, to }, context) => {
    if (from >= to)
      context.addIssue({
        code: 'custom',
        path: ['to'],
        message: 'must be later than from',
        params: { rule: 'after_from' },
      });
  });

const contact = z.strictObject({
  state: state.optional(),
  purpose: line,
  phone: line.optional(),
  ivrPath: line.optional(),
  email: email.optional(),
  portalUrl: url.optional(),
});

export const playbook: z.ZodType<Playbook> = z
  .strictObject({
    channel: z.enum(SUBMISSION_CHANNELS),
    requires: z.array(z.enum(PREREQUISITES)),
    requiresCaqh: z.boolean(),
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
    callHours,
    contacts: z.array(contact).max(200),
    callerVerification: z.array(line).max(50),
    maxPerCall: z.int().min(1).max(1000),
    questions: z.array(longText).max(100),
    contractBases: z.array(z.enum(CONTRACT_BASES)),
    sources: z
      .record(line, z.strictObject({ source: line, asOf: date }))
      .meta({ description: 'By playbook field: where its value is from, and as of when' }),
  })
  .partial()
  .meta({ id: 'Playbook', description: 'Only what differs from the defaults' });
