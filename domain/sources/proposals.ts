import { selectInState, isLicenceLike, type Snapshot } from './findings';
import { comparePersonNames, isNoName } from '../kernel/names';

export type { Snapshot } from './findings';

/**
 * The fields of a provider's file that an outside source may propose to change; an address is the practice's and never
 * is.
 */
export const PROPOSED_FIELDS = ['firstName', 'lastName', 'taxonomyCode', 'licenceNumber'] as const;
type ProposedField = (typeof PROPOSED_FIELDS)[number];

interface Fields<L extends LicenceNumber> {
  firstName: string | null;
  lastName: string;
  taxonomyCode: string | null;
  licences: readonly L[];
}
interface LicenceNumber {
  state: string;
  number: string;
}

export interface ProposedChange {
  field: ProposedField;
  /** Only for a licence's number. */
  state?: string;
  onFile: string | null;
  proposed: string;
}

/** Computes each field in which the source differs. A person decides: the source may be the one that is wrong. */
export function computeProposals(onFile: Fields<LicenceNumber>, snapshot: Snapshot): ProposedChange[] {
  if (snapshot.enumerationType === 'NPI-2') return [];
  const named = { firstName: onFile.firstName, lastName: onFile.lastName };
  const { firstName = named.firstName, lastName = named.lastName } = snapshot;
  // a person with one name may have it as the first there, and as the last here
  const isSame = comparePersonNames(named, { firstName, lastName }) === 'same';
  const fields = (['firstName', 'lastName', 'taxonomyCode'] as const).flatMap((field) => {
    const proposed = snapshot[field];
    const own = onFile[field];
    if (proposed === undefined || proposed === own) return [];
    if (field !== 'taxonomyCode' && (isSame || isNoName(proposed))) return [];
    if (field !== 'taxonomyCode' && comparePersonNames(named, { ...named, [field]: proposed }) === 'same') return [];
    return [{ field, onFile: own, proposed }];
  });
  const numbers = onFile.licences.flatMap((own) => {
    const { state } = own;
    const [named, ...more] = selectInState(snapshot.licences ?? [], state);
    // several licences in a state cannot be matched
    const clear = more.length === 0 && selectInState(onFile.licences, state).length === 1;
    if (!named || !clear || isLicenceLike(own, named)) return [];
    return [{ field: 'licenceNumber' as const, state, onFile: own.number, proposed: named.number }];
  });
  return [...fields, ...numbers];
}

/** Applies the chosen proposals to the file. */
export function applyProposals<L extends LicenceNumber>(
  onFile: Fields<L>,
  chosen: readonly ProposedChange[],
): Partial<Omit<Fields<L>, 'licences'> & { licences: L[] }> {
  const numbers = new Map(chosen.flatMap(({ state, proposed }) => (state ? [[state, proposed]] : [])));
  return {
    ...Object.fromEntries(chosen.filter(({ state }) => !state).map(({ field, proposed }) => [field, proposed])),
    ...(numbers.size > 0 && {
      licences: onFile.licences.map((one) => ({ ...one, number: numbers.get(one.state) ?? one.number })),
    }),
  };
}
