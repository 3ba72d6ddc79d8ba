import { addMilliseconds } from '../../domain/time/dates';
import { randomUUID } from 'node:crypto';
import type { Instant } from '../../domain/time/instants';
import type { WatchType } from '../../domain/kernel/codes';
import { readClock } from '../../runtime/clock';
import { beginStep, isStarved, limitWrites, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';
import { createChecks } from '../applications/bridges';
import { advanceEnding } from '../offboarding/endings';
import { chaseEnrolments } from '../platforms/enrolment-chase';
import { requestList } from '../sources/exclusion-source';
import { askQuestions } from '../platforms/inquiries';
import { processUpkeep } from '../upkeep/upkeep';
import { batchDueMail, type OutreachStep } from '../outreach/mail';
import { emitReadinessChange } from '../billing/readiness-watch';
import { checkDueCaqh, checkDueNppes } from '../sources/lookups';
import { checkDueWebhooks } from '../outreach/webhooks';
import { purgeDueData } from '../offboarding/retention';
import { TRY_AGAIN_MS } from '../applications/set-aside';
import { countTries } from '../kernel/step-tries';

/** Does what is due for a subject and returns when to look again; doing it twice is doing it once. */
type Step = (tx: Tx, subject: string, now: Instant) => Promise<OutreachStep>;

const STEPS: Record<WatchType, Step> = {
  platformInquiry: askQuestions,
  platformCheck: createChecks,
  billingReadiness: emitReadinessChange,
  enrolmentChase: chaseEnrolments,
  providerUpkeep: processUpkeep,
  outreach: batchDueMail,
  webhook: checkDueWebhooks,
  exclusionList: requestList,
  caqhStatus: checkDueCaqh,
  nppesRecord: checkDueNppes,
  ending: advanceEnding,
  retention: purgeDueData,
};

/** The clients whose rows the step of a watch writes. */
type SelectClients = (sql: Db, subject: string) => Fragment;
const selectClientOf =
  (table: 'applications' | 'platform_relationships' | 'practices' | 'endings'): SelectClients =>
  (sql, id) =>
    sql`select client_id from ${sql(table)} where id = ${id}`;
const selectClientsOfPerson: SelectClients = (sql, id) => sql`
  select client_id from providers where person_id = ${id}
  union
  select client_id from caqh_roster_requests where person_id = ${id} and settled_at is null and client_id is not null`;
const selectClientsOfRecipient: SelectClients = (sql, id) => sql`
  select client_id from messages where recipient_id = ${id} and status = 'queued'
  union
  select client_id from mail_batches
  where recipient_id = ${id} and status in ('queued', 'claimed', 'transmitting') and client_id is not null`;
const selectNoClient: SelectClients = (sql) => sql`select null::uuid where false`;

const CLIENTS: Record<WatchType, SelectClients> = {
  platformInquiry: selectClientOf('platform_relationships'),
  platformCheck: selectClientOf('applications'),
  billingReadiness: selectClientOf('applications'),
  enrolmentChase: selectClientOf('practices'),
  providerUpkeep: selectClientsOfPerson,
  outreach: selectClientsOfRecipient,
  webhook: selectNoClient,
  exclusionList: selectNoClient,
  caqhStatus: selectClientsOfPerson,
  nppesRecord: selectClientsOfPerson,
  ending: selectClientOf('endings'),
  // done by a role of its own, which takes away what has been kept for its time
  retention: selectNoClient,
};

/** A watch's request: the step of a subject, by its clock. */
interface WakeRequest extends WatchId {
  at: Instant;
}

/** The longest time that a watch's sending may take while a service is away; after it the watch is looked at. */
const SENDING_MS = 86_400_000;

/** A watch, by its type and subject. */
export interface WatchId {
  watch: WatchType;
  subject: string;
}

/**
 * The age up to which a process counts the first try too: a try that ends its process comes back while the next process
 * is that young.
 */
const YOUNG_MS = 300_000;

/**
 * Takes the steps of watches, each in one transaction; one that fails by itself again and again rests for an hour. `purge` is
 * the database of a role that may take away what has been kept for its time.
 */
export function createWaker(
  sql: Sql,
  isYoung = createAgeCheck(YOUNG_MS),
  purge = sql,
): (request: WakeRequest) => Promise<OutreachStep> {
  return countTries<WakeRequest, OutreachStep>({
    readKey: ({ watch, subject }) => `${watch} ${subject}`,
    async readEarlierTries({ watch, subject }) {
      if (!isYoung()) return 0;
      const [row] = await sql<{ tries: number }[]>`
        select tries from watch_tries where watch = ${watch} and subject = ${subject}`;
      return row?.tries ?? 1;
    },
    async countTry({ watch, subject }) {
      // the one before was not counted
      const [row] = await sql<{ tries: number }[]>`
        insert into watch_tries (watch, subject, tries) values (${watch}, ${subject}, 2)
        on conflict (watch, subject) do update set tries = watch_tries.tries + 1 returning tries`;
      return row!.tries;
    },
    take: (request) => takeWatchStep(request.watch === 'retention' ? purge : sql, request),
    setAside: (request, cause) => setWatchAside(sql, request, cause),
    isStarved: () => isStarved(sql),
  });
}

function createAgeCheck(ms: number): () => boolean {
  const until = performance.now() + ms;
  return () => performance.now() < until;
}

/** Takes a watch's step in one transaction; what was set aside is left until its next try is due. */
const takeWatchStep = (sql: Sql, { watch, subject, at }: WakeRequest): Promise<OutreachStep> =>
  beginStep(sql, async (tx) => {
    const [tried] = await tx<{ againAt: Instant | null }[]>`
      select max(s.again_at) as again_at from (
        select again_at from set_aside where watch = ${watch} and subject = ${subject}
        union all
        select null from watch_tries where watch = ${watch} and subject = ${subject}) s
      having count(*) > 0`;
    const rests = tried?.againAt && tried.againAt > at;
    if (!rests) limitWrites(tx, CLIENTS[watch](tx, subject));
    const step = rests ? { next: tried.againAt } : await STEPS[watch](tx, subject, at);
    if (tried && !rests) {
      await tx`delete from set_aside where watch = ${watch} and subject = ${subject}`;
      await tx`delete from watch_tries where watch = ${watch} and subject = ${subject}`;
    }
    await setWakesAt(tx, { watch, subject, at }, step);
    return step;
  });

/** Keeps when the watch asks again, so that one which does not is found. */
async function setWakesAt(tx: Tx, { watch, subject, at }: WakeRequest, { next, send }: OutreachStep): Promise<void> {
  if (next === null) {
    await tx`delete from watches where watch = ${watch} and subject = ${subject}`;
    return;
  }
  const row = { watch, subject, wakesAt: send ? addMilliseconds(at, SENDING_MS) : next, sending: send !== undefined };
  await tx`
    insert into watches ${tx(row)} on conflict (watch, subject)
    do update set wakes_at = excluded.wakes_at, sending = excluded.sending, checks = 0, next_check_at = null,
      failing_run_id = null, failing_since = null`;
}

/**
 * Records that a watch is about to be signalled a change: its step is due from now on, or once its mail has gone out.
 */
export async function recordWatchSignal(sql: Db, { watch, subject }: WatchId): Promise<void> {
  await sql`
    insert into watches (watch, subject, wakes_at) values (${watch}, ${subject}, now()) on conflict (watch, subject)
    do update set wakes_at = least(watches.wakes_at, excluded.wakes_at) where not watches.sending`;
}

/** Claims watches that are late to ask their step by more than `lateSeconds`, to be looked at; each again later every time. */
export const claimLateWatches = (
  sql: Db,
  { lateSeconds, limit }: { lateSeconds: number; limit: number },
): Promise<WatchId[]> => sql<WatchId[]>`
  update watches w set checks = w.checks + 1,
    next_check_at = now() + least(interval '10 minutes', interval '1 minute' * (2 ^ least(w.checks, 10)))
  from (
    select watch, subject from watches
    where wakes_at < now() - make_interval(secs => ${lateSeconds}) and coalesce(next_check_at <= now(), true)
    order by wakes_at limit ${limit} for no key update skip locked) late
  where w.watch = late.watch and w.subject = late.subject
  returning w.watch, w.subject`;

/** Keeps that the task of a watch's run fails; returns since when it has, by the first look at that run. */
export async function keepFailingWatch(sql: Db, { watch, subject }: WatchId, runId: string): Promise<Instant> {
  const [row] = await sql<{ failingSince: Instant }[]>`
    update watches set failing_run_id = ${runId},
      failing_since = case when failing_run_id = ${runId} then failing_since else now() end
    where watch = ${watch} and subject = ${subject} returning failing_since`;
  return row?.failingSince ?? readClock();
}

/** Deletes the finding that the task of a watch's run fails. */
export async function deleteFailingWatch(sql: Db, { watch, subject }: WatchId): Promise<void> {
  await sql`
    update watches set failing_run_id = null, failing_since = null
    where watch = ${watch} and subject = ${subject} and failing_run_id is not null`;
}

function setWatchAside(sql: Sql, { watch, subject, at }: WakeRequest, cause: string): Promise<OutreachStep> {
  const againAt = addMilliseconds(at, TRY_AGAIN_MS);
  const row = { id: randomUUID(), what: 'watch', watch, subject, cause, since: at, againAt };
  return beginStep(sql, async (tx) => {
    await tx`
      insert into set_aside ${tx(row)} on conflict (watch, subject) where watch is not null
      do update set cause = excluded.cause, again_at = excluded.again_at`;
    await tx`delete from watch_tries where watch = ${watch} and subject = ${subject}`;
    await setWakesAt(tx, { watch, subject, at }, { next: againAt });
    return { next: againAt };
  });
}
