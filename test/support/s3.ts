import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export const S3_ACCOUNT = { accessKeyId: 'AKTEST', secretAccessKey: 'a secret that only tests know of' };
const REGION = 'us-east-1';
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The signature of a request as AWS describes version 4, computed by other means than the product does. */
function computeSignature({ method, url, headers }: IncomingMessage, signedHeaders: string, scope: string): string {
  const names = signedHeaders.split(';');
  const canonical = [
    method,
    url,
    '',
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signedHeaders,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const [date, region, service] = scope.split('/') as [string, string, string];
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${S3_ACCOUNT.secretAccessKey}`,
  );
  return hmac(key, ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')).toString('hex');
}

function isSigned(request: IncomingMessage): boolean {
  const [, id, scope, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      request.headers.authorization ?? '',
    ) ?? [];
  const covers = ['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) =>
    signedHeaders?.split(';').includes(name),
  );
  return (
    id === S3_ACCOUNT.accessKeyId &&
    covers &&
    scope!.endsWith(`/${REGION}/s3/aws4_request`) &&
    computeSignature(request, signedHeaders!, scope!) === signature
  );
}

/** A bucket in memory that speaks as S3 does, as far as files are put, read and removed, and takes nothing unsigned. */
export class TestBucket {
  readonly objects = new Map<string, Buffer>();
  /** The answers to the next calls instead: a status, or null to cut the connection. */
  readonly failures: (number | null)[] = [];
  private readonly server = createServer((request, response) => void this.answer(request, response));

  static async start(): Promise<TestBucket> {
    const bucket = new TestBucket();
    await new Promise<void>((resolve) => bucket.server.listen(0, '127.0.0.1', resolve));
    return bucket;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  settings(spool: string) {
    const endpoint = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return { endpoint, region: REGION, bucket: 'papers', ...S3_ACCOUNT, spool };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await buffer(request);
    const failure = this.failures.shift();
    if (failure === null) {
      request.socket.destroy();
      return;
    }
    const { status, body } = failure === undefined ? this.take(request, sent) : { status: failure };
    response.writeHead(status).end(body);
  }

  private take(request: IncomingMessage, sent: Buffer): { status: number; body?: Buffer } {
    if (!isSigned(request)) return { status: 403 };
    if (request.headers['x-amz-content-sha256'] !== sha256(sent)) return { status: 400 };
    const name = /^\/papers\/([0-9a-f-]{36})$/.exec(request.url!)?.[1];
    if (!name) return { status: 404 };
    const kept = this.objects.get(name);
    switch (request.method) {
      case 'PUT':
        // S3 wants to know how long an object is
        if (request.headers['content-length'] === undefined) return { status: 411 };
        this.objects.set(name, sent);
        return { status: 200 };
      case 'GET':
        return kept ? { status: 200, body: kept } : { status: 404 };
      case 'DELETE':
        this.objects.delete(name);
        return { status: 204 };
      default:
        return { status: 405 };
    }
  }
}
