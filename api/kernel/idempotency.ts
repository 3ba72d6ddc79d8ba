import { createHash, randomUUID } from 'node:crypto';
import { claimKey, saveKeyAnswer, type KeptRequest } from '../../record/kernel/idempotency-keys';
import { openField, sealField } from '../../record/kernel/sealed-fields';
import type { Sql } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { deriveUuid } from '../../runtime/uuid';
import { Problem } from './errors';

/** The answer of a handler. */
export interface Answer {
  status: number;
  body?: unknown;
  location?: string;
  /** Content type, if it is not the usual one; a Buffer or a stream is sent as it is. */
  type?: string;
  /** The name under which a browser offers to save it. */
  filename?: string;
  /** Beside those that every answer has; not kept for retries. */
  headers?: Record<string, string>;
}

export interface Attempt {
  /** The id of the command, and of what it creates. */
  commandId: string;
  /** The answer that an earlier attempt got. */
  answered?: Answer;
  /** Keeps this attempt's answer, unless another was quicker; returns the one that was kept. */
  keep(answer: Answer): Promise<Answer>;
}

/** Creates an attempt that no retry will be matched with. */
export const createSingleAttempt = (): Attempt => ({ commandId: randomUUID(), keep: async (answer) => answer });

/**
 * Matches retries by Idempotency-Keys, scoped to the caller and route. There is no lock: every effect is recorded once
 * under the command's id, so attempts that overlap, or follow a crash, come to the same effect, and the first answer
 * that is kept answers them all. Answers are kept sealed, since one of them holds an API key, and so is the digest of a
 * body: an attacker who knew the rest of it could find a tax id by trying.
 */
export function createIdempotency(sql: Sql, keyring: Keyring) {
  /** Claims the key for this body; answers 422 if it came with another one. `scope` names caller and route. */
  async function claimAttempt(scope: string[], key: string, body: unknown): Promise<Attempt> {
    const id = deriveUuid([...scope, key]);
    const text = canonicalizeJson(body);
    const digest = createHash('sha256').update(text).digest('base64');
    const kept = await claimKey(sql, id, sealField(keyring, 'idempotencyKey.body', id, digest));
    if (!isSameBody(id, kept, { text, digest })) throw new Problem('idempotency_key_reused');
    return {
      // The key's own time is part of it: after 30 days the same key is a new command.
      commandId: deriveUuid([id, kept.createdAt]),
      answered: readStored(id, kept),
      keep: (answer) => keepAnswer(id, answer),
    };
  }

  function isSameBody(
    id: string,
    { bodySealed, bodyHash }: KeptRequest,
    { text, digest }: { text: string; digest: string },
  ): boolean {
    if (bodySealed !== null) return openField(keyring, 'idempotencyKey.body', id, bodySealed) === digest;
    return bodyHash === null || keyring.computeLookupHashes(text).some((hash) => hash.equals(bodyHash));
  }

  async function keepAnswer(id: string, answer: Answer): Promise<Answer> {
    if (!isFinal(answer.status)) return answer;
    const response = sealField(keyring, 'idempotencyKey.response', id, JSON.stringify(answer.body ?? null));
    const row = await saveKeyAnswer(sql, id, { status: answer.status, location: answer.location ?? null, response });
    return (row && readStored(id, row)) ?? answer;
  }

  function readStored(
    id: string,
    { status, location, response }: Pick<KeptRequest, 'status' | 'location' | 'response'>,
  ): Answer | undefined {
    if (status === null || response === null) return undefined;
    return {
      status,
      body: JSON.parse(openField(keyring, 'idempotencyKey.response', id, response)),
      location: location ?? undefined,
    };
  }

  return { claim: claimAttempt };
}
export type Idempotency = ReturnType<typeof createIdempotency>;

/**
 * Whether a later attempt could not answer better: the request was done, or refused by what was on record at the time.
 */
export const isFinal = (status: number): boolean =>
  (status < 300 && status !== 202) || status === 409 || status === 422;

// The order of an object's keys doesn't make another body.
const canonicalizeJson = (body: unknown): string =>
  JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  ) ?? '';
