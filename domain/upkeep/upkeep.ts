import type { Instant, PlainDate } from '../time/instants';
import {
  computeAttestationDueOn,
  computeFreshThrough,
  listKnownLicences,
  type LicenceTerm,
} from '../registry/attestation';
import { findWindowStart, findReminderInstant, toLocalDate } from '../time/calendar';
import type { UpkeepKind } from '../kernel/codes';
import { addDays } from '../time/dates';
import type { Authorisation } from '../registry/authorisation';
import type { Rules } from '../registry/application-rules';

/** The parts of one person's file at one client that end by themselves. */
export interface UpkeepFile {
  attestedOn: PlainDate | null;
  licences: readonly (LicenceTerm & { number: string })[];
  /** Terms that were renewed or replaced: they are renewed no more, and may still hold. */
  formerLicences?: readonly LicenceTerm[];
  /** Those that a registry knows of. */
  registryLicences?: readonly { state: string }[];
  malpractice: { policyNumber: string; expiresOn: PlainDate } | null;
  dea: readonly { state: string; number: string; expiresOn: PlainDate }[];
  /** Those that expire. */
  documents: readonly { id: string; kind: string; expiresOn: PlainDate }[];
  authorisations: readonly (Authorisation & { id: string })[];
}

/** Something that holds through a day and has to be renewed. */
export interface UpkeepItem {
  kind: UpkeepKind;
  state: string | null;
  /** The name within its kind: a number, a policy, a document's kind; for an authorisation its id. */
  name: string | null;
  documentId: string | null;
  /** The payers that it is for; null: every one. */
  payerIds: readonly string[] | null;
  /** The last day on which it holds. */
  dueOn: PlainDate;
  /** Only for an attestation. */
  attestedOn: PlainDate | null;
}

// days from the last day on which it holds, negative before it
const DOCUMENT_REMINDER_DAYS = [-90, -60, -30, -14, -7, 1];

/**
 * The days on which a person is reminded: of the attestation as CAQH itself does, and 30 days before, as operators do.
 */
export const REMINDER_DAYS: Record<UpkeepKind, readonly number[]> = {
  attestation: [-30, -15, -10, -5, 1, 14, 28, 42],
  licence: DOCUMENT_REMINDER_DAYS,
  malpractice: DOCUMENT_REMINDER_DAYS,
  dea: DOCUMENT_REMINDER_DAYS,
  document: DOCUMENT_REMINDER_DAYS,
  authorisation: DOCUMENT_REMINDER_DAYS,
};

/** Lists the items of a file that end, as of a day; an item that something else has replaced is not among them. */
export function listUpkeepItems(file: UpkeepFile, today: PlainDate): UpkeepItem[] {
  const {
    attestedOn,
    licences,
    formerLicences = [],
    registryLicences,
    malpractice,
    dea,
    documents,
    authorisations,
  } = file;
  const known = listKnownLicences([...licences, ...formerLicences], registryLicences);
  const buildItem = (kind: UpkeepKind, dueOn: PlainDate, more: Partial<UpkeepItem> = {}): UpkeepItem => ({
    kind,
    state: null,
    name: null,
    documentId: null,
    payerIds: null,
    dueOn,
    attestedOn: null,
    ...more,
  });
  const items: Record<UpkeepKind, UpkeepItem[]> = {
    attestation: attestedOn
      ? [buildItem('attestation', computeAttestationDueOn(attestedOn, known, today), { attestedOn })]
      : [],
    licence: licences.map(({ state, number, expiresOn }) => buildItem('licence', expiresOn, { state, name: number })),
    malpractice: malpractice
      ? [buildItem('malpractice', malpractice.expiresOn, { name: malpractice.policyNumber })]
      : [],
    dea: dea.map(({ state, number, expiresOn }) => buildItem('dea', expiresOn, { state, name: number })),
    document: documents
      .filter((one) => !documents.some((other) => doesReplace(other, one)))
      .map(({ id, kind, expiresOn }) => buildItem('document', expiresOn, { name: kind, documentId: id })),
    authorisation: authorisations
      .filter((one) => one.revokedOn === null && !authorisations.some((other) => doesRenew(other, one)))
      .flatMap(({ id, until, payerIds }) => (until ? [buildItem('authorisation', until, { name: id, payerIds })] : [])),
  };
  return Object.values(items).flat();
}

/** Whether one document replaces another: the one of its kind that holds longest counts. */
const doesReplace = (other: UpkeepFile['documents'][number], one: UpkeepFile['documents'][number]): boolean =>
  other.kind === one.kind &&
  (other.expiresOn > one.expiresOn || (other.expiresOn === one.expiresOn && other.id > one.id));

/** Whether one authorisation lets the operator do all that another does, for longer. */
function doesRenew(other: Authorisation, one: Authorisation): boolean {
  const { scopes, payerIds, until } = one;
  if (other === one || other.revokedOn !== null || !scopes.every((scope) => other.scopes.includes(scope))) return false;
  const forAll = other.payerIds === null || payerIds?.every((id) => other.payerIds!.includes(id));
  return forAll === true && until !== null && (other.until === null || other.until > until);
}

/**
 * Computes the latest day of the reminder schedule that an item has reached, null before the first; and when it reaches
 * the next.
 */
export function computeReminderSchedule(
  { kind, dueOn }: UpkeepItem,
  timeZone: string,
  now: Instant,
): { latest: number | null; next: Instant | null } {
  // a lapsed item is late at once, on any day of the week
  const at = REMINDER_DAYS[kind].map((daysAfterDue) => ({
    daysAfterDue,
    at: (daysAfterDue <= 0 ? findReminderInstant : findWindowStart)(addDays(dueOn, daysAfterDue), { timeZone }),
  }));
  return {
    latest: at.findLast((one) => one.at <= now)?.daysAfterDue ?? null,
    next: at.find((one) => one.at > now)?.at ?? null,
  };
}

/** The items that count at one client for a person, and the zone of that client. */
export interface UpkeepView {
  providerId: string;
  timeZone: string;
  items: readonly UpkeepItem[];
}

/** A day of the reminder schedule on which the person is reminded of an item. */
export interface Reminder {
  item: UpkeepItem;
  /** Days from the last day on which it holds; negative before it. */
  daysAfterDue: number;
}

/**
 * Lists the reminders that one client's file calls for, whatever another client's file states; duplicates in the file
 * count once. A missed day of the schedule is not made up for.
 */
export function listReminders({ items, timeZone }: UpkeepView, now: Instant): Reminder[] {
  const distinct = new Map(items.map((item) => [identifyItem(item), item]));
  return [...distinct.values()].flatMap((item) => {
    const daysAfterDue = computeReminderSchedule(item, timeZone, now).latest;
    return daysAfterDue === null ? [] : [{ item, daysAfterDue }];
  });
}

/** Builds the key by which the same thing that ends on the same day is known, however its number is spaced. */
export const identifyItem = ({
  kind,
  state,
  name,
  dueOn,
}: Pick<UpkeepItem, 'kind' | 'state' | 'name' | 'dueOn'>): string =>
  JSON.stringify([kind, state, name && name.replaceAll(/[\s.-]/g, '').toUpperCase(), dueOn]);

/** The standing of an item on a day. */
export type UpkeepStanding = 'current' | 'due' | 'lapsed';
export function findStanding({ kind, dueOn }: UpkeepItem, today: PlainDate): UpkeepStanding {
  if (today > dueOn) return 'lapsed';
  return today < addDays(dueOn, REMINDER_DAYS[kind][0]!) ? 'current' : 'due';
}

/** The parts of an application that say which items it rests on, and when its payer is expected to decide. */
interface Dependent {
  key: { state: string; payerId: string };
  rules: Pick<Rules, 'attestationMaxDays'>;
  file: { attestation: object | null; prerequisites: readonly { code: string }[] };
  agenda: { expectedDecisionAt: Instant | null };
}

/** Whether an application rests on an item of its provider's. */
const RESTS_ON: Record<UpkeepKind, (item: UpkeepItem, application: Dependent) => boolean> = {
  attestation: (_item, { file }) => file.attestation !== null,
  licence: ({ state }, { key }) => state === key.state,
  malpractice: (_item, { file }) => file.prerequisites.some(({ code }) => code === 'malpractice'),
  dea: ({ state }, { key }) => state === key.state,
  // the record does not say which payer has which document
  document: () => false,
  authorisation: ({ payerIds }, { key }) => payerIds === null || payerIds.includes(key.payerId),
};

/** Selects the items that an application rests on: among several of a kind, the one that holds longest. */
export function selectSupportingItems(items: readonly UpkeepItem[], application: Dependent): UpkeepItem[] {
  const touching = items
    .filter((item) => RESTS_ON[item.kind](item, application))
    .toSorted((a, b) => a.dueOn.localeCompare(b.dueOn));
  return [...new Map(touching.map((item) => [item.kind, item])).values()];
}

/** Something that will have lapsed when the payer is expected to decide. */
export interface LapseWarning {
  code: 'lapse_predicted';
  item: UpkeepKind;
  state: string | null;
  dueOn: PlainDate;
  /** Set if the item still holds then, but is older than this payer wants it to be. */
  maxDays?: number;
  expectedDecisionOn: PlainDate;
}

/** Predicts which items lapse before the payer is expected to decide, unless they are renewed. */
export function predictLapses(
  items: readonly UpkeepItem[],
  application: Dependent,
  timeZone: string,
  today: PlainDate,
): LapseWarning[] {
  const { expectedDecisionAt } = application.agenda;
  if (!expectedDecisionAt) return [];
  const expectedDecisionOn = toLocalDate(expectedDecisionAt, timeZone);
  return selectSupportingItems(items, application)
    .map(({ kind: item, state, ...ends }) => ({ item, state, ...computeGoodThrough(ends, application) }))
    .filter(({ dueOn }) => today <= dueOn && dueOn < expectedDecisionOn)
    .map((one) => ({ code: 'lapse_predicted', ...one, expectedDecisionOn }));
}

/** Computes the last day on which an item is good enough for an application's payer. */
function computeGoodThrough(
  { dueOn, attestedOn }: Pick<UpkeepItem, 'dueOn' | 'attestedOn'>,
  { rules: { attestationMaxDays: maxDays } }: Dependent,
): Pick<LapseWarning, 'dueOn' | 'maxDays'> {
  if (attestedOn === null || maxDays === undefined) return { dueOn };
  const fresh = computeFreshThrough(attestedOn, maxDays);
  return fresh < dueOn ? { dueOn: fresh, maxDays } : { dueOn };
}
