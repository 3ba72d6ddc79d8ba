import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Instant } from '../domain/time/instants';
import type { SentKind } from '../domain/kernel/codes';
import { MailError, type Mailer } from '../outreach/mail';
import { renderMail, type Content } from '../outreach/templates';
import { postWebhook, type WebhookError } from '../outreach/webhook';
import { claimMail, keepLocally, settleMail, markTransmitting, type ClaimedMail } from '../record/outreach/mail';
import { openTin } from '../record/registry/practices';
import { listWaitingWebhooks, recordWebhookArrival, recordWebhookFailure } from '../record/outreach/webhooks';
import { readClock } from '../runtime/clock';
import type { Sql } from '../runtime/database';
import type { Keyring } from '../runtime/keyring';
import { summarizeError } from '../runtime/redact';
import type { Send } from '../workflows/messages';
import { createQuestions, type Registries } from './registries';

/** The services through which everything reaches the outside. */
export interface OutsideServices {
  keyring: Keyring;
  /** Left out: mail is kept in the local mailbox. */
  mailer?: Mailer | undefined;
  /** Whether webhooks may go to addresses that are not public, and without TLS. */
  privateWebhooks?: boolean;
  /** Left out: nothing is asked of CAQH, NPPES and the OIG. */
  registries?: Registries;
}

/** The number of webhooks sent to an endpoint in one go, and how long that may take before the next. */
const WEBHOOKS_AT_ONCE = 50;
const WEBHOOKS_MS = 60_000;

/**
 * Sends mail and webhooks, and asks the registries. Throws if mail is to be tried again; a hopeless delivery is
 * settled.
 */
export function createSend(sql: Sql, outside: OutsideServices): Send {
  const ways: Record<SentKind, (id: string, at: Instant) => Promise<void>> = {
    mail: (id) => sendMail(sql, outside, id),
    webhook: (id, at) => sendWebhooks(sql, outside, id, at),
    ...createQuestions(sql, outside.registries ?? {}),
  };
  return { send: ({ kind, id, at }) => ways[kind](id, at ?? readClock()) };
}

async function sendMail(sql: Sql, { mailer, keyring }: OutsideServices, batchId: string): Promise<void> {
  const claimed = await claimMail(sql, batchId, { paced: mailer !== undefined });
  if (!claimed) return;
  if ('waitMs' in claimed) throw buildRetry('NotItsTurn', 'others go there first', claimed.waitMs);
  if (claimed.address === null) {
    await settleMail(sql, claimed, 'never', 'no address is known');
    return;
  }
  const contents = claimed.messages.map((message) => buildContent(keyring, claimed, message));
  const mail = { to: claimed.address, ...renderMail(claimed.recipientType, contents, claimed) };
  const outcome = await (
    mailer
      ? mailer.send({ ...mail, messageId: `<${batchId}@countersign>` }, () => markTransmitting(sql, claimed))
      : keepLocally(sql, claimed.clientId, mail)
  ).then(
    () => ({ is: 'sent', reason: null }) as const,
    (error: unknown) => {
      const { outcome: is, message: reason } =
        error instanceof MailError ? error : new MailError('later', summarizeError(error));
      return { is, reason };
    },
  );
  if ((await settleMail(sql, claimed, outcome.is, outcome.reason)) === 'again')
    throw buildRetry('MailLater', 'not accepted yet');
}

/**
 * Builds the error of something that is tried again in the course of things: nothing has failed that a person has to
 * look at.
 */
const buildRetry = (type: string, message: string, nextRetryDelay?: number): ApplicationFailure =>
  ApplicationFailure.create({
    type,
    message,
    category: ApplicationFailureCategory.BENIGN,
    ...(nextRetryDelay !== undefined && { nextRetryDelay }),
  });

/**
 * Builds the content of a mail: a payer gets the numbers by which it finds an application; all others the provider's
 * name and nothing more.
 */
function buildContent(
  keyring: Keyring,
  { recipientType }: ClaimedMail,
  { npi, practiceId, practiceName, referenceNumber, tinSealed, ...rest }: ClaimedMail['messages'][number],
): Content {
  if (recipientType !== 'payer') return rest;
  const tin = tinSealed && practiceId ? openTin(keyring, practiceId, tinSealed) : null;
  return { ...rest, forPayer: { npi, practiceName: practiceName ?? '', referenceNumber, tin } };
}

/** Sends what waits for an endpoint, in order; if the endpoint fails, all of it waits on. */
async function sendWebhooks(
  sql: Sql,
  { keyring, privateWebhooks = false }: OutsideServices,
  endpointId: string,
  at: Instant,
): Promise<void> {
  const until = performance.now() + WEBHOOKS_MS;
  for (const webhook of await listWaitingWebhooks(sql, keyring, endpointId, at, WEBHOOKS_AT_ONCE)) {
    const failure = await postWebhook(webhook, { privateAllowed: privateWebhooks }).then(
      () => null,
      (error: WebhookError) => error,
    );
    if (!failure) await recordWebhookArrival(sql, endpointId, webhook.deliveryId);
    else
      await recordWebhookFailure(sql, endpointId, webhook.deliveryId, { at, error: failure.message, of: failure.of });
    if (failure?.of === 'endpoint' || performance.now() > until) return;
  }
}
