/** An answer of the API that is not a success. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  constructor(
    readonly status: number,
    readonly problem: { type?: string; title?: string; detail?: string; errors?: { path: string; message: string }[] },
    request: string,
  ) {
    const fields = (problem.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
    super([`${request} answered ${status}`, problem.title, problem.detail, ...fields].filter(Boolean).join('; '));
  }
}

// Answers are read as what the contract in docs says they are.
// oxlint-disable-next-line typescript/no-explicit-any
export type Answer = any;

export interface Api {
  get(path: string): Promise<Answer>;
  put(path: string, body: object): Promise<Answer>;
  /** Sends a file as it is. */
  putFile(path: string, file: Uint8Array): Promise<Answer>;
  /** Sends a body; with a key, a repetition answers what the first one did. */
  post(path: string, body: object, idempotencyKey?: string): Promise<Answer>;
}

/** Creates a client of the API at `base`, called with `key`; anything but a success throws a ProblemError. */
export function createApi(base: string, key: string): Api {
  async function callApi(
    method: string,
    path: string,
    body?: object | Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    const answer: Answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new ProblemError(response.status, answer, `${method} ${path}`);
    return answer;
  }
  return {
    get: (path) => callApi('GET', path),
    put: (path, body) => callApi('PUT', path, body),
    putFile: (path, file) => callApi('PUT', path, file, { 'content-type': 'application/octet-stream' }),
    post: (path, body, idempotencyKey) =>
      callApi('POST', path, body, idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
  };
}
