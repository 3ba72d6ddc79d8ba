import { z } from 'zod';
import { AUTHORISATION_SCOPES, ENROLMENT_KINDS, ENROLMENT_STATUSES, PORTAL_STATUSES } from '../../domain/kernel/codes';
import { FINDING_CODES } from '../../domain/sources/consistency';
import {
  actor,
  address,
  BESIDE_BAD_FIELDS,
  date,
  expiryDate,
  id,
  ids,
  instant,
  isEarlier,
  line,
  longText,
  pageQuery,
  pastDate,
  plannedDate,
  someOf,
  state,
  turningDate,
  unique,
  yesOrNo,
} from '../kernel/schemas';
import { formerly, renamed } from '../kernel/names';
import { taxonomyCode } from './providers-schemas';

const documents = ids(50);
const kept = { id, practiceId: id, recordedBy: actor, createdAt: instant, supersededBy: id.nullable() };

export const currentQuery = pageQuery.extend({
  current: yesOrNo.optional().meta({ description: 'true: current statements; false: former ones' }),
});

const enrolmentFields = {
  payerId: id,
  kind: z.enum(ENROLMENT_KINDS),
  status: z.enum(ENROLMENT_STATUSES),
  on: pastDate,
};
export const enrolmentInput = z
  .strictObject({
    ...enrolmentFields,
    expectedOn: plannedDate.optional(),
    reference: line.optional(),
    evidence: documents.optional(),
  })
  .meta({ id: 'EnrolmentInput' });
export const enrolment = z
  .strictObject({
    ...kept,
    ...enrolmentFields,
    on: date,
    expectedOn: date.nullable(),
    reference: line.nullable(),
    evidence: documents,
  })
  .meta({ id: 'Enrolment' });

const portalFields = { portal: line, payerIds: ids(500), holder: line, status: z.enum(PORTAL_STATUSES) };
export const NOTES = { note: 'notes' };
export const portalAccessInput = renamed(
  'PortalAccessInput',
  z.strictObject({
    ...portalFields,
    on: pastDate,
    secondFactorOwner: line.optional(),
    secretKeptIn: line.optional().meta({ description: 'Where the secret is kept, never the secret itself' }),
    notes: longText.optional(),
  }),
  NOTES,
);
export const portalAccess = z
  .strictObject({
    ...kept,
    ...portalFields,
    on: date,
    secondFactorOwner: line.nullable(),
    secretKeptIn: line.nullable(),
    notes: longText.nullable(),
    note: formerly(longText.nullable(), 'notes'),
  })
  .meta({ id: 'PortalAccess' });

const scopes = someOf(AUTHORISATION_SCOPES).min(1);
export const authorisationInput = z
  .strictObject({
    scopes,
    payerIds: ids(500).min(1).optional().meta({ description: 'Default: every payer' }),
    signedOn: pastDate,
    until: expiryDate.optional().meta({ description: 'The last day; by default it holds until it is revoked' }),
    evidence: documents.optional(),
  })
  .superRefine(({ signedOn, until }, context) => {
    if (isEarlier(until, signedOn))
      context.addIssue({
        code: 'custom',
        path: ['until'],
        message: 'must not be before signedOn',
        params: { rule: 'order' },
      });
  }, BESIDE_BAD_FIELDS)
  .meta({ id: 'AuthorisationInput' });
export const authorisation = z
  .strictObject({
    id,
    providerId: id,
    scopes,
    payerIds: z.array(id).nullable(),
    signedOn: date,
    until: date.nullable(),
    evidence: documents,
    recordedBy: actor,
    revokedOn: date.nullable(),
    revocation: z.strictObject({ reason: longText, recordedBy: actor }).nullable(),
    createdAt: instant,
  })
  .meta({ id: 'Authorisation' });
export const revocation = z.strictObject({ on: turningDate, reason: longText }).meta({ id: 'Revocation' });

export const snapshotInput = z
  .strictObject({
    source: z.enum(['caqh', 'nppes']),
    takenOn: pastDate,
    enumerationType: z.enum(['NPI-1', 'NPI-2']).optional(),
    firstName: line.optional(),
    lastName: line.optional(),
    taxonomyCode: taxonomyCode.optional(),
    address: address.optional(),
    licences: unique(
      z.array(z.strictObject({ state, number: line })).max(100),
      (one) => `${one.state} ${one.number}`,
    ).optional(),
  })
  .meta({ id: 'SnapshotInput' });

const finding = z
  .strictObject({
    providerId: id.nullable().meta({ description: 'Null where it is of a practice that no provider applies for' }),
    practiceId: id.nullable(),
    code: z.enum(FINDING_CODES),
    severity: z.enum(['error', 'warning']),
    about: z.string().nullable().meta({ description: 'A state, a source or a kind of document' }),
    fix: z.string(),
    applicationIds: z.array(id).meta({ description: 'The open applications that it affects' }),
  })
  .meta({ id: 'Finding' });
export const foundList = z.strictObject({ items: z.array(finding) });

export const mergeInput = z.strictObject({ into: id, reason: longText }).meta({ id: 'MergeInput' });
