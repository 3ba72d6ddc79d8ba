import { z } from 'zod';
import { isCaqhId, isDea, isTaxonomy } from '../../domain/kernel/identifiers';
import { circumstance } from './changes-schemas';
import { ended } from './clients-schemas';
import { registryState } from '../kernel/lookup-schemas';
import {
  actor,
  BESIDE_BAD_FIELDS,
  broken,
  date,
  email,
  expiryDate,
  id,
  ids,
  instant,
  line,
  longText,
  npi,
  pastDate,
  state,
  text,
  unique,
  version,
} from '../kernel/schemas';

const caqhId = text([{ rule: 'caqh_id', message: 'must be a CAQH provider ID: digits only', holds: isCaqhId }], {
  example: '12345678',
  pattern: '^[0-9]{7,10}$',
});
export const taxonomyCode = text(
  [{ rule: 'taxonomy_code', message: 'must be a taxonomy code: 9 digits or capitals, then X', holds: isTaxonomy }],
  { example: '101YM0800X', pattern: '^[0-9A-Z]{9}X$' },
);

const licence = z.strictObject({ state, number: line, expiresOn: expiryDate });
const licences = unique(z.array(licence).max(100), (one) => `${one.state} ${one.number}`);
const dollars = z.int().min(1).max(1_000_000_000);
const policy = z.strictObject({
  carrier: line,
  policyNumber: line,
  expiresOn: expiryDate,
  limits: z.strictObject({ perOccurrence: dollars, aggregate: dollars }).optional().meta({ description: 'US dollars' }),
});
export const malpractice = policy.superRefine(({ limits }, context) => {
  if (limits && limits.aggregate < limits.perOccurrence)
    broken(context, ['limits', 'aggregate'], 'order', 'must not be less than perOccurrence');
}, BESIDE_BAD_FIELDS);
const deaNumber = text([{ rule: 'dea', message: 'must be a DEA number with a valid check digit', holds: isDea }], {
  example: 'AB1234563',
  pattern: '^[A-Z][A-Z9][0-9]{7}$',
});
export const dea = unique(
  z.array(z.strictObject({ state, number: deaNumber, expiresOn: expiryDate })).max(60),
  (one) => `${one.state} ${one.number}`,
).meta({ description: 'Where they prescribe' });

const firstName = line
  .nullable()
  .meta({ description: 'Null of a person who has one name only, which is the last name' });
const formerName = z
  .strictObject({
    firstName: line.nullable().optional(),
    middleName: line.nullable().optional(),
    lastName: line,
    suffix: line.nullable().optional(),
    until: pastDate.nullable().optional().meta({ description: 'The last day on which it was the name, where known' }),
  })
  .meta({ id: 'FormerName' });
const formerNames = unique(z.array(formerName).max(20), (name) => JSON.stringify(name)).meta({
  description: 'Names that the person had before; lists of exclusions are searched for them too',
});

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
    malpractice: malpractice.nullable(),
    dea,
    ...circumstance,
  })
  .partial()
  .meta({ id: 'ProviderPatch' });

export const npiCorrection = z
  .strictObject({
    npi,
    reason: longText.meta({ description: 'How it was found wrong, and what the right one rests on' }),
  })
  .meta({ id: 'NpiCorrection' });

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
    malpractice: policy
      .partial({ policyNumber: true })
      .nullable()
      .meta({ description: 'Without its number once the provider has left and their secrets are purged' }),
    dea,
    ...ended,
    attestation: z.strictObject({ attestedOn: date, dueOn: date, current: z.boolean() }).nullable().meta({
      description: 'The latest CAQH attestation that a registry knows or this client recorded; valid through `dueOn`',
    }),
    registries: z
      .strictObject({ caqh: registryState, nppes: registryState })
      .meta({ description: 'What services outside say of the provider, and since when they don’t answer' }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Provider' });

const source = z.enum(['provider', 'caqh', 'operator']);

export const attestationInput = z
  .strictObject({
    attestedOn: pastDate,
    source,
    reference: line.optional(),
    authorizedPayerIds: ids(1000)
      .optional()
      .meta({ description: 'The payers that may see the profile; left out: not recorded' }),
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
