import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createSmtpMailer, type MailError } from '../../../outreach/mail';
import { TestSmtp } from '../../support/smtp';

const MAIL = { to: 'robin@example.org', subject: 'Attest', text: 'Please', html: '<p>Please</p>', messageId: '<1@x>' };
const FROM = 'desk@operator.example';

/** Sends a mail with a password; returns what came of it. */
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

test('of what a mail server says against a mail its codes are kept, and none of its words', async () => {
  const said = ['220 x', '250 x', '250 x', `550 5.1.1 <${MAIL.to}>: nobody here`];
  const server = createServer((socket) => {
    socket.write(`${said.shift()!}\r\n`);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(`${said.shift() ?? '221 x'}\r\n`));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sent = createSmtpMailer(url, FROM, { tls: false }).send(MAIL, async () => undefined);
  await expect(sent).rejects.toMatchObject({ outcome: 'never', message: '550 5.1.1 at RCPT TO' });
  server.close();
});
