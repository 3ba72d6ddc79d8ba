import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';

export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The same for every attempt, so that a mailbox can tell a repetition. */
  messageId: string;
}

/** Takes mail to where it goes; `transmitting` is called right before the first byte of a message leaves. */
export interface Mailer {
  send(mail: Mail, transmitting: () => Promise<void>): Promise<void>;
}

/** Why a mail did not go, as far as that is known. */
export class MailError extends Error {
  override name = 'MailError';

  constructor(
    /** `later`: not accepted, and worth another try; `never`: refused for good; `uncertain`: it may have arrived. */
    readonly outcome: 'later' | 'never' | 'uncertain',
    message: string,
  ) {
    super(message);
  }
}

interface SmtpFailure extends Error {
  responseCode?: number;
  code?: string;
}

const TIMEOUT_MS = 20_000;

/** Mail by SMTP; `url` as nodemailer reads it, smtp://user:password@host:port. */
export function smtpMailer(url: string, from: string): Mailer {
  const transport = createTransport(url, {});
  Object.assign(transport.options, {
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  return {
    async send({ to, subject, text, html, messageId }, transmitting) {
      const content = await new MailComposer({ from, to, subject, text, html, messageId }).compile().build();
      let began = false;
      // read only once the server has said that it takes the message
      async function* whole() {
        began = true;
        await transmitting();
        yield content;
      }
      try {
        await transport.sendMail({ envelope: { from, to }, raw: Readable.from(whole()) });
      } catch (error) {
        const { responseCode, code, message } = error as SmtpFailure;
        throw new MailError(
          outcomeOf(responseCode, began),
          `${responseCode ?? code ?? 'error'}: ${message}`.slice(0, 200),
        );
      }
    },
  };
}

/** What a failure says: an answer of the server is certain; silence after the message began is not. */
export function outcomeOf(responseCode: number | undefined, began: boolean): MailError['outcome'] {
  if (responseCode !== undefined) return responseCode >= 500 ? 'never' : 'later';
  return began ? 'uncertain' : 'later';
}
