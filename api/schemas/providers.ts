import { z } from 'zod';
import { isCaqhId, isTaxonomy } from '../../domain/identifiers';
import { actor, date, email, id, instant, line, npi, pastDate, state, text, unique, version } from './common';

const caqhId = text([{ rule: 'caqh_id', message: 'must be a CAQH provider ID: digits only', holds: isCaqhId }], {
  example: '12345678',
});
const taxonomyCode = text(
  [{ rule: 'taxonomy_code', message: 'must be a taxonomy code: 9 digits or capitals, then X', holds: isTaxonomy }],
  { example: '101YM0800X' },
);

const licence = z.strictObject({ state, number: line, expiresOn: date });
const licences = z
  .array(licence)
  .max(100)
  .superRefine(unique((one) => `${one.state} ${one.number}`));
const malpractice = z.strictObject({ carrier: line, policyNumber: line, expiresOn: date });

const fields = { firstName: line, lastName: line, email, licences };

export const providerInput = z
  .strictObject({
    ...fields,
    npi,
    caqhId: caqhId.optional(),
    taxonomyCode: taxonomyCode.optional(),
    malpractice: malpractice.optional(),
  })
  .meta({ id: 'ProviderInput' });

export const providerPatch = z
  .strictObject({
    ...fields,
    caqhId: caqhId.nullable(),
    taxonomyCode: taxonomyCode.nullable(),
    malpractice: malpractice.nullable(),
  })
  .partial()
  .meta({ id: 'ProviderPatch' });

export const provider = z
  .strictObject({
    id,
    clientId: id,
    ...fields,
    npi,
    caqhId: caqhId.nullable(),
    taxonomyCode: taxonomyCode.nullable(),
    malpractice: malpractice.nullable(),
    attestation: z
      .strictObject({ attestedOn: date, dueOn: date, current: z.boolean() })
      .nullable()
      .meta({ description: 'The latest CAQH attestation; valid through `dueOn`' }),
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
    authorizedPayerIds: z
      .array(id)
      .max(1000)
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
