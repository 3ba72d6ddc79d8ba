import { Readable } from 'node:stream';
import { toUtcDate } from '../../domain/time/dates';
import { recordAudit } from '../../record/kernel/audit';
import type { Principal } from '../../record/kernel/principal';
import { listEntries, listRoots, type EntryFilter } from '../../record/operations/audit-list';
import { listAccessCounts } from '../../record/registry/access-counts';
import { readClock } from '../../runtime/clock';
import type { Sql } from '../../runtime/database';
import type { Deps } from '../kernel/deps';
import { checkFilter } from '../kernel/filters';
import { answerPage } from '../kernel/listing';
import { route, type Route } from '../kernel/route';
import { describePage } from '../kernel/schemas';
import {
  accessCount,
  accessCountQuery,
  auditEntry,
  auditExportQuery,
  auditQuery,
  auditRoot,
  rootsQuery,
} from './audit-schemas';

const tag = 'audit';
const access = 'audit:read';

/** Entries that an export reads at once. */
const PAGE = 500;

/** Answers a list's page of the found rows, which may be one more than it holds. */
const answerFound = <T>(found: T[], limit: number, readPosition: (last: T) => unknown) => {
  const items = found.slice(0, limit);
  return answerPage({ items, next: found.length > limit ? readPosition(items.at(-1)!) : null }, (one) => one);
};

/** Writes all entries, a line of JSON each, however many they are. */
async function* writeEntries(sql: Sql, principal: Principal, filter: EntryFilter): AsyncGenerator<string> {
  for (let after = 0; ;) {
    const entries = await listEntries(sql, principal, filter, { after, limit: PAGE });
    for (const entry of entries) yield `${JSON.stringify(entry)}\n`;
    if (entries.length < PAGE) return;
    after = entries.at(-1)!.number;
  }
}

export const auditRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/audit-log',
    summary: 'List who did what, in the order in which it was written down',
    description:
      'A key of some clients reads the entries of these clients; entries about no single client are read by keys of every client. ' +
      'Nobody can change an entry; each is linked to the one before of its client.',
    tag,
    access,
    query: auditQuery,
    responses: { 200: { description: 'Entries in the order of their numbers', schema: describePage(auditEntry) } },
    handler: async ({ principal, query: { limit, cursor = 0, ...filter } }) => {
      await checkFilter(sql, principal, { clientId: filter.clientId });
      const found = await listEntries(sql, principal, filter, { after: cursor, limit: limit + 1 });
      return answerFound(found, limit, ({ number }) => number);
    },
  }),
  route({
    method: 'get',
    path: '/v1/audit-log/export',
    summary: 'Export the audit log as lines of JSON',
    description:
      'Each line is an entry as `GET /v1/audit-log` lists it. The export itself is in the audit log, with its filter.',
    tag,
    access,
    query: auditExportQuery,
    responses: { 200: { description: 'One entry per line', also: ['application/jsonl'] } },
    handler: async ({ principal, query: filter }) => {
      await checkFilter(sql, principal, { clientId: filter.clientId });
      await recordAudit(sql, principal, {
        action: 'audit_log.export',
        subjectType: 'audit_log',
        subjectId: '-',
        clientId: filter.clientId ?? null,
        detail: filter,
      });
      const body = Readable.from(writeEntries(sql, principal, filter));
      return { status: 200, body, type: 'application/jsonl', filename: `audit-log-${toUtcDate(readClock())}.jsonl` };
    },
  }),
  route({
    method: 'get',
    path: '/v1/audit-log/roots',
    summary: 'List the roots over the audit log, to be kept elsewhere',
    description:
      'Every hour a root is put over the ends of all chains. Kept in another system, it proves later that nothing ' +
      'from before it was changed: `npm run audit:verify` takes its hash.',
    tag,
    access,
    query: rootsQuery,
    responses: { 200: { description: 'Roots in their order', schema: describePage(auditRoot) } },
    handler: async ({ query: { limit, cursor = 0 } }) =>
      answerFound(await listRoots(sql, { after: cursor, limit: limit + 1 }), limit, ({ number }) => number),
  }),
  route({
    method: 'get',
    path: '/v1/access-counts',
    summary: 'List how often keys were used and calls were turned away, by day',
    description: 'Written every few seconds. A key of some clients reads the counts of the keys that it may manage.',
    tag,
    access,
    query: accessCountQuery,
    responses: { 200: { description: 'Counts by day, caller and kind', schema: describePage(accessCount) } },
    handler: async ({ principal, query: { limit, cursor, ...filter } }) => {
      const found = await listAccessCounts(sql, principal, filter, { limit: limit + 1, cursor });
      return answerFound(found, limit, ({ day, caller, kind }) => [day, caller, kind]);
    },
  }),
];
