import type { GoodRequest } from '../support/good-requests';
import type { TestApi } from '../support/api';

export interface Answered {
  status: number;
  text: string;
}

/** Sends a request as it is; a body that is a text goes as a file. */
export async function send(api: TestApi, { method, path, query, body }: GoodRequest, key: string): Promise<Answered> {
  const isFile = typeof body === 'string';
  const asked = new URLSearchParams(query).toString();
  const response = await fetch(`${api.url}${path}${asked && `?${asked}`}`, {
    method,
    redirect: 'manual',
    headers: {
      Authorization: `Bearer ${key}`,
      ...(body !== undefined && {
        'Content-Type': isFile ? (body.startsWith('%PDF-') ? 'application/pdf' : 'text/csv') : 'application/json',
      }),
    },
    ...(body !== undefined && { body: isFile ? body : JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
