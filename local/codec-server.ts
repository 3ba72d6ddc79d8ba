import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { temporal } from '@temporalio/proto';
import { createCodec } from '../runtime/codec';
import type { Keyring } from '../runtime/keyring';

/** More than the server answers at once. */
const MOST_BYTES = 16_000_000;

/**
 * The path that the command line and the UI ask: a payload that is stored elsewhere, which none is, stays a reference.
 */
const DECODE = /^\/decode(\?preserveStorageRefs=(true|false))?$/;
/** The path that the command line asks before each query, though a query has no data; data is not sealed here. */
const ENCODE = '/encode';

export const buildCodecEndpoint = (port: number) => `http://127.0.0.1:${port}`;

/**
 * Opens payloads for Temporal's UI and command line on this machine, and seals none: `POST /decode`, on the loopback. It asks for
 * no login, so a page of any other origin is refused; production has no such server.
 */
export async function startCodecServer(
  findKeyring: () => Promise<Keyring>,
  port: number,
  uiPort: number,
): Promise<Server> {
  const origins = [`http://localhost:${uiPort}`, `http://127.0.0.1:${uiPort}`];
  const server = createServer((request, response) => void answerRequest(request, response));

  async function answerRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = request;
    // The command line sends no origin; a browser always does when it posts.
    if (headers.origin !== undefined && !origins.includes(headers.origin)) return refuseRequest(response, 403);
    if (method === 'POST' && url === ENCODE && (await isNothing(request))) return sendJson(response, '{}');
    if (!DECODE.test(url!)) return refuseRequest(response, 404);
    if (headers.origin) response.setHeader('access-control-allow-origin', headers.origin).setHeader('vary', 'origin');
    if (method === 'OPTIONS' && headers.origin) {
      response.setHeader('access-control-allow-methods', 'POST');
      response.setHeader('access-control-allow-headers', 'content-type, x-namespace');
      return void response.writeHead(204).end();
    }
    if (method !== 'POST') return refuseRequest(response, 404);
    try {
      sendJson(response, await decodePayloads(await findKeyring(), await readBody(request)));
    } catch {
      refuseRequest(response, 400);
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

const sendJson = (response: ServerResponse, json: string) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(json);
const refuseRequest = (response: ServerResponse, status: 400 | 403 | 404) => void response.writeHead(status).end();

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) throw new Error(`More than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** Whether the body is the JSON of no payload. */
const isNothing = (request: IncomingMessage): Promise<boolean> =>
  readBody(request).then(
    (body) => body === '{}',
    () => false,
  );

/** Decodes the JSON of Temporal's `Payloads`, in which bytes are base64. */
async function decodePayloads(keyring: Keyring, json: string): Promise<string> {
  const { Payloads } = temporal.api.common.v1;
  const { payloads } = Payloads.fromObject(JSON.parse(json) as object);
  return JSON.stringify(Payloads.create({ payloads: await createCodec(keyring, 'allowed').decode(payloads) }));
}
