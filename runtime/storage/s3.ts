import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { request as requestByHttp, type IncomingMessage } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { sign } from 'aws4';
import { FileMissing, nameFile, StoreUnavailable, type FileStore } from './store';

/** A bucket of S3, or of a service that speaks like it. */
export interface S3Settings {
  /** An http or https URL; the bucket is named in the path. */
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The folder of this machine in which files wait to be sent. */
  spool: string;
}

/** How long a service may say nothing. */
const SILENCE_MS = 20_000;
const TRIES = 3;
const PAUSE_MS = 200;

interface Call {
  method: 'PUT' | 'GET' | 'DELETE';
  id: string;
  /** The file to send. */
  path?: string;
}

/** Keeps files as objects of a bucket: one request each, so that an object is there whole or not at all. */
export function createS3Store({ spool, ...settings }: S3Settings): FileStore {
  return {
    spool,
    async put(id, path) {
      await finishResponse(await callService(settings, { method: 'PUT', id, path }));
      await rm(path, { force: true });
    },
    get: (id) => callService(settings, { method: 'GET', id }),
    async remove(id) {
      await rm(join(spool, nameFile(id)), { force: true });
      await finishResponse(await callService(settings, { method: 'DELETE', id }));
    },
  };
}

/** Calls the service, again where it is busy or away; returns a good response, whose body the caller reads. */
async function callService(settings: Omit<S3Settings, 'spool'>, call: Call): Promise<IncomingMessage> {
  const path = `/${encodeURIComponent(settings.bucket)}/${nameFile(call.id)}`;
  for (let tried = 1; ; tried++) {
    const response = await sendOnce(settings, call, path).catch((error: unknown) => error as Error);
    if (!(response instanceof Error)) {
      const status = response.statusCode!;
      if (status < 300) return response;
      response.resume();
      if (status === 404 && call.method === 'GET') throw new FileMissing('no such object');
      if (status < 500 && status !== 429) throw new StoreUnavailable(`the store answered ${status}`);
    }
    if (tried === TRIES) throw new StoreUnavailable('the store does not answer', { cause: response });
    await delay(tried * PAUSE_MS);
  }
}

async function sendOnce(
  { endpoint, region, ...credentials }: Omit<S3Settings, 'spool'>,
  { method, path: file }: Call,
  object: string,
): Promise<IncomingMessage> {
  const { protocol, hostname, port, host, pathname } = new URL(endpoint);
  const path = pathname.replace(/\/$/, '') + object;
  const body = file && { 'Content-Length': (await stat(file)).size, 'X-Amz-Content-Sha256': await hashFile(file) };
  const headers = { 'X-Amz-Content-Sha256': EMPTY, ...body };
  const signed = sign({ service: 's3', region, method, host, path, headers }, credentials);
  return new Promise((resolve, reject) => {
    const request = (protocol === 'http:' ? requestByHttp : requestByHttps)(
      {
        method,
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port,
        path,
        headers: { ...signed.headers },
        timeout: SILENCE_MS,
      },
      resolve,
    );
    request.once('timeout', () => request.destroy(new Error('the store says nothing')));
    request.once('error', reject);
    if (file) pipeline(createReadStream(file), request).catch(reject);
    else request.end();
  });
}

const EMPTY = createHash('sha256').digest('hex');

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function finishResponse(response: IncomingMessage): Promise<void> {
  for await (const _ of response);
}
