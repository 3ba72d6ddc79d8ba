import { z } from 'zod';
import { listRoles } from '../kernel/policy';
import { isCaqhId, isDea, isTaxonomy, MASK } from '../../domain/kernel/identifiers';
import { circumstanceFields } from './changes-schemas';
import { endedFields } from './clients-schemas';
import { registryState } from '../kernel/lookup-schemas';
import {
  actor,
  BESIDE_BAD_FIELDS,
  reportBrokenRule,
  date,
  email,
  id,
  listOfIds,
  instant,
  requireOrder,
  line,
  longText,
  npi,
  allowRepeats,
  state,
  describeText,
  requireUnique,
  version,
  describeDate,
} from '../kernel/schemas';

const caqhId = describeText(
  [{ rule: 'caqh_id', message: 'must be a CAQH provider ID: digits only', holds: isCaqhId }],
  {
    example: '12345678',
    pattern: '^[0-9]{7,10}$',
  },
);
export const taxonomyCode = describeText(
  [{ rule: 'taxonomy_code', message: 'must be a taxonomy code: 9 digits or capitals, then X', holds: isTaxonomy }],
  { example: '101YM0800X', pattern: '^[0-9A-Z]{9}X$' },
);

const FIRST_DAY = 'The first day of this term; where it is unknown, the term counts for every day up to its end';
const ISSUED =
  'The day of issue; the term begins on it unless `startsOn` is given, but a renewal does not where it lies within or before the term that is renewed';
const describeTerm = (held: 'Licence' | 'Dea') => ({
  issuedOn: describeDate(`${held}.issuedOn`).optional().meta({ description: ISSUED }),
  startsOn: describeDate(`${held}.startsOn`).optional().meta({ description: FIRST_DAY }),
  expiresOn: describeDate(`${held}.expiresOn`),
});
const FORMER = 'Terms that were renewed or replaced, each once; the latest end first';

const licence = z
  .strictObject({ state, number: line, ...describeTerm('Licence') })
  .superRefine(requireOrder('Licence'), BESIDE_BAD_FIELDS);
const licences = requireUnique(z.array(licence).max(100), (one) => `${one.state} ${one.number}`);
const formerLicences = requireUnique(z.array(licence).max(1000), buildFormerKey).meta({ description: FORMER });
const dollars = z.int().min(1).max(1_000_000_000);
// Said where a number is new: of one on file what is shown of it may come back.
export const NOT_SHOWN = { rule: 'whole_number', message: 'must be the whole number, not what is shown of it' };
const policyNumber = line.superRefine((value, context) => {
  if (value.startsWith(MASK)) reportBrokenRule(context, [], NOT_SHOWN.rule, NOT_SHOWN.message);
});
const policy = z.strictObject({
  carrier: line,
  policyNumber,
  startsOn: describeDate('Malpractice.startsOn').optional().meta({ description: FIRST_DAY }),
  expiresOn: describeDate('Malpractice.expiresOn'),
  limits: z.strictObject({ perOccurrence: dollars, aggregate: dollars }).optional().meta({ description: 'US dollars' }),
});
type Policy = Omit<z.infer<typeof policy>, 'policyNumber'>;
const checkPolicy = <T extends z.ZodType<Policy>>(schema: T) =>
  schema.superRefine((given, context) => {
    const { limits } = given;
    requireOrder('Malpractice')(given, context);
    if (limits && limits.aggregate < limits.perOccurrence)
      reportBrokenRule(context, ['limits', 'aggregate'], 'order', 'must not be less than perOccurrence');
  }, BESIDE_BAD_FIELDS);
export const malpractice = checkPolicy(policy);
const SENT_BACK = 'The shown part of a number on file may be sent back in its place';
const amendedMalpractice = checkPolicy(policy.extend({ policyNumber: line.meta({ description: SENT_BACK }) }));
const describeFormerMalpractice = (one: typeof malpractice) =>
  requireUnique(z.array(one).max(1000), (held) => `${held.carrier} ${buildFormerKey(held)}`).meta({
    description: FORMER,
  });
const VALID_DEA = { rule: 'dea', message: 'must be a DEA number with a valid check digit' };
const deaNumber = describeText([{ ...VALID_DEA, holds: isDea }], {
  example: 'AB1234563',
  pattern: '^[A-Z][A-Z9][0-9]{7}$',
});
const amendedDeaNumber = describeText(
  [{ ...VALID_DEA, holds: (value) => isDea(value) || /^\*{4}\d{4}$/.test(value) }],
  { example: 'AB1234563', pattern: String.raw`^([A-Z][A-Z9][0-9]{3}|\*{4})[0-9]{4}$`, description: SENT_BACK },
);
const describeRegistration = (number: typeof deaNumber) =>
  z.strictObject({ state, number, ...describeTerm('Dea') }).superRefine(requireOrder('Dea'), BESIDE_BAD_FIELDS);
const registration = describeRegistration(deaNumber);
const describeDea = (one: typeof registration) =>
  requireUnique(z.array(one).max(60), (held) => `${held.state} ${held.number}`).meta({
    description: 'DEA registrations, by the state in which the provider prescribes',
  });
export const dea = describeDea(registration);
const describeFormerDea = (one: typeof registration) =>
  requireUnique(z.array(one).max(1000), buildFormerKey).meta({ description: FORMER });

const firstName = line
  .nullable()
  .meta({ description: 'Null of a person who has one name only, which is the last name' });
const formerName = z
  .strictObject({
    firstName: line.nullable().optional(),
    middleName: line.nullable().optional(),
    lastName: line,
    suffix: line.nullable().optional(),
    until: describeDate('FormerName.until')
      .nullable()
      .optional()
      .meta({ description: 'The last day on which it was the name, where known' }),
  })
  .meta({ id: 'FormerName' });
const formerNames = requireUnique(z.array(formerName).max(20), (name) => JSON.stringify(name)).meta({
  description: 'Names that the person had before; lists of exclusions are searched for them too',
});

function buildFormerKey(one: { state?: string; number?: string; policyNumber?: string; expiresOn: string }): string {
  return [one.state, one.number ?? one.policyNumber, one.expiresOn].join(' ');
}

const fields = { firstName, lastName: line, email, licences };

export const providerInput = z
  .strictObject({
    ...fields,
    npi,
    caqhId: caqhId.optional(),
    taxonomyCode: taxonomyCode.optional(),
    middleName: line.optional(),
    suffix: line.optional().meta({ description: 'Jr., III and the like' }),
    formerNames: formerNames.optional(),
    malpractice: malpractice.optional(),
    dea: dea.optional(),
    formerLicences: formerLicences.optional(),
    formerMalpractice: describeFormerMalpractice(malpractice).optional(),
    formerDea: describeFormerDea(registration).optional(),
  })
  .meta({ id: 'ProviderInput' });

export const providerPatch = z
  .strictObject({
    ...fields,
    caqhId: caqhId.nullable(),
    taxonomyCode: taxonomyCode.nullable(),
    middleName: line.nullable(),
    suffix: line.nullable(),
    formerNames,
    malpractice: amendedMalpractice.nullable(),
    dea: describeDea(describeRegistration(amendedDeaNumber)),
    formerLicences,
    formerMalpractice: describeFormerMalpractice(amendedMalpractice),
    formerDea: describeFormerDea(describeRegistration(amendedDeaNumber)),
    ...circumstanceFields,
  })
  .partial()
  .meta({ id: 'ProviderPatch' });

export const npiCorrection = z
  .strictObject({
    npi,
    reason: longText.meta({ description: 'How it was found wrong, and what the right one rests on' }),
  })
  .meta({ id: 'NpiCorrection' });

/** The description of how such a number is shown, and to whom it is revealed. */
export const MASKED =
  'A policy or DEA number is shown as **** and its last four characters; ' +
  `\`POST /v1/providers/{id}/reveals\` has one in full for the roles ${listRoles('identifiers:reveal').join(', ')}`;
const shownNumber = line.meta({ description: MASKED });
const shownPolicy = policy.extend({ policyNumber: shownNumber }).partial({ policyNumber: true });
const shownDea = allowRepeats(z.array(registration.safeExtend({ number: shownNumber })));

export const provider = z
  .strictObject({
    id,
    clientId: id,
    ...fields,
    npi,
    caqhId: caqhId.nullable(),
    taxonomyCode: taxonomyCode.nullable(),
    middleName: line.nullable(),
    suffix: line.nullable(),
    formerNames,
    malpractice: shownPolicy
      .nullable()
      .meta({ description: 'Without its number once the provider has left and their secrets are purged' }),
    dea: shownDea,
    formerLicences,
    formerDea: shownDea.meta({ description: FORMER }),
    formerMalpractice: allowRepeats(z.array(shownPolicy)).meta({
      description: `${FORMER}; without their numbers once secrets are purged`,
    }),
    ...endedFields,
    attestation: z.strictObject({ attestedOn: date, dueOn: date, current: z.boolean() }).nullable().meta({
      description: 'The latest CAQH attestation that a registry knows or this client recorded; valid through `dueOn`',
    }),
    registries: z
      .strictObject({ caqh: registryState, nppes: registryState })
      .meta({ description: 'The state of the look-ups in CAQH and NPPES, and since when a service has not answered' }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Provider' });

const source = z.enum(['provider', 'caqh', 'operator']);

export const attestationInput = z
  .strictObject({
    attestedOn: describeDate('AttestationInput.attestedOn'),
    source,
    reference: line.optional(),
    authorizedPayerIds: listOfIds(1000)
      .optional()
      .meta({
        description:
          'Payers that may see the profile, in addition to those named before; taken back by an access withdrawal alone. ' +
          'Left out: nothing is recorded',
      }),
  })
  .meta({ id: 'AttestationInput' });

export const attestation = z
  .strictObject({
    id,
    providerId: id,
    attestedOn: date,
    source,
    reference: line.nullable(),
    authorizedPayerIds: z.array(id).nullable(),
    recordedBy: actor,
    recordedAt: instant,
  })
  .meta({ id: 'Attestation' });

export const accessWithdrawalInput = z
  .strictObject({
    payerIds: listOfIds(1000).min(1),
    withdrawnOn: describeDate('AccessWithdrawalInput.withdrawnOn'),
    source,
    reference: line.optional(),
  })
  .meta({ id: 'AccessWithdrawalInput' });

export const accessWithdrawal = z
  .strictObject({
    id,
    providerId: id,
    payerIds: z.array(id),
    withdrawnOn: date,
    source,
    reference: line.nullable(),
    recordedBy: actor,
    recordedAt: instant,
  })
  .meta({ id: 'AccessWithdrawal' });
