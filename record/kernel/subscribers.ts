import { areOneEntry } from './one-entry';
import type { WatchType } from '../../domain/kernel/codes';
import type { Db, Fragment, Tx } from '../../runtime/database';
import { enqueueEach, type OutboxTopic } from './outbox';

/** Selects the subscribers of a fact about the subjects whose ids a query selects. */
type SelectSubscribers = (sql: Db, subjects: Fragment) => Fragment;

const selectThemselves: SelectSubscribers = (_sql, subjects) => subjects;
const selectPersonsOfProviders: SelectSubscribers = (sql, providers) =>
  sql`select person_id from providers where id in (${providers})`;
const selectBilledOfProviders: SelectSubscribers = (sql, providers) =>
  sql`select application_id from network_spans where known_to is null and provider_id in (${providers})`;
const selectBilledOfPersons: SelectSubscribers = (sql, persons) =>
  selectBilledOfProviders(sql, sql`select id from providers where person_id in (${persons})`);
const selectBilledOfPractices: SelectSubscribers = (sql, practices) =>
  sql`
    select s.application_id from network_spans s join practices p on p.id = s.practice_id
    join practices changed_practice on ${areOneEntry(sql, 'p', 'changed_practice')}
    where s.known_to is null and changed_practice.id in (${practices})`;
const selectBridgesOfRelationships: SelectSubscribers = (sql, relationships) =>
  sql`select application_id from bridges where relationship_id in (${relationships})`;
const selectOpenAmong: SelectSubscribers = (sql, applications) =>
  sql`select id from applications where id in (${applications}) and open`;
/** Selects those that are open, and the participations. */
const selectLivingOfRelationships: SelectSubscribers = (sql, relationships) => sql`
  select a.id from applications a join platform_relationships r on r.provider_id = a.provider_id
  where r.id in (${relationships}) and (a.open or a.stage = 'confirmed')`;
const selectBilledOfRelationships: SelectSubscribers = (sql, relationships) =>
  selectBilledOfProviders(sql, sql`select provider_id from platform_relationships where id in (${relationships})`);
const selectRecipientsOfApplications: SelectSubscribers = (sql, applications) => sql`
  select distinct recipient_id from messages where application_id in (${applications}) and status = 'queued'`;
/** Selects those of one client's file of a person. */
const selectOpenOfProviders: SelectSubscribers = (sql, providers) =>
  sql`select id from applications where provider_id in (${providers}) and open`;
/** Selects those of every client. */
const selectOpenOfPersons: SelectSubscribers = (sql, persons) =>
  selectOpenOfProviders(sql, sql`select id from providers where person_id in (${persons})`);
const selectOpenOfPractices: SelectSubscribers = (sql, practices) =>
  sql`
    select a.id from applications a join practices p on p.id = a.practice_id join practices changed_practice on ${areOneEntry(sql, 'p', 'changed_practice')}
    where changed_practice.id in (${practices}) and a.open`;

/**
 * Selects those of a client that wait for an instant of its day: open applications, participations, and sleeping
 * watches.
 */
const selectLivingOfClients: SelectSubscribers = (sql, clients) =>
  sql`select id from applications where client_id in (${clients}) and (open or stage = 'confirmed')`;
const selectSleepingOf =
  (type: WatchType, of: SelectSubscribers): SelectSubscribers =>
  (sql, clients) =>
    sql`
      select distinct o.id from (${of(sql, clients)}) as o(id)
      join watches w on w.watch = ${type} and w.subject = o.id::text`;
const selectPersonsOfClients: SelectSubscribers = (sql, clients) =>
  sql`select person_id from providers where client_id in (${clients})`;
const selectApplicationsOfClients: SelectSubscribers = (sql, clients) =>
  sql`select id from applications where client_id in (${clients})`;
const selectIdsOfClients =
  (table: 'practices' | 'platform_relationships' | 'endings'): SelectSubscribers =>
  (sql, clients) =>
    sql`select id from ${sql(table)} where client_id in (${clients})`;
const selectLeavingOfClients: SelectSubscribers = (sql, clients) =>
  sql`${clients} union select id from providers where client_id in (${clients})`;
const selectRecipientsOfClients: SelectSubscribers = (sql, clients) =>
  sql`select recipient_id from messages where client_id in (${clients}) and status = 'queued'`;

/**
 * The subscribers of each fact: the topics of the outbox, and for each the subjects. A fact is about ids of one kind,
 * named beside it. A new subscriber is added here and nowhere else.
 */
const SUBSCRIBERS = {
  // a provider: one client's file of a person
  'provider added': { providerUpkeep: selectPersonsOfProviders },
  'provider file changed': { file_changed_provider: selectThemselves },
  'licences changed': { file_changed_provider: selectThemselves, billingReadiness: selectBilledOfProviders },
  'exclusion decided for a provider': {
    file_changed_provider: selectThemselves,
    billingReadiness: selectBilledOfProviders,
  },
  'DEA registration changed': { providerUpkeep: selectPersonsOfProviders },
  'expiring document added': { providerUpkeep: selectPersonsOfProviders },
  'decision expected': { providerUpkeep: selectPersonsOfProviders },
  // a person: every client's
  'person file changed': { file_changed_person: selectThemselves },
  'exclusion decided for a person': { file_changed_person: selectThemselves, billingReadiness: selectBilledOfPersons },
  'CAQH lookup wanted': { caqhStatus: selectThemselves },
  'NPPES lookup wanted': { nppesRecord: selectThemselves },
  // a practice
  'practice file changed': { file_changed_practice: selectThemselves },
  'exclusion decided for a practice': {
    file_changed_practice: selectThemselves,
    billingReadiness: selectBilledOfPractices,
  },
  'tax id changed': { billingReadiness: selectBilledOfPractices },
  'enrolment changed': { enrolmentChase: selectThemselves },
  // a change of a file, as it is kept
  'file change kept': { open_changes: selectThemselves },
  'file change passed on': { open_applications: selectThemselves },
  // an application
  'application opened': { start_application: selectThemselves },
  'participation began': { start_participation: selectThemselves },
  'participation ended': { withdraw_renewals: selectThemselves },
  'termination changed': { end_participations: selectThemselves },
  'recredentialing opened': { open_recredentialing: selectThemselves },
  'recredentialing confirmed': { renew_participations: selectThemselves },
  'application file changed': { file_changed: selectThemselves },
  'billing basis changed': { billingReadiness: selectThemselves },
  'payer counted otherwise': { billingReadiness: selectThemselves, platformCheck: selectOpenAmong },
  'document demand changed': { file_changed: selectThemselves, billingReadiness: selectThemselves },
  'hold ended': { outreach: selectRecipientsOfApplications },
  'pause ended': { outreach: selectRecipientsOfApplications },
  'platform checks changed': { platformCheck: selectThemselves },
  // a relationship with a platform
  'platform relationship changed': { platformCheck: selectBridgesOfRelationships, platformInquiry: selectThemselves },
  'platform cover changed': {
    file_changed: selectLivingOfRelationships,
    billingReadiness: selectBilledOfRelationships,
  },
  'platform questions changed': { platformInquiry: selectThemselves },
  // a recipient of mail, an endpoint of webhooks
  'mail queued': { outreach: selectThemselves },
  'webhook queued': { webhook: selectThemselves },
  // the operator
  'exclusion list wanted': { exclusionList: selectThemselves },
  // an ending, an item of it, a client or provider that has left
  'ending changed': { ending: selectThemselves },
  'ending item due': { ending_item: selectThemselves },
  'keeping of secrets changed': { retention: selectThemselves },
  // a client
  'time zone changed': { time_zone_changed: selectThemselves },
} as const satisfies Record<string, Partial<Record<OutboxTopic, SelectSubscribers>>>;
export type AnnouncedFact = keyof typeof SUBSCRIBERS;

/** The rows that the relay puts in the place of a row whose topic concerns many subjects. */
const FORWARDED_TOPICS = {
  file_changed_person: { file_changed: selectOpenOfPersons, providerUpkeep: selectThemselves },
  file_changed_provider: { file_changed: selectOpenOfProviders, providerUpkeep: selectPersonsOfProviders },
  file_changed_practice: { file_changed: selectOpenOfPractices },
  time_zone_changed: {
    file_changed: selectLivingOfClients,
    providerUpkeep: selectSleepingOf('providerUpkeep', selectPersonsOfClients),
    platformInquiry: selectSleepingOf('platformInquiry', selectIdsOfClients('platform_relationships')),
    platformCheck: selectSleepingOf('platformCheck', selectApplicationsOfClients),
    billingReadiness: selectSleepingOf('billingReadiness', selectApplicationsOfClients),
    enrolmentChase: selectSleepingOf('enrolmentChase', selectIdsOfClients('practices')),
    ending: selectSleepingOf('ending', selectIdsOfClients('endings')),
    retention: selectSleepingOf('retention', selectLeavingOfClients),
    outreach: selectSleepingOf('outreach', selectRecipientsOfClients),
  },
} as const satisfies Partial<Record<OutboxTopic, Partial<Record<OutboxTopic, SelectSubscribers>>>>;

/** Notifies every subscriber of a fact about one subject when, and only when, the transaction commits. */
export const announceFact = (
  tx: Db,
  fact: AnnouncedFact,
  subject: string,
  options: { afterSeconds?: number } = {},
): Promise<void> => announceFacts(tx, fact, tx`select ${subject}::uuid`, options);

/** Announces a fact about every subject that a query selects. */
export async function announceFacts(
  tx: Db,
  fact: AnnouncedFact,
  subjects: Fragment,
  options: { afterSeconds?: number; committed?: boolean } = {},
): Promise<void> {
  for (const [topic, select] of Object.entries(SUBSCRIBERS[fact]))
    await enqueueEach(tx, topic as OutboxTopic, select(tx, subjects), options);
}

/** Announces several facts about one subject; a subscriber of more than one is notified once. */
export async function announceTogether(tx: Db, facts: readonly AnnouncedFact[], subject: string): Promise<void> {
  const all = facts.flatMap((fact) => Object.entries(SUBSCRIBERS[fact]) as [OutboxTopic, SelectSubscribers][]);
  const isFirst = ([topic, select]: (typeof all)[number], i: number) =>
    all.findIndex((one) => one[0] === topic && one[1] === select) === i;
  for (const [topic, select] of all.filter(isFirst))
    await enqueueEach(tx, topic, select(tx, tx`select ${subject}::uuid`));
}

/** Announces a fact about the subjects with these ids. */
export const announceTo = (
  tx: Db,
  fact: AnnouncedFact,
  subjects: readonly string[],
  options: { committed?: boolean } = {},
): Promise<void> => announceFacts(tx, fact, tx`select unnest(${subjects}::uuid[])`, options);

/** Replaces a row that concerns many subjects by a row for each; an application with a waiting row gets no second one. */
export async function forwardRow(tx: Tx, topic: keyof typeof FORWARDED_TOPICS, subject: string): Promise<void> {
  for (const [next, select] of Object.entries(FORWARDED_TOPICS[topic]) as [OutboxTopic, SelectSubscribers][])
    await enqueueEach(tx, next, select(tx, tx`select ${subject}::uuid`), { committed: next === 'file_changed' });
}
