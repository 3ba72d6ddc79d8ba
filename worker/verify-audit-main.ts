import { verifyAuditLog, type Break } from '../record/operations/audit-chain';
import { loadDatabaseUrl } from '../runtime/config';
import { createDatabase } from '../runtime/database';
import { runProcess } from '../runtime/run-process';

/** Verifies the audit log, and that it has the roots whose hashes are given; ends with 1 where it does not hold. */
async function verifyAudit(): Promise<void> {
  const sql = createDatabase(loadDatabaseUrl(process.env), { max: 1 });
  try {
    const { entries, chains, purged, unlinked, withoutRoot, roots, lastRoot, broken, breaks } = await verifyAuditLog(
      sql,
      process.argv.slice(2),
    );
    const since = unlinked.since === null ? '' : `, since ${unlinked.since}`;
    console.log(`Entries: ${entries} in ${chains} chains; purged after their time: ${purged}`);
    console.log(`Not sealed yet: ${unlinked.count} without a link${since}; ${withoutRoot} without a root`);
    console.log(`Roots: ${roots}${lastRoot ? `; the last: ${lastRoot.hash} of ${lastRoot.at}` : ''}`);
    console.log(broken ? `BROKEN in ${breaks} places. The first: ${describeBreak(broken)}` : 'Nothing is broken.');
    process.exitCode = broken ? 1 : 0;
  } finally {
    await sql.end();
  }
}

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

runProcess(verifyAudit);
