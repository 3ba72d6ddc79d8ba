import { z } from 'zod';
import {
  FACTS,
  FACT_SOURCES,
  LINES_OF_BUSINESS,
  READINESS_CAUTIONS,
  READINESS_REASONS,
} from '../../domain/kernel/codes';
import {
  actor,
  date,
  describeDate,
  email,
  id,
  instant,
  line,
  longText,
  pageQuery,
  state,
  yesOrNo,
} from '../kernel/schemas';
import { FACT_VALUES } from './fact-schemas';

export const certificateInput = z
  .strictObject({
    providerId: id,
    practiceId: id,
    payerId: id,
    state,
    dateOfService: describeDate('Readiness.dateOfService'),
    lineOfBusiness: z.enum(LINES_OF_BUSINESS).optional().meta({ description: 'May be left out if only one exists' }),
    locationId: id.optional(),
    holder: z.strictObject({
      name: line.meta({ description: 'The party that it is issued for; the certificate names it' }),
      email: email
        .optional()
        .meta({ description: 'The address that is written to once the certificate no longer holds' }),
    }),
  })
  .meta({ id: 'CertificateInput' });

export const revocationInput = z.strictObject({ reason: longText }).meta({ id: 'CertificateRevocation' });

export const certificateQuery = pageQuery.extend({
  clientId: id.optional(),
  providerId: id.optional(),
  holds: yesOrNo.optional().meta({ description: '`false` lists those that were revoked or that a change ended' }),
});

const text = z.string();
const party = z.strictObject({ id, name: text });
const certificate = z
  .strictObject({
    version: z.literal(1),
    kind: z.literal('billing_readiness'),
    id,
    asOf: instant,
    issuer: text.nullable(),
    holder: text,
    question: z.strictObject({
      provider: party.extend({ npi: text }),
      practice: z.strictObject({
        id,
        legalName: text,
        npi: text.nullable(),
        tin: z.strictObject({ type: text, last4: text }),
      }),
      payer: party,
      location: z.strictObject({ id, name: text.nullable() }).nullable(),
      state: text,
      dateOfService: date,
      lineOfBusiness: z.enum(LINES_OF_BUSINESS).nullable(),
    }),
    answer: z.strictObject({
      mayBill: z.boolean(),
      reasons: z.array(z.enum(READINESS_REASONS)),
      cautions: z.array(z.enum(READINESS_CAUTIONS)),
      billThrough: z.enum(['own', 'platform', 'nobody']),
      mayRepresentInNetwork: z.boolean(),
      billableFrom: date.nullable(),
    }),
    facts: z.array(
      z.strictObject({
        fact: z.enum(FACTS),
        status: z.enum(['confirmed', 'claimed', 'disputed']),
        value: z.union(Object.values(FACT_VALUES)),
        source: z.enum(FACT_SOURCES),
        reference: text.nullable(),
        confirmedOn: date.nullable(),
        entryId: id,
        documents: z.array(id),
      }),
    ),
    licenceTerms: z.array(z.strictObject({ startsOn: date.optional(), expiresOn: date })),
    documents: z.array(z.strictObject({ id, kind: text, name: text, sha256: text })),
    notice: text,
    checkAt: text.meta({ description: 'The path that says, without a key, whether it still holds' }),
  })
  .meta({ id: 'Certificate', description: 'The content that is signed, in the canonical form of RFC 8785' });

export const issuedCertificate = z
  .strictObject({
    id,
    clientId: id,
    certificate,
    signature: z.strictObject({
      algorithm: z.literal('Ed25519'),
      keyId: text.meta({ description: 'One of /.well-known/certificate-keys.json' }),
      value: text.meta({ description: '64 bytes in base64url' }),
    }),
    holder: z.strictObject({ name: text, email: text.optional() }),
    issuedBy: actor,
    createdAt: instant,
    holds: z.boolean(),
    endedAt: instant.nullable().meta({ description: 'The instant since which it no longer holds; null while it does' }),
    endedBecause: z.enum(['changed', 'revoked']).nullable(),
    endedReason: text.nullable().meta({ description: 'The reason of a revocation' }),
  })
  .meta({
    id: 'IssuedCertificate',
    description:
      'A certificate with its standing. Saved as a file, it is verified by the page /verify and by the command',
  });

export const certificateKey = z
  .strictObject({ id: text, publicKey: text.meta({ description: '32 bytes in base64url' }), createdAt: instant })
  .meta({ id: 'CertificateKey' });
