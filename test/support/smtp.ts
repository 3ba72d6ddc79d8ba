import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** How the server behaves towards the next messages. */
export type Behaviour = 'takes' | 'is_busy' | 'refuses' | 'knows_nobody' | 'dies_at_recipient' | 'dies_after_data';

/** A real mail server on a port of its own, whose behaviour a test sets. */
export class TestSmtp {
  behaviour: Behaviour = 'takes';
  readonly received: string[] = [];
  private readonly server: SMTPServer;

  private constructor(offersTls: boolean) {
    this.server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      disabledCommands: offersTls ? [] : ['STARTTLS'],
      logger: false,
      onAuth: (_auth, _session, done) => done(Object.assign(new Error('wrong password'), { responseCode: 535 })),
      onRcptTo: (_address, _session, done) => {
        if (this.behaviour === 'dies_at_recipient') return this.hangUp();
        if (this.behaviour === 'knows_nobody')
          return done(Object.assign(new Error('no such user'), { responseCode: 550 }));
        done();
      },
      onData: (stream, _session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          const behaviour = this.behaviour;
          if (behaviour === 'dies_after_data') return this.hangUp();
          if (behaviour === 'is_busy') return done(Object.assign(new Error('try later'), { responseCode: 451 }));
          if (behaviour === 'refuses') return done(Object.assign(new Error('no such user'), { responseCode: 550 }));
          this.received.push(Buffer.concat(parts).toString());
          done();
        });
      },
    });
    this.server.on('error', () => undefined);
  }

  /** On a port of its own, or on one where another was before. */
  static async start(port = 0, { offersTls = false } = {}): Promise<TestSmtp> {
    const smtp = new TestSmtp(offersTls);
    await new Promise<void>((resolve) => smtp.server.listen(port, '127.0.0.1', resolve));
    return smtp;
  }

  private hangUp(): void {
    for (const one of this.server.connections) (one as { _socket: { destroy(): void } })._socket.destroy();
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }
}
