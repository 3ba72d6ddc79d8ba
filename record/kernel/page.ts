import type { Db, Fragment } from '../../runtime/database';

/** Microseconds since the epoch, and the id if they are the same. */
type Position = [createdAt: number, id: string];

export interface PageRequest {
  limit: number;
  /** The last one of the page before. */
  cursor?: Position;
}

export interface Page<T> {
  items: T[];
  next: Position | null;
}

// Instants reach us in milliseconds, which would lose rows between two pages.
const selectMicros = (sql: Db): Fragment => sql`(extract(epoch from created_at) * 1000000)::bigint`;

/** Reads one page, in order of creation, of the rows that `query` selects with their id and created_at. */
export async function readPage<T extends { id: string }>(
  sql: Db,
  query: Fragment,
  { limit, cursor }: PageRequest,
): Promise<Page<T>> {
  const after = cursor
    ? sql`where (created_at, id) > (timestamptz 'epoch' + ${cursor[0]} * interval '1 microsecond', ${cursor[1]}::uuid)`
    : sql``;
  const rows = await sql<(T & { position?: number })[]>`
    select *, ${selectMicros(sql)} as position from (${query}) as listed ${after} order by created_at, id limit ${limit + 1}`;
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  const next: Position | null = last ? [last.position!, last.id] : null;
  for (const item of items) delete item.position;
  return { items, next };
}
