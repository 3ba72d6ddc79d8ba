import type { Instant, PlainDate } from '../../domain/time/instants';
import type { ApplicationState } from '../../domain/applications/state';
import { toLocalDate } from '../../domain/time/calendar';
import type { Delivery, UpkeepKind } from '../../domain/kernel/codes';
import {
  REMINDER_DAYS,
  predictLapses,
  computeReminderSchedule,
  findStanding,
  type LapseWarning,
  type UpkeepStanding,
  type UpkeepItem,
} from '../../domain/upkeep/upkeep';
import type { Db } from '../../runtime/database';
import { selectStanding, type MessageStanding } from '../outreach/messages';
import { isWithClient } from '../kernel/person-scope';
import { isInScope, type Principal } from '../kernel/principal';
import { buildReminderKey, readOwnUpkeep } from './upkeep';

/** Something to be renewed, as one client's file states it. */
interface ShownItem {
  kind: UpkeepKind;
  state: string | null;
  name: string | null;
  documentId: string | null;
  dueOn: PlainDate | null;
  standing: UpkeepStanding | 'missing';
  nextReminderOn: PlainDate | null;
  /** The reminders of this item, on behalf of this client; `on` is when each was due, and `sentOn` when it left. */
  reminders: { daysAfterDue: number; rung: number; on: PlainDate; delivery: Delivery; sentOn: PlainDate | null }[];
}

export interface Upkeep {
  items: ShownItem[];
  predictedLapses: (LapseWarning & { applicationId: string })[];
  /** The person's attestation at other clients, if it is due on another day. */
  differences: { providerId: string; clientId: string; dueOn: PlainDate | null }[];
}

const NEVER_ATTESTED: ShownItem = {
  kind: 'attestation',
  state: null,
  name: null,
  documentId: null,
  dueOn: null,
  standing: 'missing',
  nextReminderOn: null,
  reminders: [],
};

/**
 * Reads a provider's upkeep, by what registries say about the person and this client states; on request compared with
 * the statements of other clients that the principal may see.
 */
export async function readUpkeep(
  sql: Db,
  principal: Principal,
  providerId: string,
  now: Instant,
  { compared = false }: { compared?: boolean } = {},
): Promise<Upkeep> {
  const [own] = await readOwnUpkeep(
    sql,
    sql`p.id = ${providerId} and ${isInScope(sql, principal, 'p.client_id')}`,
    now,
  );
  if (!own) throw new Error(`no provider ${providerId}`);
  const { items, personId, timeZone, today, endedOn } = own;
  const listReminderKeys = (item: UpkeepItem) =>
    REMINDER_DAYS[item.kind].map((days) => buildReminderKey(providerId, item, days));
  const elsewhere = sql`
    p.person_id = ${personId} and p.id <> ${providerId} and ${isWithClient(sql)} and ${isInScope(sql, principal, 'p.client_id')}`;
  const [said, applications, others] = await Promise.all([
    sql<(MessageStanding & { key: string; daysAfterDue: number })[]>`
      select m.key, (m.data->>'rung')::int as days_after_due, ${selectStanding(sql)}
      from messages m left join mail_batches b on b.id = m.batch_id
      where m.key = any(${items.flatMap(listReminderKeys)}::text[]) order by m.not_before`,
    sql<{ id: string; snapshot: ApplicationState }[]>`
      select id, snapshot from applications where provider_id = ${providerId} and open order by created_at, id`,
    compared ? readOwnUpkeep(sql, elsewhere, now) : [],
  ]);
  const shown = items.map((item): ShownItem => {
    const { kind, state, name, documentId, dueOn } = item;
    const { next } = computeReminderSchedule(item, timeZone, now);
    const nextReminderOn = next && toLocalDate(next, timeZone);
    const ours = said.filter(({ key }) => listReminderKeys(item).includes(key));
    return {
      kind,
      state,
      name,
      documentId,
      dueOn,
      standing: findStanding(item, today),
      nextReminderOn: nextReminderOn && endedOn && endedOn < nextReminderOn ? null : nextReminderOn,
      reminders: ours.map(({ daysAfterDue, queuedAt, delivery, sentAt }) => ({
        daysAfterDue,
        rung: daysAfterDue,
        on: toLocalDate(queuedAt, timeZone),
        delivery,
        sentOn: sentAt && toLocalDate(sentAt, timeZone),
      })),
    };
  });
  const findAttestationDueOn = (view: { items: readonly UpkeepItem[] }): PlainDate | null =>
    view.items.find(({ kind }) => kind === 'attestation')?.dueOn ?? null;
  return {
    items: items.some(({ kind }) => kind === 'attestation') ? shown : [NEVER_ATTESTED, ...shown],
    predictedLapses: applications.flatMap(({ id: applicationId, snapshot }) =>
      predictLapses(items, snapshot, timeZone, today).map((warning) => ({ applicationId, ...warning })),
    ),
    differences: others
      .map((other) => ({ providerId: other.providerId, clientId: other.clientId, dueOn: findAttestationDueOn(other) }))
      .filter(({ dueOn }) => dueOn !== findAttestationDueOn(own)),
  };
}

/** Lists what lapses before an application's payer is expected to decide. */
export async function listLapseWarnings(sql: Db, application: ApplicationState, now: Instant): Promise<LapseWarning[]> {
  const { key, agenda } = application;
  if (!key.providerId || !agenda.expectedDecisionAt) return [];
  const [own] = await readOwnUpkeep(sql, sql`p.id = ${key.providerId}`, now);
  return own ? predictLapses(own.items, application, own.timeZone, own.today) : [];
}
