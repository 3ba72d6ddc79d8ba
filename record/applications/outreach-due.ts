import type { ApplicationEvent } from '../../domain/applications/events';
import type { Instant } from '../../domain/time/instants';
import { findFollowUp, isHeld, type ApplicationState } from '../../domain/applications/state';
import { computeChase, toLocalDate } from '../../domain/time/calendar';
import type { Duration } from '../../domain/time/duration';
import type { Tx } from '../../runtime/database';
import { selectLead, queueMessages, type QueuedMessage, type RecipientType } from '../outreach/messages';

/** How long after the assignee the lead, and then the client, is notified if nothing has happened. */
const LEAD_AFTER: Duration = { businessDays: 2 };
const CLIENT_AFTER: Duration = { businessDays: 5 };

/** Follow-ups that a payer can be asked by mail. */
const ASKED_BY_MAIL = ['confirm_receipt', 'check_status'];

/** Queues the messages that a step's events require, each once by what armed it. */
export async function projectOutreach(
  tx: Tx,
  before: ApplicationState | null,
  state: ApplicationState,
  events: readonly ApplicationEvent[],
): Promise<void> {
  // entries made after a restore were announced when they first happened
  const resumed = events.find(({ kind }) => kind === 'resume');
  if (before?.paused && resumed) await postponeEscalations(tx, state, before.paused.since, resumed.at);
  const isEnteredAgain = isHeld(state) || (before !== null && isHeld(before));
  const drafts = events.flatMap((event) => (isEnteredAgain && event.kind === 'stage' ? [] : listSayings(event, state)));
  if (drafts.length === 0) return;
  const [around] = await tx<{ timeZone: string; lead: string | null; payerMail: boolean }[]>`
    select c.time_zone,
      ${selectLead(tx, tx`c.id`, tx`${state.assignee}::uuid`)} as lead,
      exists (
        select from payers y join playbooks b on b.payer_id = y.id and b.version = y.playbook_version,
          jsonb_array_elements(b.body->'contacts') k
        where y.id = ${state.key.payerId} and k->>'email' is not null
          and coalesce(k->>'state', ${state.key.state}) = ${state.key.state}) as payer_mail
    from clients c where c.id = ${state.clientId}`;
  const { timeZone, lead, payerMail } = around!;
  const recipients: Record<MessageRole, string | null> = {
    assignee: state.assignee,
    lead,
    client: state.clientId,
    provider: state.key.providerId,
    payer: payerMail ? state.key.payerId : null,
  };
  const messages = drafts.flatMap(({ to, after, at, key, data, dueAt, ...draft }): QueuedMessage[] => {
    const recipientId = recipients[to];
    if (recipientId === null) return [];
    // if the application has no assignee, the lead is notified at once
    const waits = to === 'lead' && state.assignee === null ? undefined : after;
    const notBefore = waits ? computeChase({ at }, waits, { timeZone }) : at;
    return [
      {
        ...draft,
        data: { ...data, ...(dueAt && { dueOn: toLocalDate(dueAt, timeZone) }) },
        key: `${key}/${to}`,
        clientId: state.clientId,
        applicationId: state.id,
        recipientType: TYPE[to],
        recipientId,
        notBefore,
      },
    ];
  });
  await queueMessages(tx, messages);
}

/**
 * Postpones escalations that would have come during a pause: each comes as long after its end as it would have after
 * the escalation.
 */
async function postponeEscalations(tx: Tx, { id }: ApplicationState, from: Instant, to: Instant): Promise<void> {
  const waiting = await tx<{ id: string; recipientType: RecipientType; timeZone: string }[]>`
    select m.id, m.recipient_type, c.time_zone
    from messages m join clients c on c.id = m.client_id
    where m.application_id = ${id} and m.template = 'escalation' and m.status = 'queued'
      and m.not_before between ${from} and ${to} for no key update of m`;
  for (const { id: messageId, recipientType, timeZone } of waiting) {
    const after = recipientType === 'client' ? CLIENT_AFTER : LEAD_AFTER;
    const notBefore = computeChase({ at: to }, after, { timeZone });
    await tx`update messages set not_before = ${notBefore} where id = ${messageId}`;
  }
}

/** The recipients of an application's messages. */
export const MESSAGE_ROLES = ['assignee', 'lead', 'client', 'provider', 'payer'] as const;
export type MessageRole = (typeof MESSAGE_ROLES)[number];
const TYPE: Record<MessageRole, RecipientType> = {
  assignee: 'user',
  lead: 'user',
  client: 'client',
  provider: 'provider',
  payer: 'payer',
};

interface MessageDue extends Pick<QueuedMessage, 'key' | 'template' | 'data' | 'armedBy'> {
  to: MessageRole;
  at: Instant;
  after?: Duration;
  /** When its subject was due; the message names the day. */
  dueAt?: Instant | undefined;
}

/** Builds the key of an event's messages; each recipient's follows it. */
export function buildMessageKey(
  applicationId: string,
  { id, kind, data }: Pick<ApplicationEvent, 'id' | 'kind' | 'data'>,
): string {
  const of = data as Partial<Record<'at' | 'armedBy' | 'from' | 'daysBefore', string | number>>;
  switch (kind) {
    case 'nudge':
      return `nudge/${applicationId}/${of.at}`;
    case 'escalation':
      return `escalation/${applicationId}/${of.armedBy}`;
    case 'recredentialing_due':
      return `recredentialing/${applicationId}/${of.from}/opened`;
    case 'recredentialing_reminder':
      return `recredentialing/${applicationId}/${of.from}/${of.daysBefore}`;
    case 'recredentialing_missed':
      return `recredentialing/${applicationId}/${of.from}/missed`;
    default:
      return `${kind}/${applicationId}/${id}`;
  }
}

/** Lists the messages that an event requires. */
function listSayings(event: ApplicationEvent, state: ApplicationState): MessageDue[] {
  const { at } = event;
  const key = buildMessageKey(state.id, event);
  switch (event.kind) {
    case 'nudge': {
      const { purpose, armedBy } = event.data;
      if (!ASKED_BY_MAIL.includes(purpose)) return [];
      return [{ to: 'payer', at, key, template: 'payer_follow_up', data: { purpose }, armedBy }];
    }
    case 'escalation': {
      const { track, armedBy } = event.data;
      const purpose = (track === 'step' ? state.step : findFollowUp(state, track))?.purpose;
      const dueAt = state.agenda.items.find((item) => item.purpose === purpose)?.dueAt;
      const escalation = { at, key, template: 'escalation', data: { purpose }, dueAt, armedBy };
      return [
        { to: 'assignee', ...escalation },
        { to: 'lead', after: LEAD_AFTER, ...escalation },
        { to: 'client', after: CLIENT_AFTER, ...escalation },
      ];
    }
    case 'recredentialing_due':
    case 'recredentialing_reminder': {
      const { from, dueOn } = event.data;
      const word = { at, key, template: 'recredentialing_due', data: { from, dueOn } };
      return [
        { to: 'provider', ...word },
        { to: 'assignee', ...word },
      ];
    }
    case 'recredentialing_missed': {
      const { from, dueOn } = event.data;
      const word = { at, key, template: 'recredentialing_missed' };
      // a late decision can still renew within the days that are left: the lead is notified at once
      return (['assignee', 'lead', 'client'] as const).map((to) => ({ to, ...word, data: { from, dueOn } }));
    }
    case 'stage': {
      const template = { awaiting_attestation: 'attestation_due', information_requested: 'information_missing' }[
        event.data.to as string
      ];
      if (!template) return [];
      const armedBy = state.step ? { armedBy: state.step.armedBy } : {};
      const { attestationMaxDays: maxDays } = state.rules;
      const data = template === 'attestation_due' && maxDays !== undefined ? { maxDays } : {};
      return [{ to: 'provider', at, key, template, data, ...armedBy }];
    }
    default:
      return [];
  }
}
