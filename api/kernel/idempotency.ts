import { randomUUID } from 'node:crypto';
import { json, type Sql } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { uuidOf } from '../../runtime/uuid';
import { Problem } from './errors';

/** What a handler answers with. */
export interface Answer {
  status: number;
  body?: unknown;
  location?: string;
  /** Content type, where it is not the usual one; a Buffer is sent as it is. */
  type?: string;
  /** Offered to be saved under. */
  filename?: string;
}

export interface Attempt {
  /** The id that the command, and what it creates, goes by. */
  commandId: string;
  /** The answer that an earlier attempt got. */
  answered?: Answer;
  /** Keeps this attempt's answer, unless another was quicker; answers the one that was kept. */
  keep(answer: Answer): Promise<Answer>;
}

const KEPT = '30 days';

/** An attempt of which no retry will be known. */
export const single = (): Attempt => ({ commandId: randomUUID(), keep: async (answer) => answer });

/**
 * Idempotency-Keys, scoped to the caller and route. There is no lock: every effect is recorded once under the command's
 * id, so attempts that overlap, or follow a crash, come to the same effect, and the first answer that is kept is
 * everybody's. Answers are kept sealed, since one of them holds an API key, and of a body only a keyed hash: whoever knew
 * the rest of it could find a tax id by trying.
 */
export function createIdempotency(sql: Sql, keyring: Keyring) {
  const owner = (id: string) => `idempotency_keys/${id}`;

  /** Claims the key for this body; answers 422 where it came with another one. `scope` names caller and route. */
  async function claim(scope: string[], key: string, body: unknown): Promise<Attempt> {
    const id = uuidOf([...scope, key]);
    const text = canonical(body);
    const bodyHash = keyring.lookupHash(text);
    await sql`
      insert into idempotency_keys (id, body_hash) values (${id}, ${bodyHash})
      on conflict (id) do update
        set body_hash = excluded.body_hash, status = null, location = null, response = null, created_at = now()
        where idempotency_keys.created_at < now() - ${KEPT}::interval`;
    const [row] = await sql<Row[]>`
      select body_hash, status, location, response, created_at from idempotency_keys where id = ${id}`;
    const hashes = keyring.lookupHashes(text);
    if (row!.bodyHash && !hashes.some((hash) => hash.equals(row!.bodyHash!)))
      throw new Problem('idempotency_key_reused');
    return {
      // The key's own time is part of it: after 30 days the same key is a new command.
      commandId: uuidOf([id, row!.createdAt]),
      answered: stored(id, row!),
      keep: (answer) => keep(id, answer),
    };
  }

  async function keep(id: string, answer: Answer): Promise<Answer> {
    if (!isFinal(answer.status)) return answer;
    const response = keyring.seal(JSON.stringify(answer.body ?? null), owner(id));
    const [row] = await sql<Row[]>`
      update idempotency_keys
      set status = coalesce(status, ${answer.status}),
        location = case when status is null then ${answer.location ?? null} else location end,
        response = coalesce(response, ${json(sql, response)})
      where id = ${id}
      returning status, location, response`;
    return (row && stored(id, row)) ?? answer;
  }

  function stored(id: string, { status, location, response }: Row): Answer | undefined {
    if (status === null || response === null) return undefined;
    return { status, body: JSON.parse(keyring.open(response, owner(id))), location: location ?? undefined };
  }

  return { claim };
}
export type Idempotency = ReturnType<typeof createIdempotency>;

interface Row {
  /** Null where it was a bare digest, of which nothing is left. */
  bodyHash: Buffer | null;
  status: number | null;
  location: string | null;
  response: string | null;
  createdAt: string;
}

/** What a later attempt could not answer better: done, or refused by what was on record at the time. */
export const isFinal = (status: number): boolean =>
  (status < 300 && status !== 202) || status === 409 || status === 422;

// The order of an object's keys doesn't make another body.
const canonical = (body: unknown): string =>
  JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  ) ?? '';
