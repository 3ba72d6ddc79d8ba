import type { AuthorisationScope } from '../kernel/codes';
import type { PlainDate } from '../time/instants';

/** The permission that a provider gave the operator, for some payers or all, through the last day if there is one. */
export interface Authorisation {
  scopes: readonly AuthorisationScope[];
  payerIds: readonly string[] | null;
  signedOn: PlainDate;
  until: PlainDate | null;
  revokedOn: PlainDate | null;
}
