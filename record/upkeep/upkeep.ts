import { selectEntriesIds } from '../kernel/one-entry';
import type { Instant, PlainDate } from '../../domain/time/instants';
import type { ApplicationState } from '../../domain/applications/state';
import { findWindowStart, computeDeadline, toLocalDate } from '../../domain/time/calendar';
import { addDays } from '../../domain/time/dates';
import {
  identifyItem,
  predictLapses,
  listReminders,
  selectSupportingItems,
  computeReminderSchedule,
  findStanding,
  listUpkeepItems,
  type UpkeepFile,
  type UpkeepItem,
  type UpkeepView,
} from '../../domain/upkeep/upkeep';
import type { Db, Fragment, Tx } from '../../runtime/database';
import { computeDigest } from '../kernel/digest';
import { hasNotLeft, selectLead, queueMessages, type QueuedMessage } from '../outreach/messages';
import { selectAttestedOn, selectCurrentLicences, selectRegistryLicences } from '../kernel/person-scope';
import { createTasks } from '../kernel/tasks';

/** A person's upkeep at one client, read on a day of that client's. */
export interface OwnUpkeep extends UpkeepView {
  personId: string;
  clientId: string;
  today: PlainDate;
  /** The person's last day with this client, if one is known. */
  endedOn: PlainDate | null;
}

/** Reads the files behind the providers `p` that a condition selects. */
export async function readOwnUpkeep(sql: Db, condition: Fragment, now: Instant): Promise<OwnUpkeep[]> {
  const rows = await sql<(UpkeepFile & Omit<OwnUpkeep, 'today' | 'items'>)[]>`
    select p.person_id, p.id as provider_id, p.client_id, p.ended_on, c.time_zone, p.malpractice, p.dea, p.former_licences,
      ${selectAttestedOn(sql)} as attested_on,
      ${selectCurrentLicences(sql)} as licences,
      ${selectRegistryLicences(sql)} as registry_licences,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', d.id, 'kind', d.kind, 'expiresOn', d.expires_on) order by d.id)
        from documents d where d.provider_id = p.id and d.expires_on is not null), '[]') as documents,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', u.id, 'scopes', u.scopes, 'payerIds', ${selectEntriesIds(sql, sql`u.payer_ids`)},
          'signedOn', u.signed_on, 'until', u.until, 'revokedOn', u.revoked_on) order by u.id)
        from authorisations u where u.provider_id = p.id), '[]') as authorisations
    from providers p join clients c on c.id = p.client_id
    where ${condition}
    order by p.created_at, p.id`;
  return rows.map(({ personId, providerId, clientId, timeZone, endedOn, ...file }) => {
    const today = toLocalDate(now, timeZone);
    return { personId, providerId, clientId, timeZone, endedOn, today, items: listUpkeepItems(file, today) };
  });
}

/** An open application that rests on a person's file, and the user who is notified. */
interface RestingApplication {
  id: string;
  providerId: string;
  snapshot: ApplicationState;
  /** The assignee, else a lead. */
  userId: string | null;
}

/** The template of what a person is reminded of. */
export const UPKEEP_REMINDER = 'upkeep_due';
const TEMPLATES = { lapsed: 'upkeep_lapsed', warning: 'lapse_predicted' } as const;
/** The longest pause between two steps of a person's upkeep, however quiet the file is. */
const AT_LEAST = { months: 12 } as const;

/**
 * Takes the step of a person's upkeep, for each client by its own view: reminds the person by the reminder schedule,
 * notifies the operator of what has lapsed and of what will before a payer is expected to decide, and withdraws queued
 * messages about what was renewed meanwhile. Returns when to look again; null once no client has the person. After the
 * person has left a client, that client's messages are withdrawn and no more are sent. Applications are not woken: each
 * has its own timer for what time changes in its file, and is notified of other changes as this workflow is.
 */
export async function processUpkeep(tx: Tx, personId: string, now: Instant): Promise<{ next: Instant | null }> {
  const [all, applications] = await Promise.all([
    readOwnUpkeep(tx, tx`p.person_id = ${personId}`, now),
    tx<RestingApplication[]>`
      select a.id, a.provider_id, a.snapshot, coalesce(a.assignee, ${selectLead(tx, tx`a.client_id`, tx`a.assignee`)}) as user_id
      from applications a join providers p on p.id = a.provider_id
      where p.person_id = ${personId} and a.open order by a.created_at, a.id`,
  ]);
  const own = all.filter(({ endedOn, today }) => endedOn === null || today <= endedOn);
  for (const one of all.map((view) => (own.includes(view) ? view : { ...view, items: [] }))) {
    const resting = applications.filter(({ providerId }) => providerId === one.providerId);
    await sendReminders(tx, one, now);
    await reportLapses(tx, one, resting, now);
    await warnOfLapses(tx, one, resting, now);
  }
  if (own.length === 0) return { next: null };
  const instants = own.flatMap(({ items, timeZone }) =>
    items.flatMap((item) => computeReminderSchedule(item, timeZone, now).next ?? []),
  );
  return { next: [...instants, computeDeadline({ at: now }, AT_LEAST, own[0]!)].sort()[0]! };
}

/**
 * Builds the key of a reminder: one per client, item, last day and day of the reminder schedule, so that a repetition sends
 * nothing.
 */
export const buildReminderKey = (providerId: string, item: UpkeepItem, daysAfterDue: number): string =>
  `${buildItemKey(providerId, item)}/${daysAfterDue}`;

type NamedItem = Parameters<typeof identifyItem>[0];
const buildItemKey = (providerId: string, item: NamedItem): string =>
  `upkeep/${providerId}/${computeDigest(identifyItem(item))}`;

/** Has the reminders of an item go by another name of it, so that nobody is reminded twice. */
export async function renameReminders(tx: Tx, providerId: string, item: NamedItem, name: string): Promise<void> {
  const [before, after] = [item, { ...item, name }].map((one) => buildItemKey(providerId, one)) as [string, string];
  await tx`
    update messages m set key = replace(key, ${before}, ${after})
    where recipient_id = ${providerId} and template = ${UPKEEP_REMINDER} and starts_with(key, ${before})
      and not exists (select from messages other where other.key = replace(m.key, ${before}, ${after}))`;
}

const describeItem = ({ kind: item, state, dueOn, documentId }: UpkeepItem) => ({
  item,
  state,
  dueOn,
  ...(documentId && { documentId }),
});

/**
 * Reminds the person on behalf of one client, once on each day of the schedule; queued reminders that are out of date
 * are withdrawn. A reminder is never shared between clients: the address is one client's statement too.
 */
async function sendReminders(tx: Tx, view: OwnUpkeep, now: Instant): Promise<void> {
  const { providerId, clientId } = view;
  const messages = listReminders(view, now).map(({ item, daysAfterDue }): QueuedMessage => ({
    key: buildReminderKey(providerId, item, daysAfterDue),
    clientId,
    recipientType: 'provider',
    recipientId: providerId,
    template: UPKEEP_REMINDER,
    data: { ...describeItem(item), rung: daysAfterDue },
    notBefore: now,
  }));
  const ours = tx`
    recipient_type = 'provider' and template = ${UPKEEP_REMINDER} and recipient_id = ${providerId}`;
  await replaceQueuedMessages(tx, messages, ours);
}

/**
 * Keeps a task open for each lapsed item of one client until it is renewed, and notifies the users of the applications
 * that rest on it on each day of the reminder schedule.
 */
async function reportLapses(
  tx: Tx,
  { providerId, clientId, timeZone, items, today }: OwnUpkeep,
  applications: readonly RestingApplication[],
  now: Instant,
): Promise<void> {
  const lapsed = items
    .filter((item) => findStanding(item, today) === 'lapsed')
    .map((item) => ({
      item,
      daysAfterDue: computeReminderSchedule(item, timeZone, now).latest ?? 0,
      about: computeDigest(identifyItem(item)),
    }))
    .filter(({ daysAfterDue }) => daysAfterDue > 0);
  const tasks = lapsed.map(({ item, about }) => ({
    key: `upkeep/${providerId}/${about}`,
    clientId,
    kind: 'upkeep' as const,
    subjectType: 'provider',
    subjectId: providerId,
    data: describeItem(item),
    dueAt: findWindowStart(addDays(item.dueOn, 1), { timeZone }),
  }));
  const messages = lapsed.flatMap(({ item, daysAfterDue, about }) => {
    const touched = applications.filter(({ snapshot }) => selectSupportingItems(items, snapshot).includes(item));
    const users = new Set(touched.flatMap(({ userId }) => userId ?? []));
    return [...users].map((userId): QueuedMessage => {
      const applicationIds = touched.filter((one) => one.userId === userId).map(({ id }) => id);
      return {
        key: `${TEMPLATES.lapsed}/${providerId}/${about}/${daysAfterDue}/${userId}`,
        clientId,
        recipientType: 'user',
        recipientId: userId,
        template: TEMPLATES.lapsed,
        data: { ...describeItem(item), rung: daysAfterDue, providerId, applicationIds },
        notBefore: now,
      };
    });
  });
  await tx`
    update tasks set closed_at = now()
    where subject_id = ${providerId} and kind = 'upkeep' and closed_at is null
      and key <> all(${tasks.map(({ key }) => key)}::text[])`;
  // the person came back, or a date was corrected
  await tx`
    update tasks set closed_at = null
    where key = any(${tasks.map(({ key }) => key)}::text[]) and closed_at is not null and closed_by is null`;
  await createTasks(tx, tasks);
  const ours = tx`
    recipient_type = 'user' and template = ${TEMPLATES.lapsed} and data->>'providerId' = ${providerId}`;
  await replaceQueuedMessages(tx, messages, ours);
}

/** Warns an application's user once of each item that will lapse, and of its day. */
async function warnOfLapses(
  tx: Tx,
  { providerId, clientId, timeZone, items, today }: OwnUpkeep,
  applications: readonly RestingApplication[],
  now: Instant,
): Promise<void> {
  const messages = applications.flatMap(({ id: applicationId, snapshot, userId }) =>
    predictLapses(items, snapshot, timeZone, today).flatMap(({ code: _code, ...lapse }) =>
      userId === null
        ? []
        : [
            {
              key: `${TEMPLATES.warning}/${applicationId}/${lapse.item}/${lapse.state}/${lapse.dueOn}`,
              clientId,
              applicationId,
              recipientType: 'user' as const,
              recipientId: userId,
              template: TEMPLATES.warning,
              data: lapse,
              notBefore: now,
            },
          ],
    ),
  );
  const ours = tx`
    recipient_type = 'user' and template = ${TEMPLATES.warning}
    and application_id in (select id from applications where provider_id = ${providerId})`;
  await replaceQueuedMessages(tx, messages, ours);
}

/** Queues `messages`, and deletes those of `ours` that have not been sent and are not among them. */
async function replaceQueuedMessages(tx: Tx, messages: readonly QueuedMessage[], ours: Fragment): Promise<void> {
  const keys = messages.map(({ key }) => key);
  await tx`
    delete from messages m where ${hasNotLeft(tx)} and ${ours} and m.key <> all(${keys}::text[])`;
  await queueMessages(tx, messages);
}
