import { toJson, type Sql } from '../../runtime/database';

/** The record of a request under an Idempotency-Key: its body's digest, and the answer once it is final. */
export interface KeptRequest {
  /** The digest of the body, sealed; null where an earlier version kept a hash, or nothing is left of it. */
  bodySealed: string | null;
  /** A keyed hash of the body, by an earlier version. */
  bodyHash: Buffer | null;
  status: number | null;
  location: string | null;
  /** Sealed. */
  response: string | null;
  createdAt: string;
}

type KeptAnswer = Pick<KeptRequest, 'status' | 'location' | 'response'>;

const KEPT_FOR = '30 days';

/**
 * Claims a key for a body, unless it is claimed already; returns what is kept under it. After 30 days the key is a new
 * one.
 */
export async function claimKey(sql: Sql, id: string, bodySealed: string): Promise<KeptRequest> {
  await sql`
    insert into idempotency_keys (id, body_sealed) values (${id}, ${bodySealed})
    on conflict (id) do update
      set body_sealed = excluded.body_sealed, body_hash = null, status = null, location = null, response = null, created_at = now()
      where idempotency_keys.created_at < now() - ${KEPT_FOR}::interval`;
  const [row] = await sql<KeptRequest[]>`
    select body_sealed, body_hash, status, location, response, created_at from idempotency_keys where id = ${id}`;
  return row!;
}

/** Keeps the answer of a key, unless another is kept already; returns the one that is kept. */
export async function saveKeyAnswer(
  sql: Sql,
  id: string,
  { status, location, response }: { status: number; location: string | null; response: string },
): Promise<KeptAnswer | undefined> {
  const [row] = await sql<KeptAnswer[]>`
    update idempotency_keys
    set status = coalesce(status, ${status}),
      location = case when status is null then ${location} else location end,
      response = coalesce(response, ${toJson(sql, response)})
    where id = ${id}
    returning status, location, response`;
  return row;
}
