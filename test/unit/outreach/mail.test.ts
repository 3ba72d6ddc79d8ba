import { createSmtpMailer, type MailError } from '../../../outreach/mail';
import { TestSmtp } from '../../support/smtp';

const MAIL = { to: 'robin@example.org', subject: 'Attest', text: 'Please', html: '<p>Please</p>', messageId: '<1@x>' };
const FROM = 'desk@operator.example';

/** Sends a mail with a password; answers what came of it. */
async function send(url: string, settings?: { tls: boolean }) {
  let transmitting = false;
  const sent = createSmtpMailer(url, FROM, settings).send(MAIL, async () => {
    transmitting = true;
  });
  const error = await sent.then(
    () => null,
    (reason: unknown) => reason as MailError,
  );
  return { outcome: error?.outcome ?? 'sent', transmitting };
}
const NOT_SENT = { outcome: 'later', transmitting: false };
const SENT = { outcome: 'sent', transmitting: true };

test('no mail leaves without TLS, though the server offers none, nor to one that cannot be verified', async () => {
  const [plain, selfSigned] = [await TestSmtp.start(), await TestSmtp.start(0, { offersTls: true })];
  expect(await send(plain.url)).toEqual(NOT_SENT);
  expect(await send(`${plain.url}/?ignoreTLS=true&opportunisticTLS=true`)).toEqual(NOT_SENT);
  expect(await send(selfSigned.url)).toEqual(NOT_SENT);
  expect([plain.received, selfSigned.received]).toEqual([[], []]);
  await Promise.all([plain.stop(), selfSigned.stop()]);
});

test('mail leaves over STARTTLS, and without it to a relay for which that is set', async () => {
  const [plain, trusted] = [await TestSmtp.start(), await TestSmtp.start(0, { offersTls: true })];
  expect(await send(`${trusted.url}/?tls.rejectUnauthorized=false`)).toEqual(SENT);
  expect(await send(plain.url, { tls: false })).toEqual(SENT);
  expect([plain.received.length, trusted.received.length]).toEqual([1, 1]);
  await Promise.all([plain.stop(), trusted.stop()]);
});
