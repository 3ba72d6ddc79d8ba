import { createHash } from 'node:crypto';
import type { Route } from '../../api/kernel/route';
import { makeGoodRequest, nameRoute } from '../support/good-requests';
import type { TestApi } from '../support/api';
import { send } from './send';
import type { Party } from './parties';

/** Tables that the system's own clocks and loops move, without any call. */
const MOVING_TABLES = [
  // the worker's turns, its checks of runs, and what it has delivered
  'worker_heartbeats',
  'rounds',
  'run_checks',
  'watches',
  'outbox',
  // links are added to the log within the minute
  'audit_links',
  'audit_roots',
  'audit_unlinked',
  // calls are counted by key: also those that look here
  'access_counts',
];
/** Each question about billing readiness is kept, also those that this file asks. */
const LOOKED_UP = ['readiness_answers'];
const MOVING_COLUMNS = ['last_used_at', 'progressed_at'];

/** Reads each row of the database that belongs to a party, or names anything of it, by table. */
export async function digestRows({ deps: { sql } }: TestApi, { file, ids, marks, personId }: Party) {
  const tables = await sql<{ name: string; columns: string[] }[]>`
    select c.relname as name, array_agg(a.attname::text) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    group by c.relname order by c.relname`;
  const payers = ids.rooms.payers!;
  const digests: Record<string, string[]> = {};
  for (const { name, columns } of tables) {
    if ([...MOVING_TABLES, ...LOOKED_UP].includes(name)) continue;
    const row = sql`(to_jsonb(t) - ${MOVING_COLUMNS}::text[])::text`;
    const named = [
      ...marks,
      ...(columns.includes('client_id') || columns.includes('client_ids') ? [] : [personId, ...payers]),
    ];
    const isNamed = sql`exists (select from unnest(${named}::text[]) mark where position(mark in t::text) > 0)`;
    // a command that was refused is kept as its caller sent it
    const isSaid = name === 'commands' ? sql`status = 'refused' and client_id <> ${file.clientId}` : sql`false`;
    const isPersons = columns.includes('person_id') && columns.includes('client_id');
    const rows = await sql<{ row: string }[]>`
      select ${row} as row from ${sql(name)} t
      where (${isNamed} and not (${isSaid}))
        ${columns.includes('client_id') ? sql`or client_id = ${file.clientId}` : sql``}
        ${isPersons ? sql`or client_id is null and person_id = ${personId}` : sql``}
      order by 1`;
    digests[name] = rows.map((one) => one.row);
  }
  return digests;
}

/** Routes whose answers write, or are about the key that asks. */
const NOT_LOOKED_AT = [
  'get /v1/access-counts',
  'get /v1/audit-log/roots',
  'get /v1/readiness-answers',
  // each reading of a file is in the audit log, and each export
  'get /v1/documents/{id}/content',
  'get /v1/audit-log/export',
  'get /v1/audit-samples/{id}/archive',
  'get /v1/applications/{id}/evidence',
  // a PDF names the instant in which it was drawn
  'get /v1/billing-readiness/certificates/{id}/pdf',
  // the server's own view of a run, as of now
  'get /v1/applications/{id}/workflow',
];
const MOVING_FIELDS = [
  'ageSeconds',
  'waitingSeconds',
  // the audit log links an entry within the minute
  'link',
  'answerId',
  'answeredAt',
  'asOf',
  'lastUsedAt',
  'lastUsedOn',
  'madeAt',
  'checkedAt',
];

/** Reads all that a key of a party is shown, route by route. */
export async function readView(api: TestApi, routes: Route[], { ids }: Party, key: string) {
  const view: Record<string, unknown> = {};
  for (const route of routes.filter(({ method, access }) => method === 'get' && access !== 'public')) {
    if (NOT_LOOKED_AT.includes(nameRoute(route))) continue;
    const { status, text } = await send(api, makeGoodRequest(route, ids), key);
    view[nameRoute(route)] = [status, hold(text)];
  }
  return view;
}

const hold = (text: string): unknown => {
  if (!text.startsWith('{')) return createHash('sha256').update(text).digest('hex');
  return JSON.parse(text, (name, value: unknown) => (MOVING_FIELDS.includes(name) ? undefined : value));
};
