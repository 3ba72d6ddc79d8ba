/** The failure of an outside service, instead of an answer. */
export type ServiceFailure = 'unavailable' | 'unauthorised' | 'nonsense';

/** A service that gave no usable answer; `detail` has nothing of the question. */
export class ServiceError extends Error {
  override name = 'ServiceError';
  constructor(
    readonly kind: ServiceFailure,
    readonly detail: string,
  ) {
    super(`${kind}: ${detail}`);
  }
}

const MEGABYTE = 1_000_000;
const MAX_BYTES = MEGABYTE;
/** The status of an answer to a conditional request if nothing has changed. */
export const NOT_MODIFIED = 304;

export interface Call {
  method?: 'GET' | 'POST' | 'PUT';
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  timeoutMs: number;
  /** Left out: a megabyte. */
  maxBytes?: number;
}

/** The answer of a service, whatever its status. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Buffer;
}

/**
 * Calls a service once. Returns what the service meant to say, whatever its status; throws a ServiceError if it is away
 * or overloaded, doesn't know us, sends us elsewhere, or says more than any service would.
 */
export async function callService(
  url: URL,
  { method = 'GET', headers, body, timeoutMs, maxBytes = MAX_BYTES }: Call,
): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status } = response;
    if (status === 401 || status === 403) throw new ServiceError('unauthorised', `answered ${status}`);
    if (status === 429 || status >= 500) throw new ServiceError('unavailable', `answered ${status}`);
    if (status >= 300 && status < 400 && status !== NOT_MODIFIED)
      throw new ServiceError('nonsense', `answered ${status}, elsewhere`);
    return { status, headers: response.headers, body: await readBody(response, maxBytes) };
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError('unavailable', signal.aborted ? 'no answer in time' : findReason(error));
  }
}

/** Reads the body as it comes, so that nothing beyond the limit is waited for. */
async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > maxBytes) throw new ServiceError('nonsense', `an answer of more than ${maxBytes / MEGABYTE} MB`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Finds the system's code of the failure, such as ECONNREFUSED. */
function findReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : 'no connection';
}

/** Parses what a service said; its texts without NUL and with no half of a pair, which PostgreSQL does not take. */
export function parseJson(body: Buffer): unknown {
  const stripUnstorable = (_name: string, value: unknown): unknown =>
    typeof value === 'string' ? value.replaceAll('\0', '').replaceAll(/\p{Cs}/gu, '\uFFFD') : value;
  try {
    return JSON.parse(body.toString(), stripUnstorable);
  } catch {
    throw new ServiceError('nonsense', 'the answer is not JSON');
  }
}
