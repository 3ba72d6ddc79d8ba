import type { AuthorisationScope } from '../kernel/codes';
import type { PlainDate } from '../time/instants';

/** What a provider let the operator do, for some payers or all, through the last day where there is one. */
export interface Authorisation {
  scopes: readonly AuthorisationScope[];
  payerIds: readonly string[] | null;
  signedOn: PlainDate;
  until: PlainDate | null;
  revokedOn: PlainDate | null;
}
