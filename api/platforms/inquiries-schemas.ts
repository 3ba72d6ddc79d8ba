import { z } from 'zod';
import { QUESTIONS } from '../../domain/platforms/platform';
import { RECIPIENT_TYPES } from '../../record/outreach/messages';
import { deliveryState } from '../outreach/outreach-schemas';
import { actor, email, id, instant, line, longText, state, requireUnique, describeDate } from '../kernel/schemas';
import { duration } from '../registry/playbook-schemas';

export const inquiryInput = z
  .strictObject({
    cadence: duration.optional().meta({ description: '10 business days where it is left out' }),
    recipient: z
      .strictObject({
        type: z.enum(RECIPIENT_TYPES).exclude(['payer', 'holder']),
        id,
        email: email.optional().meta({ description: 'The address of a platform, whose id is the relationship’s' }),
      })
      .optional()
      .meta({ description: 'The recipient of the questions; the provider where it is left out' }),
  })
  .meta({ id: 'InquiryInput' });

export const inquiry = z
  .strictObject({
    id,
    status: z.enum(['open', 'answered', 'closed']).meta({
      description: 'Answered: nothing is open now; it is asked again when an answer is a year old or the terms change',
    }),
    recipientType: z.enum(RECIPIENT_TYPES),
    recipientId: id,
    cadence: duration,
    asked: z.int().meta({
      description: 'How many messages have left since something was last open: not those that wait, or failed (`asks`)',
    }),
    askedAt: instant.nullable().meta({ description: 'The instant at which the last of them left' }),
    asks: z.array(deliveryState).meta({ description: 'Every message since something was last open, the latest first' }),
    nextAskAt: instant.nullable(),
    openedBy: actor,
    openedAt: instant,
    closedBy: actor.nullable(),
    closedAt: instant.nullable(),
    closedReason: longText.nullable(),
    openQuestions: z.array(
      z.strictObject({
        payerId: id,
        state: state.nullable(),
        question: z.enum(QUESTIONS),
        because: z.enum(['unanswered', 'old', 'terms_changed']),
      }),
    ),
    asksAgainAt: instant.nullable().meta({ description: 'The instant at which the next of the answers is too old' }),
  })
  .meta({ id: 'Inquiry' });

export const inquiryClosing = z.strictObject({ reason: longText }).meta({ id: 'InquiryClosing' });
export const termsChange = z
  .strictObject({ on: describeDate('TermsChange.on'), reason: longText })
  .meta({ id: 'TermsChange' });

const known = {
  platform: line,
  payerId: id.nullable().optional().meta({ description: 'Left out: whatever the payer' }),
  question: z.enum(QUESTIONS),
  answer: z.literal('no').meta({ description: 'A yes is never known in general' }),
  source: line,
  asOf: describeDate('PlatformKnowledge.asOf'),
};
export const knowledge = z
  .strictObject({
    items: requireUnique(z.array(z.strictObject(known)).max(500), ({ platform, payerId, question }) =>
      JSON.stringify([platform.toLowerCase(), payerId ?? null, question]),
    ),
  })
  .meta({ id: 'PlatformKnowledge' });
