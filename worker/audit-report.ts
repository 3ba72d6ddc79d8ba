import type { Break, Verification } from '../record/operations/audit-chain';

const FAULTS: Record<Break['fault'], string> = {
  entry_changed: 'the entry is not what was linked',
  entry_missing: 'the entry is gone, and no purge took it',
  entry_unlinked: 'the entry has no link and waits for none',
  link_changed: 'the link does not follow from the one before',
  link_missing: 'a link before this one is gone',
  root_changed: 'the root does not follow from the chains',
  root_missing: 'a root that was named is not there',
};

function describeBreak({ fault, clientId, place, entryId, linkId, rootId }: Break): string {
  const named = Object.entries({ entry: entryId, link: linkId, place, root: rootId, client: clientId });
  const where = named.filter(([, id]) => id !== null).map(([name, id]) => `${name} ${id}`);
  return [`${FAULTS[fault]} (${fault})`, ...where].join(', ');
}

/** Reports the result of a verification of the audit log, for people: entries that are not sealed yet beside faults. */
export function reportVerification(found: Verification): string[] {
  const { entries, chains, purged, unlinked, withoutRoot, roots, lastRoot, broken, breaks } = found;
  const since = unlinked.since === null ? '' : `, since ${unlinked.since}`;
  return [
    `Entries: ${entries} in ${chains} chains; purged after their time: ${purged}`,
    `Not sealed yet: ${unlinked.count} without a link${since}; ${withoutRoot} without a root`,
    `Roots: ${roots}${lastRoot ? `; the last: ${lastRoot.hash} of ${lastRoot.at}` : ''}`,
    broken ? `BROKEN. Faults found: ${breaks}. The first: ${describeBreak(broken)}` : 'Nothing is broken.',
  ];
}
