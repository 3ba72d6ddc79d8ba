import { z } from 'zod';
import { KINDS, SUBMISSION_CHANNELS } from '../../domain/kernel/codes';
import { PANEL_STATUSES } from '../../domain/registry/panels';
import { WEIGHTS } from '../../domain/platforms/targets';
import { date, id, line, state, requireUnique, version, describeDate } from '../kernel/schemas';
import { applicationBrief, fit, panelReading } from './consequences-schemas';

const amount = z.int().min(0).max(1_000_000_000);
const rates = z
  .strictObject({ platform: amount.optional(), direct: amount.optional() })
  .meta({ description: 'Per session, both in the same unit' });
const clients = z
  .int()
  .min(0)
  .max(1_000_000)
  .meta({ description: 'The number of the client’s patients whom the payer insures' });

export const caseloadInput = z
  .strictObject({
    items: requireUnique(
      z
        .array(z.strictObject({ payerId: id, clients, monthlyValue: amount.optional(), rates: rates.optional() }))
        .max(500),
      (one) => one.payerId,
    ),
  })
  .meta({ id: 'CaseloadInput' });

const caseloadItem = { payerId: id, clients, monthlyValue: amount.nullable(), rates: rates.nullable() };
export const caseload = z
  .strictObject({ items: z.array(z.strictObject(caseloadItem)), version })
  .meta({ id: 'Caseload', description: 'The largest first; its version is the client’s' });

const kind = z.enum(KINDS);
const panel = { state, status: z.enum(PANEL_STATUSES), source: line };
export const panelsInput = z
  .strictObject({
    items: requireUnique(
      z
        .array(
          z.strictObject({
            ...panel,
            kind: kind.optional().meta({ description: 'Left out: every kind that is not named' }),
            asOf: describeDate('PanelInput.asOf'),
          }),
        )
        .max(1000),
      (one) => `${one.state} ${one.kind}`,
    ),
  })
  .meta({ id: 'PanelsInput' });
export const panels = z
  .strictObject({ items: z.array(z.strictObject({ ...panel, kind: kind.nullable(), asOf: date })), version })
  .meta({ id: 'Panels', description: 'Its version is the payer’s' });

export const targetsQuery = z.strictObject({ providerId: id, practiceId: id, state });

const describeComponent = (of: number) =>
  z.strictObject({ points: z.number().meta({ description: `Points of at most ${of}` }), of: z.literal(of) });
const score = z
  .strictObject({
    total: z.number().meta({ description: 'The sum of the points, at most 100' }),
    caseload: describeComponent(WEIGHTS.caseload),
    value: describeComponent(WEIGHTS.value),
    panel: describeComponent(WEIGHTS.panel),
    speed: describeComponent(WEIGHTS.speed),
    effort: describeComponent(WEIGHTS.effort),
    rates: describeComponent(WEIGHTS.rates),
  })
  .meta({ id: 'TargetScore' });

export const targets = z
  .strictObject({
    items: z.array(
      z.strictObject({
        ...caseloadItem,
        payerName: z.string(),
        panel: panelReading,
        expected: z.strictObject({
          days: z.int().meta({ description: 'The days from submission to the decision' }),
          from: z.enum(['own_applications', 'playbook']),
        }),
        effort: z.strictObject({
          unmet: z.array(z.string()).meta({ description: 'The prerequisites that the file lacks now' }),
          channel: z.enum(SUBMISSION_CHANNELS),
        }),
        fits: fit,
        application: applicationBrief,
        score,
      }),
    ),
  })
  .meta({ id: 'PayerTargets' });
