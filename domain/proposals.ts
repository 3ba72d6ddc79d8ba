import type { Snapshot } from './consistency';
import { sameName } from './facts';

export type { Snapshot } from './consistency';

/** What of a provider's file a source outside may propose to change; an address is the practice's and never is. */
export const PROPOSED_FIELDS = ['firstName', 'lastName', 'taxonomyCode'] as const;
export type ProposedField = (typeof PROPOSED_FIELDS)[number];

type Fields = Record<'firstName' | 'lastName', string> & { taxonomyCode: string | null };

/** Each field of which the source says something else. A person decides: the source may be the one that is wrong. */
export function proposals(
  onFile: Fields,
  snapshot: Snapshot,
): { field: ProposedField; onFile: string | null; proposed: string }[] {
  return PROPOSED_FIELDS.flatMap((field) => {
    const proposed = snapshot[field];
    const own = onFile[field];
    if (proposed === undefined || proposed === own) return [];
    if (field !== 'taxonomyCode' && own !== null && sameName(own, proposed)) return [];
    return [{ field, onFile: own, proposed }];
  });
}
