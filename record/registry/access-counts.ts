import type { AccessKind } from '../../domain/kernel/codes';
import type { Instant, PlainDate } from '../../domain/time/instants';
import { toRows, type Db } from '../../runtime/database';
import type { Principal } from '../kernel/principal';
import { selectManaged } from './api-keys';

/** The caller when no key is known. */
export const UNKNOWN_CALLER = '-';

export interface AccessCount {
  /** The id of a key, or of a user who is signed in; `admin`; or UNKNOWN_CALLER. */
  caller: string;
  kind: AccessKind;
  day: PlainDate;
  count: number;
  lastAt: Instant;
}

/** Adds to what is counted. */
export async function addAccessCounts(sql: Db, counts: readonly AccessCount[]): Promise<void> {
  if (counts.length === 0) return;
  await sql`
    insert into access_counts ${toRows(sql, counts)} on conflict (caller, kind, day)
    do update set count = access_counts.count + excluded.count, last_at = greatest(access_counts.last_at, excluded.last_at)`;
}

/** The end of a page of counts. */
export type CountPosition = [day: PlainDate, caller: string, kind: string];

export interface CountFilter {
  from?: PlainDate | undefined;
  until?: PlainDate | undefined;
  kind?: AccessKind | undefined;
}

/** Lists counts by day; to a caller of some clients, those of keys and users who reach none but these. */
export const listAccessCounts = (
  sql: Db,
  principal: Principal,
  { from, until, kind }: CountFilter,
  { limit, cursor }: { limit: number; cursor?: CountPosition | undefined },
): Promise<(AccessCount & { name: string | null })[]> => sql<(AccessCount & { name: string | null })[]>`
  select c.*, coalesce(k.name, u.name) as name
  from access_counts c left join api_keys k on k.id::text = c.caller left join users u on u.id::text = c.caller
  where ${
    principal.clientIds === null
      ? sql`true`
      : sql`(k.id in (${selectManaged(sql, principal)}) or u.client_ids <@ ${principal.clientIds}::uuid[])`
  }
    ${from ? sql`and day >= ${from}` : sql``} ${until ? sql`and day < ${until}` : sql``}
    ${kind ? sql`and kind = ${kind}` : sql``}
    ${cursor ? sql`and (day, caller, kind) > (${cursor[0]}, ${cursor[1]}, ${cursor[2]})` : sql``}
  order by day, caller, kind limit ${limit}`;
