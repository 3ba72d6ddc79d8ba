import { z } from 'zod';
import { CONTRACT_BASES, FACT_LACKS, FACT_SOURCES, type Fact, type FactSource } from '../../domain/kernel/codes';
import { listFactProblems, type FactProblem, type FactValues } from '../../domain/kernel/facts';
import {
  address,
  BESIDE_BAD_FIELDS,
  reportBrokenRule,
  documents,
  allowForms,
  id,
  line,
  longText,
  npi,
  describeText,
  describeDate,
} from '../kernel/schemas';

const inherited = z.strictObject({ inheritedFrom: id }).meta({
  id: 'Inherited',
  description: 'Held by an agreement of the same practice, payer, state and line of business',
});
const none = { none: z.literal(true), saidBy: line };

/** The possible values of the four facts. */
export const FACT_VALUES = {
  contract: allowForms('"executed", {none: true, basis, saidBy} or {inheritedFrom}', [
    z.literal('executed'),
    z.strictObject({ ...none, basis: z.enum(CONTRACT_BASES) }),
    inherited,
  ]),
  effectiveDate: describeDate('EffectiveDate.value'),
  payerProviderId: allowForms('a text or {none: true, saidBy}', [line, z.strictObject(none)]),
  claimsRoute: allowForms('{clearinghouse, payerId, eraEnrolled?}, {portal}, {paperAddress} or {inheritedFrom}', [
    z.strictObject({ clearinghouse: line, payerId: line, eraEnrolled: z.boolean().optional() }),
    z.strictObject({ portal: line }),
    z.strictObject({ paperAddress: allowForms('a text or an address', [longText, address]) }),
    inherited,
  ]),
} satisfies { [F in Fact]: z.ZodType<FactValues[F]> };

const last4 = describeText(
  [{ rule: 'four_digits', message: 'must be 4 digits', holds: (value) => /^\d{4}$/.test(value) }],
  {
    example: '6789',
    pattern: '^[0-9]{4}$',
  },
);

export const seenDetails = z
  .strictObject({ partyName: line, tinLast4: last4, npi, locationId: id })
  .partial()
  .superRefine((value, context) => {
    if (Object.keys(value).length === 0) reportBrokenRule(context, [], 'not_empty', 'must have at least one field');
  }, BESIDE_BAD_FIELDS)
  .meta({
    id: 'Seen',
    description: 'The party that the evidence names; a party other than the application’s is answered 422',
  });

/** Why a fact that is on record does not count. */
export const missingProof = z.enum(FACT_LACKS).meta({
  description:
    'Why a fact from a good source is only `claimed`: `party`, as a platform covers the payer or did, and name and tax id ' +
    'were not both read off the evidence; `document`, as the operator wants one with its file (`documentRequired`); ' +
    '`approval`, as a second person has yet to approve it (`phoneFactsNeedApproval`)',
});

export const awaitsApproval = z
  .literal(true)
  .meta({ description: 'The fact was confirmed by phone and a second person still has to approve it' });

/** The fields of a fact with its source; an adoption brings the same. */
export const confirmationFields = {
  source: z.enum(FACT_SOURCES),
  reference: line.meta({ description: 'The reference of the letter, call or page, so that it can be found again' }),
  rep: line.optional(),
  confirmedOn: describeDate('Confirmation.confirmedOn'),
  seen: seenDetails.optional(),
  evidence: documents.optional(),
};

/** The rules on the source of a fact, for people. */
export const FACT_MESSAGES: Record<FactProblem['rule'], string> = {
  contract_never_by_phone: 'a contract is never confirmed by phone',
  phone_needs_rep: 'is required where the source is phone',
  phone_needs_reference: 'is required where the source is phone',
  basis_not_in_playbook: "must be one of the playbook's contractBases",
};

/** Checks what a source alone breaks: the value is judged by the playbook, and the reference is always asked for. */
export const checkSource =
  (fact: Fact) =>
  ({ source, rep }: { source: FactSource; rep?: string | undefined }, context: z.core.$RefinementCtx): void => {
    const given = { value: '', source, reference: '-', ...(rep !== undefined && { rep }) };
    for (const { path, rule } of listFactProblems(fact, given, { contractBases: [] }))
      reportBrokenRule(context, [path], rule, FACT_MESSAGES[rule]);
  };

const describeEnding = (on: 'ParticipationEnd.on' | 'AgreementEnd.on') =>
  z.strictObject({ on: describeDate(on), reason: longText, source: z.enum(FACT_SOURCES), reference: line });
/** The end of a participation, or of an agreement: `on` is the last day, and may be ahead. */
export const participationEnding = describeEnding('ParticipationEnd.on').meta({ id: 'Ending' });
export const agreementEnding = describeEnding('AgreementEnd.on')
  .extend({
    replaces: describeDate('AgreementEnd.replaces')
      .optional()
      .meta({ description: '`endedOn` as it is on record, to put the last day of an agreement right that has ended' }),
  })
  .meta({ id: 'AgreementEnding' });
