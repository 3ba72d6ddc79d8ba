import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The behaviour of a stand-in towards the next calls: as it should be, or as services are on bad days. */
const BEHAVIOURS = [
  'answers',
  'down',
  'slow',
  'overloaded',
  'malformed',
  'redirects',
  'endless',
  'unauthorised',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export interface ReceivedCall {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

type Reply = { status?: number; body: unknown; headers?: Record<string, string> };

/**
 * An HTTP service on the loopback that speaks as the real one does, and remembers what it was asked. `PUT /behaviour/down`
 * makes it fail from then on, `PUT /behaviour/answers` makes it answer again.
 */
export class StandIn {
  behaviour: Behaviour = 'answers';
  readonly calls: ReceivedCall[] = [];
  private readonly server: Server;

  constructor(private readonly answer: (called: ReceivedCall, request: IncomingMessage) => Reply) {
    this.server = createServer((request, response) => void this.take(request, response));
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const url = new URL(request.url ?? '/', this.url);
    const text = Buffer.concat(parts).toString();
    const called = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
    // `/manner` is the former name
    const behaviour = BEHAVIOURS.find(
      (one) => called.method === 'PUT' && [`/behaviour/${one}`, `/manner/${one}`].includes(called.path),
    );
    if (behaviour) {
      this.behaviour = behaviour;
      return void response.writeHead(204).end();
    }
    this.calls.push(called);
    const sendReply = ({ status = 200, body, headers }: Reply) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    const replies: Record<Behaviour, () => unknown> = {
      answers: () => sendReply(this.answer(called, request)),
      down: () => request.socket.destroy(),
      slow: () => undefined,
      overloaded: () => sendReply({ status: 503, body: '<h1>Service Unavailable</h1>' }),
      malformed: () => sendReply({ body: '<!doctype html><title>Maintenance</title>' }),
      redirects: () => sendReply({ status: 302, body: '', headers: { location: 'http://127.0.0.1:1/elsewhere' } }),
      endless: () => sendReply({ body: `"${'x'.repeat(2_000_000)}"` }),
      unauthorised: () =>
        sendReply({ status: 401, body: { Message: 'Authorization has been denied for this request.' } }),
    };
    replies[this.behaviour]();
  }
}
