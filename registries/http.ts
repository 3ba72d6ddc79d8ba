/** What a service of others may come to, besides an answer. */
export type ServiceFailure = 'unavailable' | 'unauthorised' | 'nonsense';

/** A service that gave no answer that can be used; `detail` has nothing of what was asked. */
export class ServiceError extends Error {
  override name = 'ServiceError';
  constructor(
    readonly kind: ServiceFailure,
    readonly detail: string,
  ) {
    super(`${kind}: ${detail}`);
  }
}

const MAX_BYTES = 1_000_000;

export interface Call {
  method?: 'GET' | 'POST' | 'PUT';
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  timeoutMs: number;
}

/**
 * One call of a service. Answers what the service meant to say, whatever its status; throws a ServiceError where it is
 * away or overloaded, doesn't know us, sends us elsewhere, or says more than anybody would.
 */
export async function call(url: URL, { method = 'GET', headers, body, timeoutMs }: Call) {
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
    if (status >= 300 && status < 400) throw new ServiceError('nonsense', `answered ${status}, elsewhere`);
    return { status, text: await textOf(response) };
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError('unavailable', signal.aborted ? 'no answer in time' : reasonOf(error));
  }
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > MAX_BYTES) throw new ServiceError('nonsense', 'an answer of more than a megabyte');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** The system's code of what went wrong, such as ECONNREFUSED. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : 'no connection';
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('nonsense', 'the answer is not JSON');
  }
}
