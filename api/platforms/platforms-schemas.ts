import { evenIfExists } from '../kernel/duplicates';
import { z } from 'zod';
import {
  ANSWERS,
  CONTRACT_HOLDERS,
  DECISIONS,
  PORTABLE_ITEMS,
  QUESTIONS,
  VERDICTS,
  type PortableItem,
} from '../../domain/platforms/platform';
import { US_STATES } from '../../domain/kernel/codes';
import {
  BESIDE_BAD_FIELDS,
  documents,
  requireOrder,
  actor,
  date,
  email,
  id,
  listOfIds,
  instant,
  line,
  longText,
  pageQuery,
  state,
  requireUnique,
  version,
  yesOrNo,
  describeDate,
} from '../kernel/schemas';

const relationshipFields = {
  providerId: id,
  platform: line.meta({ description: 'The name of the platform, e.g. Alma or Headway' }),
  payerIds: listOfIds(500).min(1).meta({ description: 'The payers that the provider is in network with through it' }),
};
const states = requireUnique(z.array(state).min(1).max(US_STATES.length), (code) => code);

export const relationshipInput = z
  .strictObject({
    ...relationshipFields,
    states: states.optional().meta({
      description:
        'The states in which the platform covers these payers; left out, those in which the provider is licensed now. ' +
        'A licence that is added later does not make the platform cover its state',
    }),
    since: describeDate('PlatformRelationshipInput.since').optional(),
    contactEmail: email.optional(),
    evenIfExists,
  })
  .meta({ id: 'PlatformRelationshipInput' });

export const relationshipPatch = z
  .strictObject({
    payerIds: relationshipFields.payerIds,
    states: states.meta({ description: 'The states in which the platform covers its payers' }),
    since: describeDate('PlatformRelationshipPatch.since').nullable(),
    contactEmail: email.nullable(),
    changedOn: describeDate('PlatformRelationshipPatch.changedOn').meta({
      description:
        'The first day of the new payers or states: what is added counts from it, what is dropped until the day before. ' +
        'It may be ahead; left out, today',
    }),
    correction: z.boolean().meta({
      description: 'The payers or states on file were wrong: it is as if these had been on it from the start',
    }),
  })
  .partial()
  .superRefine(requireOrder('PlatformRelationshipPatch'), BESIDE_BAD_FIELDS)
  .meta({ id: 'PlatformRelationshipPatch' });

const decision = z.enum(DECISIONS);

export const relationship = z
  .strictObject({
    id,
    clientId: id,
    ...relationshipFields,
    states: z
      .array(state)
      .nullable()
      .meta({ description: 'The states in which it covers its payers; null: every state, as nobody has named one' }),
    spans: z
      .array(
        z.strictObject({
          payerId: id,
          states: z.array(state).nullable(),
          from: date.nullable(),
          until: date.nullable(),
        }),
      )
      .meta({ description: 'The days from which and until which each payer is billed through it, former ones too' }),
    since: date.nullable(),
    contactEmail: email.nullable().meta({ description: 'The address at which the platform itself is asked' }),
    endedOn: date.nullable().meta({ description: 'The last day through the platform; null while it goes on' }),
    endReason: z.string().nullable(),
    decision: decision.nullable().meta({ description: 'The client’s decision; null while there is none' }),
    decisionReason: z.string().nullable(),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'PlatformRelationship' });

export const relationshipEnd = z
  .strictObject({
    on: describeDate('PlatformRelationshipEnd.on').meta({ description: 'The last day, which may be ahead' }),
    reason: longText,
    replaces: describeDate('PlatformRelationshipEnd.replaces').optional().meta({
      description: '`endedOn` as it is on record, to put the last day of a relationship right that has ended',
    }),
  })
  .meta({ id: 'PlatformRelationshipEnd' });

export const relationshipsQuery = pageQuery.extend({
  providerId: id.optional(),
  payerId: id.optional(),
  clientId: id.optional(),
});

const given = z.enum(ANSWERS);
const mapPortableItems = <T extends z.ZodType>(schema: T) =>
  Object.fromEntries(PORTABLE_ITEMS.map((item) => [item, schema])) as Record<PortableItem, T>;

const parts = z
  .strictObject({ credentialed: given, contracted: given, contractHolder: z.enum(CONTRACT_HOLDERS) })
  .partial()
  .meta({ description: 'Only for `direct_contract`: its details' });
const items = z
  .strictObject(mapPortableItems(given))
  .partial()
  .meta({ description: 'Only for `portable_on_exit`: what remains after leaving' });
const noticeDays = z
  .int()
  .min(0)
  .max(3_650)
  .meta({ description: 'Only for `free_of_restrictions`: the days of notice before leaving' });

const answerFields = {
  answer: given,
  answeredBy: line.meta({ description: 'The person or place that the answer comes from' }),
  answeredOn: describeDate('PlatformAnswer.answeredOn'),
  channel: line.meta({ description: 'The way in which it came: an email, a call, the contract' }),
};
const scope = 'Left out: all of them, but where another answer names one';

export const answerInput = z
  .strictObject({
    ...answerFields,
    words: longText
      .optional()
      .meta({ description: 'The words of the answer; for `free_of_restrictions` those of the clause' }),
    payerId: id.optional().meta({ description: scope }),
    state: state.optional().meta({ description: scope }),
    parts: parts.optional(),
    items: items.optional(),
    noticeDays: noticeDays.optional(),
    evidence: documents.optional(),
  })
  .meta({ id: 'PlatformAnswerInput' });

const question = z.enum(QUESTIONS);
const entry = {
  id,
  recordedBy: actor,
  recordedAt: instant,
  supersededBy: id.nullable().meta({ description: 'The answer that took its place; null while it is in force' }),
};
const versionOfRelationship = z.strictObject({ version });

export const recordedAnswer = z
  .strictObject({
    question,
    ...answerFields,
    words: z.string().nullable(),
    payerId: id.nullable(),
    state: state.nullable(),
    parts: parts.nullable(),
    items: items.nullable(),
    noticeDays: noticeDays.nullable(),
    evidence: z.array(id),
    ...entry,
  })
  .meta({ id: 'PlatformAnswer' });
export const answerPut = recordedAnswer.extend(versionOfRelationship.shape).meta({ id: 'PlatformAnswerPut' });

export const answersQuery = pageQuery.extend({
  question: question.optional(),
  current: yesOrNo.optional().meta({ description: 'Whether it is in force; left out: all' }),
});

const decisionFields = { decision, reason: longText };
export const decisionInput = z.strictObject(decisionFields).meta({ id: 'PlatformDecisionInput' });
export const recordedDecision = z.strictObject({ ...decisionFields, ...entry }).meta({ id: 'PlatformDecision' });
export const decisionPut = recordedDecision.extend(versionOfRelationship.shape).meta({ id: 'PlatformDecisionPut' });

const standing = z.enum([...ANSWERS, 'unanswered']);
const reading = z
  .strictObject({
    question,
    answer: standing,
    contradictedBy: z
      .array(z.string())
      .optional()
      .meta({ description: 'A yes reads `unclear` where these of its own details say otherwise' }),
  })
  .meta({ id: 'PlatformReading' });
const assessed = {
  verdict: z.enum(VERDICTS).meta({ description: '`unclear` counts as not direct' }),
  because: z.array(reading).meta({ description: 'The answers that stand in the way of `direct`' }),
  unanswered: z.array(question),
};
const portable = z
  .strictObject(mapPortableItems(standing))
  .meta({ description: 'The items that remain after leaving' });

export const assessment = z
  .strictObject({
    ...assessed,
    byPayer: z.array(
      z.strictObject({
        payerId: id,
        ...assessed,
        portable,
        states: z
          .array(z.strictObject({ state: state.nullable(), ...assessed, portable, readings: z.array(reading) }))
          .meta({ description: 'Those of the relationship, and those that answers name' }),
      }),
    ),
  })
  .meta({
    id: 'PlatformAssessment',
    description: 'A verdict on more than one payer or state is what all of them share',
  });
