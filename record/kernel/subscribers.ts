import { areOne } from './one-entry';
import type { WatchType } from '../../domain/kernel/codes';
import type { Db, Fragment, Tx } from '../../runtime/database';
import { enqueueEach, type OutboxTopic } from './outbox';

/** Selects who is notified of a fact about the subjects whose ids a query selects. */
type SelectSubscribers = (sql: Db, subjects: Fragment) => Fragment;

const themselves: SelectSubscribers = (_sql, subjects) => subjects;
const personsOfProviders: SelectSubscribers = (sql, providers) =>
  sql`select person_id from providers where id in (${providers})`;
const billedOfProviders: SelectSubscribers = (sql, providers) =>
  sql`select application_id from network_spans where known_to is null and provider_id in (${providers})`;
const billedOfPersons: SelectSubscribers = (sql, persons) =>
  billedOfProviders(sql, sql`select id from providers where person_id in (${persons})`);
const billedOfPractices: SelectSubscribers = (sql, practices) =>
  sql`select application_id from network_spans where known_to is null and practice_id in (${practices})`;
const bridgesOfRelationships: SelectSubscribers = (sql, relationships) =>
  sql`select application_id from bridges where relationship_id in (${relationships})`;
const openAmong: SelectSubscribers = (sql, applications) =>
  sql`select id from applications where id in (${applications}) and open`;
/** Those that are open, and the participations. */
const livingOfRelationships: SelectSubscribers = (sql, relationships) => sql`
  select a.id from applications a join platform_relationships r on r.provider_id = a.provider_id
  where r.id in (${relationships}) and (a.open or a.stage = 'confirmed')`;
const billedOfRelationships: SelectSubscribers = (sql, relationships) =>
  billedOfProviders(sql, sql`select provider_id from platform_relationships where id in (${relationships})`);
const recipientsOfApplications: SelectSubscribers = (sql, applications) => sql`
  select distinct recipient_id from messages where application_id in (${applications}) and status = 'queued'`;
/** One client's file of a person. */
const openOfProviders: SelectSubscribers = (sql, providers) =>
  sql`select id from applications where provider_id in (${providers}) and open`;
/** Whichever client's they are. */
const openOfPersons: SelectSubscribers = (sql, persons) =>
  openOfProviders(sql, sql`select id from providers where person_id in (${persons})`);
const openOfPractices: SelectSubscribers = (sql, practices) =>
  sql`
    select a.id from applications a join practices p on p.id = a.practice_id join practices told on ${areOne(sql, 'p', 'told')}
    where told.id in (${practices}) and a.open`;

/** Of a client, those that wait for an instant of its day: open applications, participations, and whatever watch sleeps. */
const livingOfClients: SelectSubscribers = (sql, clients) =>
  sql`select id from applications where client_id in (${clients}) and (open or stage = 'confirmed')`;
const sleepingOf =
  (type: WatchType, of: SelectSubscribers): SelectSubscribers =>
  (sql, clients) =>
    sql`
      select distinct o.id from (${of(sql, clients)}) as o(id)
      join watches w on w.watch = ${type} and w.subject = o.id::text`;
const personsOfClients: SelectSubscribers = (sql, clients) =>
  sql`select person_id from providers where client_id in (${clients})`;
const applicationsOfClients: SelectSubscribers = (sql, clients) =>
  sql`select id from applications where client_id in (${clients})`;
const idsOfClients =
  (table: 'practices' | 'platform_relationships' | 'endings'): SelectSubscribers =>
  (sql, clients) =>
    sql`select id from ${sql(table)} where client_id in (${clients})`;
const leavingOfClients: SelectSubscribers = (sql, clients) =>
  sql`${clients} union select id from providers where client_id in (${clients})`;
const recipientsOfClients: SelectSubscribers = (sql, clients) =>
  sql`select recipient_id from messages where client_id in (${clients}) and status = 'queued'`;

/**
 * Who is notified of each fact: the topics of the outbox, and of each the subjects. A fact is about ids of one kind, named beside it.
 * A new subscriber is added here and nowhere else.
 */
const SUBSCRIBERS = {
  // a provider: one client's file of a person
  'provider added': { providerUpkeep: personsOfProviders },
  'provider file changed': { file_changed_provider: themselves },
  'licences changed': { file_changed_provider: themselves, billingReadiness: billedOfProviders },
  'exclusion decided for a provider': { file_changed_provider: themselves, billingReadiness: billedOfProviders },
  'DEA registration changed': { providerUpkeep: personsOfProviders },
  'expiring document added': { providerUpkeep: personsOfProviders },
  'decision expected': { providerUpkeep: personsOfProviders },
  // a person: every client's
  'person file changed': { file_changed_person: themselves },
  'exclusion decided for a person': { file_changed_person: themselves, billingReadiness: billedOfPersons },
  'CAQH lookup wanted': { caqhStatus: themselves },
  'NPPES lookup wanted': { nppesRecord: themselves },
  // a practice
  'practice file changed': { file_changed_practice: themselves },
  'exclusion decided for a practice': { file_changed_practice: themselves, billingReadiness: billedOfPractices },
  'tax id changed': { billingReadiness: billedOfPractices },
  'enrolment changed': { enrolmentChase: themselves },
  // a change of a file, as it is kept
  'file change kept': { open_changes: themselves },
  'file change passed on': { open_applications: themselves },
  // an application
  'application opened': { start_application: themselves },
  'participation began': { start_participation: themselves },
  'participation ended': { withdraw_renewals: themselves },
  'termination changed': { end_participations: themselves },
  'recredentialing opened': { open_recredentialing: themselves },
  'recredentialing confirmed': { renew_participations: themselves },
  'application file changed': { file_changed: themselves },
  'billing basis changed': { billingReadiness: themselves },
  'payer counted otherwise': { billingReadiness: themselves, platformCheck: openAmong },
  'document demand changed': { file_changed: themselves, billingReadiness: themselves },
  'hold ended': { outreach: recipientsOfApplications },
  'pause ended': { outreach: recipientsOfApplications },
  'platform checks changed': { platformCheck: themselves },
  // a relationship with a platform
  'platform relationship changed': { platformCheck: bridgesOfRelationships, platformInquiry: themselves },
  'platform cover changed': { file_changed: livingOfRelationships, billingReadiness: billedOfRelationships },
  'platform questions changed': { platformInquiry: themselves },
  // a recipient of mail, an endpoint of webhooks
  'mail queued': { outreach: themselves },
  'webhook queued': { webhook: themselves },
  // the operator
  'exclusion list wanted': { exclusionList: themselves },
  // an ending, an item of it, a client or provider that has left
  'ending changed': { ending: themselves },
  'ending item due': { ending_item: themselves },
  'keeping of secrets changed': { retention: themselves },
  // a client
  'time zone changed': { time_zone_changed: themselves },
} as const satisfies Record<string, Partial<Record<OutboxTopic, SelectSubscribers>>>;
export type AnnouncedFact = keyof typeof SUBSCRIBERS;

/** The rows that the relay puts in the place of a row whose topic concerns many subjects. */
const FORWARDED_TOPICS = {
  file_changed_person: { file_changed: openOfPersons, providerUpkeep: themselves },
  file_changed_provider: { file_changed: openOfProviders, providerUpkeep: personsOfProviders },
  file_changed_practice: { file_changed: openOfPractices },
  time_zone_changed: {
    file_changed: livingOfClients,
    providerUpkeep: sleepingOf('providerUpkeep', personsOfClients),
    platformInquiry: sleepingOf('platformInquiry', idsOfClients('platform_relationships')),
    platformCheck: sleepingOf('platformCheck', applicationsOfClients),
    billingReadiness: sleepingOf('billingReadiness', applicationsOfClients),
    enrolmentChase: sleepingOf('enrolmentChase', idsOfClients('practices')),
    ending: sleepingOf('ending', idsOfClients('endings')),
    retention: sleepingOf('retention', leavingOfClients),
    outreach: sleepingOf('outreach', recipientsOfClients),
  },
} as const satisfies Partial<Record<OutboxTopic, Partial<Record<OutboxTopic, SelectSubscribers>>>>;

/** Notifies every subscriber of a fact about one subject when, and only when, the transaction commits. */
export const announce = (
  tx: Db,
  fact: AnnouncedFact,
  subject: string,
  options: { afterSeconds?: number } = {},
): Promise<void> => announceEach(tx, fact, tx`select ${subject}::uuid`, options);

/** Announces a fact about every subject that a query selects. */
export async function announceEach(
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
): Promise<void> => announceEach(tx, fact, tx`select unnest(${subjects}::uuid[])`, options);

/** Replaces a row that concerns many subjects by a row for each; an application with a waiting row gets no second one. */
export async function forwardRow(tx: Tx, topic: keyof typeof FORWARDED_TOPICS, subject: string): Promise<void> {
  for (const [next, select] of Object.entries(FORWARDED_TOPICS[topic]) as [OutboxTopic, SelectSubscribers][])
    await enqueueEach(tx, next, select(tx, tx`select ${subject}::uuid`), { committed: next === 'file_changed' });
}
