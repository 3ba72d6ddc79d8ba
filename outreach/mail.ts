import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { MailOutcome } from '../domain/outreach/mailing-hours';

export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The same for every attempt, so that a mailbox can tell a repetition. */
  messageId: string;
}

/** Takes mail to where it goes; `markTransmitting` is called right before the first byte of a message leaves. */
export interface Mailer {
  send(mail: Mail, markTransmitting: () => Promise<void>): Promise<void>;
}

/** The error of a mail that did not go, with its reason as far as that is known. */
export class MailError extends Error {
  override name = 'MailError';

  constructor(
    readonly outcome: MailOutcome,
    message: string,
  ) {
    super(message);
  }
}

interface SmtpFailure extends Error {
  responseCode?: number;
  code?: string;
  command?: string;
  response?: string;
}

const TIMEOUT_MS = 20_000;
const TIMEOUTS = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };

/**
 * Creates a mailer by SMTP; `url` as nodemailer reads it, smtp://user:password@host:port. Neither mail nor password
 * leaves without TLS, whatever the server offers, unless `tls` is false.
 */
export function createSmtpMailer(url: string, from: string, { tls = true } = {}): Mailer {
  const { options } = createTransport(url);
  const settings = { requireTLS: tls, ignoreTLS: !tls, opportunisticTLS: false, ...TIMEOUTS };
  return {
    async send({ to, subject, text, html, messageId }, markTransmitting) {
      // asks mail servers not to answer it with an out-of-office reply
      const headers = { 'Auto-Submitted': 'auto-generated' };
      const composed = new MailComposer({ from, to, subject, text, html, messageId, headers }).compile();
      const content = await composed.build();
      let began = false;
      // read only once the server has said that it takes the message
      async function* yieldContent() {
        await markTransmitting();
        began = true;
        yield content;
      }
      const connection = new SMTPConnection({ ...options, ...settings });
      try {
        await deliverMail(connection, options.auth, composed.getEnvelope(), Readable.from(yieldContent()));
      } catch (error) {
        const failure = error as SmtpFailure;
        throw new MailError(readOutcome(failure, began), describeFailure(failure));
      } finally {
        connection.close();
      }
    },
  };
}

/**
 * Delivers one message over a connection of its own; unlike nodemailer's transport it reads the message no earlier than
 * DATA.
 */
function deliverMail(
  connection: SMTPConnection,
  auth: SMTPConnection.AuthenticationType | undefined,
  { from, to }: { from: string | false; to: string[] },
  message: Readable,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const continueWith = (proceed: () => void) => (error?: Error | null) => (error ? reject(error) : proceed());
    const sendMessage = () => connection.send({ from, to }, message, continueWith(resolve));
    connection.once('error', reject);
    connection.once('end', () => reject(Object.assign(new Error('the connection ended'), { code: 'ENDED' })));
    connection.connect(continueWith(() => (auth ? connection.login(auth, continueWith(sendMessage)) : sendMessage())));
  });
}

/** Describes a failure by codes and the command alone, as a server's own words may quote the recipient or the message. */
const describeFailure = ({ responseCode, code, command, response = '' }: SmtpFailure): string =>
  [
    responseCode ?? code ?? 'error',
    /^\d{3}[ -]([245](?:\.\d{1,3}){2})\b/.exec(response)?.[1],
    command && `at ${command}`,
  ]
    .filter(Boolean)
    .join(' ');

/**
 * Reads the outcome of a failure. An answer to the recipient or to the message is about this mail, any other one about
 * us or the server; silence after the message began leaves it open.
 */
function readOutcome({ responseCode, command, code }: SmtpFailure, began: boolean): MailOutcome {
  const aboutIt = command === 'RCPT TO' || command === 'DATA';
  if (responseCode !== undefined && aboutIt) return responseCode >= 500 ? 'never' : 'deferred';
  if (began) return 'uncertain';
  // the library itself refuses address or size
  const hopeless = responseCode === undefined && (code === 'EENVELOPE' || code === 'EMESSAGE');
  return hopeless ? 'never' : 'later';
}
