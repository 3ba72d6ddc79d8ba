import { ApplicationFailure } from '@temporalio/common';
import { MailError, type Mailer } from '../outreach/mail';
import { render } from '../outreach/templates';
import { post } from '../outreach/webhook';
import { claimMail, keepLocally, settleMail, transmitting, type ClaimedMail } from '../record/mail';
import { claimWebhook, settleWebhook } from '../record/webhooks';
import type { Sql } from '../runtime/database';
import type { Keyring } from '../runtime/keyring';
import type { Send } from '../workflows/messages';

/** What goes to the outside goes through these. */
export interface Outside {
  keyring: Keyring;
  /** Left out: mail is kept in the local mailbox. */
  mailer?: Mailer | undefined;
  /** Whether webhooks may go to addresses that are not public, and without TLS. */
  privateWebhooks?: boolean;
}

/** Attempts at a webhook: with the retry policy's intervals, about three days. */
const WEBHOOK_ATTEMPTS = 78;

/** Sends one thing. Throws where it is to be tried again; what is uncertain or hopeless is settled. */
export const createSend = (sql: Sql, outside: Outside): Send => ({
  send: ({ kind, id }) => (kind === 'mail' ? sendMail(sql, outside.mailer, id) : sendWebhook(sql, outside, id)),
});

async function sendMail(sql: Sql, mailer: Mailer | undefined, batchId: string): Promise<void> {
  const claimed = await claimMail(sql, batchId);
  if (!claimed) return;
  if (claimed.address === null) return settleMail(sql, batchId, 'never', 'no address is known');
  const mail = { to: claimed.address, ...render(claimed.messages.map((one) => contentOf(claimed, one))) };
  try {
    if (mailer) await mailer.send({ ...mail, messageId: `<${batchId}@countersign>` }, () => transmitting(sql, batchId));
    else await keepLocally(sql, mail);
  } catch (error) {
    const { outcome, message } = error instanceof MailError ? error : new MailError('later', String(error));
    await settleMail(sql, batchId, outcome, message);
    if (outcome === 'later') throw ApplicationFailure.create({ type: 'MailLater', message: 'not accepted yet' });
    return;
  }
  await settleMail(sql, batchId, 'sent', null);
}

/** To a payer its own words and numbers; to everyone else the provider's name and nothing more. */
function contentOf(
  { recipientType }: ClaimedMail,
  { npi, practiceName, referenceNumber, ...rest }: ClaimedMail['messages'][number],
) {
  return recipientType === 'payer'
    ? {
        ...rest,
        recipientType,
        providerName: null,
        forPayer: { npi, practiceName: practiceName ?? '', referenceNumber },
      }
    : { ...rest, recipientType };
}

async function sendWebhook(sql: Sql, { keyring, privateWebhooks = false }: Outside, deliveryId: string): Promise<void> {
  const claimed = await claimWebhook(sql, keyring, deliveryId);
  if (!claimed) return;
  try {
    await post(claimed, { privateAllowed: privateWebhooks });
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : 'failed';
    const over = claimed.attempts >= WEBHOOK_ATTEMPTS;
    await settleWebhook(sql, deliveryId, over ? 'dead' : 'queued', reason);
    if (!over) throw ApplicationFailure.create({ type: 'WebhookLater', message: 'not delivered yet' });
    return;
  }
  await settleWebhook(sql, deliveryId, 'delivered', null);
}
