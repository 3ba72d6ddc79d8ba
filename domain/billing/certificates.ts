import type { Fact, FactSource, LineOfBusiness, ReadinessCaution, ReadinessReason } from '../kernel/codes';
import type { Instant, PlainDate } from '../time/instants';
import type { FactValue } from '../kernel/facts';
import type { Term } from '../registry/held-terms';
import type { ReadinessAnswer } from './readiness';

/** A document that a certificate rests on; the file is known by its hash. */
export interface CertifiedDocument {
  id: string;
  kind: string;
  name: string;
  sha256: string;
}

/** A fact that a certificate rests on. */
export interface CertifiedFact {
  fact: Fact;
  status: 'confirmed' | 'claimed' | 'disputed';
  value: FactValue;
  source: FactSource;
  /** As it was given with the source, such as the number of a call. */
  reference: string | null;
  confirmedOn: PlainDate | null;
  entryId: string;
  documents: string[];
}

/** The names of those whom a certificate is about, as they were on file. */
export interface CertifiedParties {
  provider: { id: string; name: string; npi: string };
  practice: { id: string; legalName: string; npi: string | null; tin: { type: string; last4: string } };
  payer: { id: string; name: string };
  location: { id: string; name: string | null } | null;
}

/** An answer of billing readiness as it is signed. */
export interface Certificate {
  version: 1;
  kind: 'billing_readiness';
  id: string;
  /** The answer is the one as of this instant. */
  asOf: Instant;
  issuer: string | null;
  holder: string;
  question: CertifiedParties & { state: string; dateOfService: PlainDate; lineOfBusiness: LineOfBusiness | null };
  answer: {
    mayBill: boolean;
    reasons: ReadinessReason[];
    cautions: ReadinessCaution[];
    billThrough: ReadinessAnswer['billThrough'];
    mayRepresentInNetwork: boolean;
    billableFrom: PlainDate | null;
  };
  facts: CertifiedFact[];
  licenceTerms: Term[];
  documents: CertifiedDocument[];
  /** The limits of what it says. */
  notice: string;
  /** The path at the issuer's address that says whether it still holds. */
  checkAt: string;
}

export const CERTIFICATE_NOTICE =
  'This certificate says what was on record at the instant of asOf, for the date of service that it names. What is recorded later ' +
  'does not change it, and it may no longer hold: the issuer says so at the path of checkAt. It is no promise of payment.';

/** Selects the part of an answer whose change ends a certificate: the answer, and each fact with its value. */
export const selectAssertion = ({ mayBill, reasons, billThrough, facts }: ReadinessAnswer): object => ({
  mayBill,
  reasons,
  billThrough,
  facts: Object.fromEntries(Object.entries(facts).map(([fact, { status, value }]) => [fact, { status, value }])),
});
